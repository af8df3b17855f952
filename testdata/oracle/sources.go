// Package oracle compares imgpolicy with the engines whose behaviour it
// claims: BuildKit's own conversion of a Dockerfile into LLB. It is a module of
// its own so that the engines stay out of the program's dependencies.
package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Build is one way to build a file.
type Build struct {
	Target   string
	Platform string
	Args     map[string]string
}

// images answers BuildKit's requests for image metadata with an empty image,
// and notes them.
type images struct {
	mu   sync.Mutex
	seen map[string]bool
}

// ResolveImageConfig implements llb.ImageMetaResolver. The config has a layer:
// BuildKit takes an image without any for scratch, and its source vanishes.
func (r *images) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	platform := ""
	var img ocispecs.Image
	if opt.ImageOpt != nil && opt.ImageOpt.Platform != nil {
		p := *opt.ImageOpt.Platform
		platform = platforms.FormatAll(p)
		img.OS, img.Architecture, img.Variant = p.OS, p.Architecture, p.Variant
	}
	img.RootFS = ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromString("layer")}}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[fmt.Sprintf("image docker-image://%s %s", ref, platform)] = true
	config, err := json.Marshal(img)
	return ref, "", config, err
}

// BuildKit is what BuildKit's frontend requests for a build: one line for each
// source, sorted, or its error.
func BuildKit(ctx context.Context, text []byte, b Build) ([]string, error) {
	resolver := &images{seen: map[string]bool{}}
	platform, err := platforms.Parse(b.Platform)
	if err != nil {
		return nil, err
	}
	platform = platforms.Normalize(platform)
	caps := pb.Caps.CapSet(pb.Caps.All())
	opt := dockerfile2llb.ConvertOpt{MetaResolver: resolver, TargetPlatform: &platform, LLBCaps: &caps}
	opt.BuildPlatforms = []ocispecs.Platform{{OS: "linux", Architecture: "amd64"}}
	opt.Target = b.Target
	// Without a warner BuildKit's linter never runs, and check=error=true means
	// nothing.
	opt.Warn = func(string, string, string, string, []parser.Range) {}
	opt.BuildArgs = maps.Clone(b.Args)
	res, err := dockerfile2llb.Dockerfile2LLB(ctx, text, opt)
	if err != nil {
		return nil, err
	}
	def, err := res.State.Marshal(ctx, llb.Platform(platform))
	if err != nil {
		return nil, err
	}
	for _, raw := range def.Def {
		var op pb.Op
		if err := op.Unmarshal(raw); err != nil {
			return nil, err
		}
		if src := op.GetSource(); src != nil {
			if line := describeOp(src, op.Platform); line != "" {
				resolver.seen[line] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(resolver.seen)), nil
}

func describeOp(src *pb.SourceOp, p *pb.Platform) string {
	switch {
	case strings.HasPrefix(src.Identifier, "local://"):
		return ""
	case strings.HasPrefix(src.Identifier, "docker-image://"):
		platform := platforms.FormatAll(ocispecs.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, OSVersion: p.OSVersion})
		return fmt.Sprintf("image %s %s", src.Identifier, platform)
	case strings.HasPrefix(src.Identifier, "git://"):
		return fmt.Sprintf("git %s %s", src.Identifier, attrs(src.Attrs))
	default:
		return fmt.Sprintf("http %s %s", src.Identifier, attrs(src.Attrs))
	}
}

func attrs(m map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k != "git.knownsshhosts" {
			fmt.Fprintf(&b, " %s=%s", k, m[k])
		}
	}
	return b.String()
}

// Ours is what imgpolicy says of the same build: sources, and why it would fail.
// An ARG without a value is unset and images set no environment, as in BuildKit
// above.
func Ours(text []byte, b Build) (sources, refusals []string, res *dockerfile.Resolution, f *dockerfile.File) {
	f = dockerfile.Parse("Dockerfile", text)
	res = f.Resolve(dockerfile.Options{
		Target: b.Target, Platform: b.Platform, BuildArgs: b.Args, Closed: true,
		Image: func(string, string) (dockerfile.ImageConfig, bool) { return dockerfile.ImageConfig{}, true },
	})
	for _, p := range res.Problems {
		// Frontends and contexts are looked up by a client, which the
		// conversion above has none of.
		if p.Kind != dockerfile.UndefinedProblem && !p.Downstream && !strings.HasPrefix(p.Message, "invalid context name ") {
			refusals = append(refusals, p.Message)
		}
	}
	seen := map[string]bool{}
	for _, in := range res.Inputs {
		if !in.Reached || in.Source == nil || in.Instruction == "syntax" {
			continue
		}
		if in.Kind == source.KindImage {
			seen[fmt.Sprintf("image %s %s", in.Source.Identifier(), in.Platform)] = true
		} else {
			seen[fmt.Sprintf("%s %s %s", in.Kind, in.Source.Identifier(), attrs(in.Source.Attrs()))] = true
		}
	}
	return slices.Sorted(maps.Keys(seen)), refusals, res, f
}

var mayDial = regexp.MustCompile(`(?i)ssh:|[a-z0-9_-]+@[a-z0-9.-]+:`)

// Dials tells whether BuildKit might open a connection for a build: llb.Git
// asks the hosts of ssh remotes for their keys. Such builds are left alone.
func Dials(text []byte, b Build) bool {
	if mayDial.Match(text) {
		return true
	}
	for _, v := range b.Args {
		if mayDial.MatchString(v) {
			return true
		}
	}
	_, _, res, _ := Ours(text, b)
	for _, in := range res.Inputs {
		if g, ok := in.Source.(source.Git); ok && g.Scheme == "ssh" {
			return true
		}
	}
	return false
}
