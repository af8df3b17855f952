package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/starter"
	"github.com/imgpolicy/imgpolicy/policy"
)

// gathered is what the Dockerfiles of a tree use.
type gathered struct {
	paths []string // of those that were read
	// elsewhere is how many have a config or a repository of their own.
	elsewhere int
	uses      []starter.Use
	requests  []policy.Request // parallel to uses
	places    []inputPlace     // parallel to uses
	inputs    map[inputPlace]bool
	unpinned  map[inputPlace]bool
	uncovered []uncovered
	needsArgs bool // build args would make some known
	// secrets are the build args that look it.
	secrets map[string]bool
	failed  failures
}

func (g *gathered) files() int { return len(g.paths) }

// inputPlace is where an input stands, for people.
type inputPlace struct {
	file         string
	line, column int
	word         string // without credentials
}

// uncovered is an input that the policy does not allow.
type uncovered struct {
	inputPlace
	why string
}

// gather reads the Dockerfiles that the policy is for.
func (i *initialization) gather(ctx context.Context, s *search) *gathered {
	g := &gathered{inputs: map[inputPlace]bool{}, unpinned: map[inputPlace]bool{}, secrets: map[string]bool{}, failed: s.failed}
	var unread []lint.Failure
	for _, file := range s.files {
		if ctx.Err() != nil {
			return g
		}
		if err := i.read(g, file, s.paths[file.Name]); err != nil {
			unread = append(unread, lint.Failure{File: file.Name, Err: err})
		}
	}
	g.failed = append(g.failed, uncheckedFiles(unread)...)
	return g
}

func (i *initialization) read(g *gathered, file lint.File, path string) error {
	conf, ours, err := i.configOf(path)
	if err != nil {
		return err
	}
	if !ours {
		g.elsewhere++
		return nil
	}
	text, err := file.Read()
	if err != nil {
		return err
	}
	g.paths = append(g.paths, path)
	f := dockerfile.Parse(file.Name, text)
	var refused error
	for _, build := range i.build.builds(conf) {
		r := f.Resolve(build)
		secrets := dockerfile.NewSecrets(f, r.Inputs)
		for n := range r.Inputs {
			g.add(f, &r.Inputs[n], shownName(i.root, path), &secrets)
		}
		g.addSecrets(i.build.args, &secrets)
		for _, p := range r.Problems {
			if p.Kind == dockerfile.ParseProblem && refused == nil {
				refused = fmt.Errorf("line %d: %s; correct it and write the policy anew: what the file fetches may be missing in it",
					f.Lines.Position(p.Span.Start).Line, secrets.Redact(p.Message))
			}
		}
	}
	return refused
}

// configOf is the config that a Dockerfile is read with, and whether the policy
// is for it.
func (i *initialization) configOf(path string) (conf *config.Effective, ours bool, err error) {
	folder := filepath.Dir(path)
	if i.isRego() {
		chain, err := i.configs.of(folder)
		if err != nil {
			return nil, false, err
		}
		return chain.For(path), true, nil
	}
	for ; folder != i.root; folder = filepath.Dir(folder) {
		if nearer, err := i.configs.in(folder); nearer != "" || err != nil || isRepository(folder) {
			return nil, false, err
		}
	}
	chain, err := i.chainAbove()
	if err != nil {
		return nil, false, err
	}
	return chain.For(path), true, nil
}

// chainAbove is the config that the new one extends.
func (i *initialization) chainAbove() (*config.Chain, error) {
	if i.above == "" {
		return &config.Chain{}, nil
	}
	return i.configs.of(filepath.Dir(i.above))
}

// excludes tells whether lint is going to pass over a Dockerfile.
func (i *initialization) excludes(path string) bool {
	if i.isRego() {
		return i.configs.excludes(path)
	}
	chain, err := i.chainAbove()
	if err != nil {
		return false // it fails by it
	}
	_, excluded := chain.Excludes(path)
	return excluded
}

func (g *gathered) add(f *dockerfile.File, in *dockerfile.Input, name string, secrets *dockerfile.Secrets) {
	at := f.Lines.Position(in.Span.Start)
	place := inputPlace{f.Name, at.Line, at.Column, secrets.Redact(in.Word)}
	if in.Source == nil {
		switch {
		case in.Err != nil:
			g.addUncovered(place, secrets.Redact(in.Err.Error()))
		case !in.Unknown.IsZero():
			g.needsArgs = g.needsArgs || len(in.Unknown.Args) > 0
			g.addUncovered(place, secrets.Redact(in.Unknown.Reason))
		}
		return
	}
	switch in.Source.(type) {
	case source.Image, source.HTTP, source.Git:
	default:
		return
	}
	g.inputs[place] = true
	if !in.Source.Pinned() {
		g.unpinned[place] = true
	}
	platform := in.Platform
	if platform == "" && in.Kind == source.KindImage {
		platform = dockerfile.DefaultPlatform
	}
	g.uses = append(g.uses, starter.Use{Source: in.Source, File: name, Line: at.Line})
	g.requests = append(g.requests, policy.Request{
		Source: in.Source, Platform: platform, Env: policy.Env{Filename: filepath.Base(f.Name)},
	})
	g.places = append(g.places, place)
}

// addUncovered adds an input once, whatever number of platforms it is seen for.
func (g *gathered) addUncovered(at inputPlace, why string) {
	if u := (uncovered{at, why}); !slices.Contains(g.uncovered, u) {
		g.uncovered = append(g.uncovered, u)
	}
}

// secretName matches the names that BuildKit warns about in an ARG.
var secretName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(^|_)(apikey|auth|credentials?|key|password|pword|passwd|secret|token)(_|$)`)
})

// addSecrets notes which build args look secret: by their name, or because a URL
// has them as credentials.
func (g *gathered) addSecrets(args map[string]string, secrets *dockerfile.Secrets) {
	for name, value := range args {
		if secretName().MatchString(name) || secrets.Redact(value) != value {
			g.secrets[name] = true
		}
	}
}

// plainArgs are the build args that may be written down.
func (g *gathered) plainArgs(args map[string]string) map[string]string {
	out := maps.Clone(args)
	maps.DeleteFunc(out, func(name, _ string) bool { return g.secrets[name] })
	return out
}

// check puts every use to the policy as it is going to be written: what init says
// is allowed has been tried, and no file is written that does not load.
func (i *initialization) check(ctx context.Context, s *starter.Starter, files []newFile, g *gathered) error {
	refused := map[int]bool{}
	for _, r := range s.Refused {
		refused[r.Use] = true
		g.addUncovered(g.places[r.Use], source.Redact(r.Why))
	}
	main := files[0]
	name := shownName(i.dir, main.path)
	if !i.isRego() {
		_, err := config.Load(main.path, known(), func(path string) (string, []byte, error) {
			if path == main.path {
				return name, []byte(main.text), nil
			}
			return i.configs.read(path)
		})
		if err != nil {
			return badConfig(err)
		}
	}
	written, err := i.language.Load([]policy.File{{Name: name, Text: []byte(main.text)}}, nil)
	if err != nil {
		return badPolicy(err)
	}
	for n, r := range g.requests {
		if refused[n] {
			continue
		}
		d, err := written.Decide(ctx, r)
		var failed *policy.Error
		if err != nil && !errors.As(err, &failed) {
			return err
		}
		if err != nil || d.Outcome != policy.Allow {
			g.addUncovered(g.places[n], "its name is not one that a policy can list")
		}
	}
	return nil
}
