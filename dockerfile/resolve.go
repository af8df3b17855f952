package dockerfile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Resolution is what a build of the file with given options would fetch.
type Resolution struct {
	Stages []Stage
	// Inputs are sorted by where they stand. Stages that the target does not
	// need are included, with Reached false.
	Inputs []Input
	// Problems are sorted by where they stand. With any but an UndefinedProblem
	// the build would stop.
	Problems []Problem
}

// Stage is one stage of the file.
type Stage struct {
	Name    string // in lower case, "" for a stage without one
	Reached bool   // the target needs it
}

// StageName is how a stage is shown: its name, or its number from 0.
func (r *Resolution) StageName(index int) string {
	switch {
	case index < 0 || index >= len(r.Stages):
		return ""
	case r.Stages[index].Name != "":
		return r.Stages[index].Name
	default:
		return strconv.Itoa(index)
	}
}

// DropUnreached drops the inputs of stages that the target does not need, and
// what is said about them.
func (r *Resolution) DropUnreached() {
	at := make([]int, len(r.Inputs))
	kept := r.Inputs[:0]
	for i, in := range r.Inputs {
		at[i] = -1
		if in.Reached {
			at[i] = len(kept)
			kept = append(kept, in)
		}
	}
	r.Inputs = kept
	r.Problems = slices.DeleteFunc(r.Problems, func(p Problem) bool {
		return p.Input >= 0 && at[p.Input] < 0 && (p.Downstream || p.Kind == UndefinedProblem)
	})
	for i := range r.Problems {
		if in := r.Problems[i].Input; in >= 0 {
			r.Problems[i].Input = at[in]
		}
	}
}

// Resolve finds the inputs, following toDispatchState of BuildKit's
// frontend/dockerfile/dockerfile2llb/convert.go phase by phase. It does no I/O.
func (f *File) Resolve(opt Options) *Resolution {
	r := &resolver{file: f, opt: opt, expander: newExpander(f.escape), byName: map[string]*state{}}
	r.problems = append(r.problems, f.problems...)
	if v := f.checks.violation(); v != "" {
		r.report(BuildProblem, v, f.Lines.Span(1), -1)
	}
	r.platforms()
	r.readFrontend()
	r.globalArgs()
	r.addStages()
	target := r.findTarget()
	r.linkStages()
	r.findCycles()
	r.resolveTriggers(target)
	r.resolveEpoch()
	r.resolveImages()
	r.runStages()
	r.markReached(target)
	return r.result()
}

// resolver holds the state of one Resolve.
type resolver struct {
	file     *File
	opt      Options
	expander *expander

	build, target ocispecs.Platform
	globals       *scope

	stages []*state          // one for each stage of the file, in order
	states []*state          // BuildKit's index space: stages, then images as they are met
	byName map[string]*state // by stage name in lower case, the latest so far

	inputs   []placedInput
	problems []Problem

	inherited int // variables that stages got from their bases
}

// placedInput is an input with the state that decides whether it is reached.
type placedInput struct {
	Input
	state *state
	// used tells what of the state must be reached: its content, or only its
	// existence.
	content bool
	always  bool // reached whatever the target
}

func (r *resolver) report(kind ProblemKind, message string, span Span, input int) {
	r.problems = append(r.problems, Problem{Kind: kind, Message: message, Span: span, Input: input})
}

// reportIn reports what BuildKit only finds in stages that it builds.
func (r *resolver) reportIn(st *state, message string, span Span, input int) {
	if st.reached {
		r.report(BuildProblem, message, span, input)
	}
}

func (r *resolver) platforms() {
	r.build, _ = parsePlatform(DefaultPlatform)
	r.target = r.build
	if r.opt.Platform == "" {
		return
	}
	p, err := parsePlatform(r.opt.Platform)
	if err != nil {
		r.report(BuildProblem, "failed to parse target platform "+r.opt.Platform+": "+err.Error(), r.file.Lines.Span(1), -1)
		return
	}
	// dockerui normalizes the target platform, unlike the one of a FROM.
	r.target = platforms.Normalize(p)
}

// variables describes what a word used.
func (r *resolver) variables(names []string, sc *scope) []Variable {
	if len(names) == 0 {
		return nil
	}
	out := make([]Variable, 0, len(names))
	for _, name := range names {
		v, _ := sc.get(name)
		known := v.unknown.IsZero() && (v.set || v.decl.in != nil || sc.open.IsZero())
		out = append(out, Variable{
			Name: name, Value: v.text, Known: known, Set: v.set, Origin: v.origin, Span: v.decl.span(),
		})
	}
	return out
}

// place completes an Unknown with where its variable is declared.
func (u Unknown) place() Unknown {
	if !u.IsZero() {
		u.Declared = u.decl.span()
	}
	return u
}

// result sorts what was found and numbers the problems' inputs anew.
func (r *resolver) result() *Resolution {
	out := &Resolution{}
	for _, st := range r.stages {
		out.Stages = append(out.Stages, Stage{Name: st.name, Reached: st.reached})
	}
	order := make([]int, len(r.inputs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &r.inputs[a], &r.inputs[b]
		return cmp.Or(cmp.Compare(x.Span.Start, y.Span.Start), cmp.Compare(x.Stage, y.Stage))
	})
	at := make([]int, len(order))
	for _, from := range order {
		in := &r.inputs[from].Input
		if n := len(out.Inputs); n > 0 && samePlace(&out.Inputs[n-1], in) {
			out.Inputs[n-1].Reached = out.Inputs[n-1].Reached || in.Reached
		} else {
			out.Inputs = append(out.Inputs, *in)
		}
		at[from] = len(out.Inputs) - 1
	}
	for i := range r.problems {
		if in := r.problems[i].Input; in >= 0 {
			r.problems[i].Input = at[in]
		}
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Message, b.Message))
	})
	out.Problems = r.problems
	return out
}

// samePlace tells whether two inputs are one place of the file asking for one
// thing: a stage that gives SOURCE_DATE_EPOCH is read twice.
func samePlace(a, b *Input) bool {
	return a.Span == b.Span && !a.Span.Empty() && a.Stage == b.Stage && a.Source != nil && b.Source != nil &&
		a.Source.Identifier() == b.Source.Identifier()
}
