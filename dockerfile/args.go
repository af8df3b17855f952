package dockerfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/util/suggest"
)

// needsArg is why a variable is unknown whose ARG has no default.
func needsArg(name string, d decl) *Unknown {
	return &Unknown{Reason: "needs build arg " + name, Variable: name, Args: []string{name}, decl: d}
}

// globalArgs evaluates the ARGs before the first FROM, each word visible to
// the next (dockerfile2llb buildMetaArgs).
func (r *resolver) globalArgs() {
	r.globals = &scope{vars: make(map[string]value, 16)}
	for _, kv := range platformArgs(r.build, r.target, r.targetStageName()) {
		v := value{text: kv[1], set: true, origin: FromPlatform}
		if given, ok := r.opt.BuildArgs[kv[0]]; ok {
			v.text, v.origin = given, FromBuildArg
		}
		r.globals.set(kv[0], v)
	}
	for _, in := range r.file.metaArgs {
		cmd, ok := in.cmd.(*instructions.ArgCommand)
		if !ok {
			continue
		}
		for i, kv := range cmd.Args {
			r.globalArg(kv, decl{in, i})
		}
	}
}

// targetStageName is the value of TARGETSTAGE.
func (r *resolver) targetStageName() string {
	if r.opt.Target != "" {
		return r.opt.Target
	}
	if n := len(r.file.stages); n > 0 && r.file.stages[n-1].cmd != nil && r.file.stages[n-1].cmd.Name != "" {
		return r.file.stages[n-1].cmd.Name
	}
	return "default"
}

func (r *resolver) globalArg(kv instructions.KeyValuePairOptional, d decl) {
	if given, ok := r.opt.BuildArgs[kv.Key]; ok {
		r.globals.set(kv.Key, value{text: given, set: true, origin: FromBuildArg, decl: d})
		return
	}
	if kv.Value != nil {
		r.globals.set(kv.Key, r.defaultValue(*kv.Value, r.globals, d, nil))
		return
	}
	if old, ok := r.globals.get(kv.Key); ok && (old.set || !old.unknown.IsZero()) {
		return
	}
	v := value{decl: d}
	if !r.opt.Closed {
		v.unknown = needsArg(kv.Key, d)
	}
	r.globals.set(kv.Key, v)
}

// defaultValue expands the default of an ARG. st is the stage it stands in,
// nil before the first one.
func (r *resolver) defaultValue(text string, sc *scope, d decl, st *state) value {
	e := r.expander.expand(text, sc)
	if e.err != nil && e.unknown.IsZero() {
		if st == nil {
			r.report(BuildProblem, e.err.Error(), d.span(), -1)
		} else {
			r.reportIn(st, e.err.Error(), d.span(), -1)
		}
		e.unknown = Unknown{Reason: "has a default that cannot be expanded"}
	}
	if st == nil {
		r.undefined(e.undefined, text, d.span, -1)
	}
	return value{text: e.text, set: true, unknown: e.missing(), origin: FromArgDefault, decl: d}
}

// undefined reports variables that nothing defines, where nothing ever could.
func (r *resolver) undefined(names []string, text string, span func() Span, input int) {
	for _, name := range names {
		if guarded(text, name, "-+?") {
			continue
		}
		msg := fmt.Sprintf("$%s is not defined before the first FROM, so it expands to nothing", name)
		if match, ok := suggested(name, r.globals.vars); ok {
			msg += fmt.Sprintf(" (did you mean %s?)", match)
		}
		r.report(UndefinedProblem, msg, span(), input)
	}
}

// maxSuggested bounds among how many names the one that may have been meant is
// looked for: it takes all of them, for each name in error.
const maxSuggested = 256

// suggested is the variable that name may be a slip for.
func suggested(name string, vars map[string]value) (string, bool) {
	if len(vars) > maxSuggested {
		return "", false
	}
	return suggest.Search(name, slices.Sorted(maps.Keys(vars)), true)
}

// stageArg runs an ARG inside a stage (dockerfile2llb dispatchArg).
func (r *resolver) stageArg(st *state, kv instructions.KeyValuePairOptional, d decl) {
	if strings.HasPrefix(kv.Key, "BUILDKIT_SBOM_SCAN_") && (kv.Key[19:] == "CONTEXT" || kv.Key[19:] == "STAGE") {
		return
	}
	if given, ok := r.opt.BuildArgs[kv.Key]; ok {
		st.vars.set(kv.Key, value{text: given, set: true, origin: FromBuildArg, decl: d})
		return
	}
	if kv.Value != nil {
		st.vars.set(kv.Key, r.defaultValue(*kv.Value, st.vars, d, st))
		return
	}
	if g, ok := r.globals.get(kv.Key); ok && (g.set || !g.unknown.IsZero()) {
		st.vars.set(kv.Key, g)
		return
	}
	old, ok := st.vars.get(kv.Key)
	switch {
	case ok && (old.set || !old.unknown.IsZero()):
	case !r.opt.Closed:
		st.vars.set(kv.Key, value{unknown: needsArg(kv.Key, d), decl: d})
	case !ok && st.vars.open.IsZero():
		st.vars.set(kv.Key, value{decl: d})
	}
}

// stageEnv runs an ENV: all words see the variables as they were before it.
func (r *resolver) stageEnv(st *state, in *instruction, cmd *instructions.EnvCommand) {
	type pair struct {
		key string
		v   value
	}
	pairs := make([]pair, 0, len(cmd.Env))
	for i, kv := range cmd.Env {
		d := decl{in, i}
		key := r.expander.expand(kv.Key, st.vars)
		e := r.expander.expand(kv.Value, st.vars)
		for _, err := range []error{key.err, e.err} {
			if err != nil && e.unknown.IsZero() {
				r.reportIn(st, err.Error(), d.span(), -1)
				e.unknown = Unknown{Reason: "has a value that cannot be expanded"}
			}
		}
		pairs = append(pairs, pair{key.text, value{text: e.text, set: true, unknown: e.missing(), origin: FromEnv, decl: d}})
	}
	for _, p := range pairs {
		st.vars.set(p.key, p.v)
		st.imageEnv[p.key] = p.v
	}
}
