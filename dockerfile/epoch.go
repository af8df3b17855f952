package dockerfile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

const epochArg = "SOURCE_DATE_EPOCH"

// resolveEpoch follows SOURCE_DATE_EPOCH where it is no number: it may name a
// stage made of one remote ADD, which is then asked for whatever the target
// (dockerfile2llb resolveSourceDateEpochValue).
func (r *resolver) resolveEpoch() {
	text, span := r.epochValue()
	if text == "" || text == "context" {
		return
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return
	}
	if ctx, err := r.lookupStageContext(text, DefaultPlatform); err != nil {
		r.report(BuildProblem, err.Error(), span, -1)
		return
	} else if ctx != nil {
		r.epochContext(ctx, span)
		return
	}
	for _, st := range r.stages {
		if st.stage.cmd == nil || !strings.EqualFold(st.name, text) {
			continue
		}
		if err := r.epochStage(st); err != nil {
			r.report(BuildProblem, err.Error(), st.stage.from.where(), -1)
		}
		return
	}
	r.report(BuildProblem, "invalid SOURCE_DATE_EPOCH: "+text, span, -1)
}

func (r *resolver) epochValue() (string, Span) {
	if given, ok := r.opt.BuildArgs[epochArg]; ok {
		return given, Span{}
	}
	v, ok := r.globals.get(epochArg)
	if !ok || !v.unknown.IsZero() {
		return "", Span{}
	}
	return v.text, v.decl.span()
}

func (r *resolver) epochContext(ctx *namedContext, span Span) {
	src, unknown, err := ctx.load()
	if err != nil {
		r.report(BuildProblem, err.Error(), span, -1)
		return
	}
	if src == nil && unknown.IsZero() {
		return
	}
	in := Input{Instruction: "context", Stage: -1, Source: src, Unknown: unknown, Context: ctx.name, Span: span}
	if src != nil {
		in.Kind = src.Kind()
	}
	r.inputs[r.addInput(nil, in)].always = true
}

// epochStage checks the stage and makes the source of its ADD.
func (r *resolver) epochStage(st *state) error {
	base := r.expander.expand(st.stage.cmd.BaseName, r.globals)
	if base.err != nil {
		return base.err
	}
	if base.text != scratch {
		return errors.New("SOURCE_DATE_EPOCH stage must use FROM scratch")
	}
	env := &scope{vars: map[string]value{}}
	for k, v := range r.globals.vars {
		if k != epochArg {
			env.set(k, v)
		}
	}
	found := false
	for _, in := range st.stage.commands {
		switch cmd := in.cmd.(type) {
		case *instructions.ArgCommand:
			r.epochArgs(env, in, cmd)
		case *instructions.AddCommand:
			if found {
				return errors.New("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD")
			}
			found = true
			if err := r.epochAdd(st, env, in, cmd); err != nil {
				return err
			}
		default:
			return fmt.Errorf("SOURCE_DATE_EPOCH stage does not meet source-only requirements: unsupported %s instruction", in.node.Value)
		}
	}
	if !found {
		return errors.New("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD")
	}
	return nil
}

func (r *resolver) epochArgs(env *scope, in *instruction, cmd *instructions.ArgCommand) {
	for i, kv := range cmd.Args {
		d := decl{in, i}
		if given, ok := r.opt.BuildArgs[kv.Key]; ok {
			env.set(kv.Key, value{text: given, set: true, origin: FromBuildArg, decl: d})
		} else if kv.Value != nil {
			e := r.expander.expand(*kv.Value, env)
			env.set(kv.Key, value{text: e.text, set: true, unknown: e.missing(), origin: FromArgDefault, decl: d})
		}
	}
}

// epochAdd lists the source as one that every target needs.
func (r *resolver) epochAdd(st *state, env *scope, in *instruction, cmd *instructions.AddCommand) error {
	if len(cmd.SourceContents) != 0 || len(cmd.SourcePaths) != 1 {
		return errors.New("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD source")
	}
	word := r.expander.expand(cmd.SourcePaths[0], env)
	sum := r.expander.expand(cmd.Checksum, env)
	if err := firstError(word.err, sum.err); err != nil {
		return err
	}
	spans := in.sourceSpans(cmd)
	span := in.where()
	if len(spans) == 1 {
		span = spans[0]
	}
	before := len(r.inputs)
	src, err := epochSource(cmd, word.text, sum.text)
	if err != nil {
		return err
	}
	r.placeAdd(st, in, Input{
		Instruction: "ADD", Stage: st.index, Word: cmd.SourcePaths[0], Value: word.text, Span: span,
		Source: src, Kind: src.Kind(), Unknown: word.unknown.place(), Variables: r.variables(word.used, env),
	})
	r.inputs[before].always = true
	if !word.unknown.IsZero() {
		r.inputs[before].Source = nil
	}
	return nil
}

// epochSource makes the source of the stage's ADD, whose flags and query
// BuildKit puts together in other ways than elsewhere
// (dockerfile2llb sourceDateEpochAddSource).
func epochSource(cmd *instructions.AddCommand, word, sum string) (source.Source, error) {
	g, isGit, err := source.ParseGit(word)
	switch {
	case source.IsHTTP(word) && cmd.Checksum != "" && sum == "":
		return nil, errors.New("invalid checksum digest format")
	case isGit && err == nil && !g.Shorthand:
		g.KeepGitDir = g.KeepGitDir || cmd.KeepGitDir != nil && *cmd.KeepGitDir
		if cmd.Checksum != "" {
			g.Checksum = sum
		}
		g.FetchByCommit, g.MTime = false, ""
		return g, nil
	}
	src, err := (&adding{checksum: sum}).parse(word)
	if src == nil && err == nil {
		err = errors.New("SOURCE_DATE_EPOCH stage source must be a single HTTP(S) or Git ADD")
	}
	return src, err
}
