package dockerfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/util/suggest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// scratch is the base that fetches nothing.
const scratch = "scratch"

// state is BuildKit's dispatchState: a stage of the file, or an image that a
// COPY or RUN names.
type state struct {
	stage *stage // nil for an image
	index int    // of the stage it is or stands in
	name  string // of the stage, in lower case
	label string // the stage in BuildKit's messages

	// baseName is what FROM or from= names, after expansion. It is "" where
	// that is unknown.
	baseName string
	base     *state
	deps     []*state // what must be resolved for it
	content  []*state // the part of deps whose files it uses
	platform *ocispecs.Platform
	commands []command

	input   int // of its own image, -1 for none
	context *namedContext
	// closed states were resolved before an ONBUILD trigger reached them:
	// named contexts no longer apply.
	closed bool
	// triggered tells that the base's ONBUILD instructions were added.
	triggered bool

	downstream     bool // an image of a trigger that this build does not run
	reached        bool // some dependency chain leads from the target here
	contentReached bool // and its files end up in the target
	dispatched     bool

	vars     *scope
	imageEnv map[string]value
	workdir  string // "" for the root, unknownDir where nobody knows
}

// command is an instruction of a stage with the states it reads from.
type command struct {
	*instruction
	sources []*state
	onbuild bool
}

func (st *state) isImage() bool { return st.stage == nil }

// addStages makes a state of every stage (dockerfile2llb buildDispatchStates).
func (r *resolver) addStages() {
	for i, s := range r.file.stages {
		st := &state{stage: s, index: i, input: -1, label: "stage-" + strconv.Itoa(i)}
		r.stages = append(r.stages, st)
		for _, in := range s.commands {
			st.commands = append(st.commands, command{instruction: in})
		}
		if s.cmd != nil {
			if s.cmd.Name != "" {
				st.name, st.label = s.cmd.Name, s.cmd.Name
			}
			r.readFrom(st)
		}
		r.addState(st)
		if st.context != nil {
			st.base = nil
		}
	}
}

// addState appends to the index space. A base is looked up by the exact text
// among lower-cased names, and only among earlier stages.
func (r *resolver) addState(st *state) {
	r.states = append(r.states, st)
	if st.baseName != "" {
		if base, ok := r.byName[st.baseName]; ok {
			st.base = base
		}
	}
	if st.name != "" {
		r.byName[st.name] = st
	}
}

// readFrom evaluates a FROM line.
func (r *resolver) readFrom(st *state) {
	cmd, in := st.stage.cmd, st.stage.from
	l := in.logical()
	name := r.expander.expand(cmd.BaseName, r.globals)
	platform, unknownPlatform := r.fromPlatform(st)
	if cmd.Name != "" {
		var err error
		if st.context, err = r.lookupStageContext(cmd.Name, r.platformOf(st)); err != nil {
			r.report(BuildProblem, err.Error(), in.where(), -1)
		}
	}
	word := word{0, len(l.text)}
	if words := l.blankWords(in.words().args); len(words) > 0 {
		word = words[0]
	}
	_, isStage := r.byName[name.text]
	if name.unknown.IsZero() && name.err == nil {
		st.baseName = name.text
		if (isStage || name.text == scratch) && st.context == nil {
			// platforms of stage references are parsed and then ignored
			r.undefined(name.undefined, cmd.BaseName, in.where, -1)
			r.undefined(platform.undefined, cmd.Platform, func() Span { return platformSpan(in) }, -1)
			return
		}
	}
	input := r.addInput(st, Input{
		Instruction: "FROM", Stage: st.index, Word: cmd.BaseName, Value: name.text,
		Span: l.span(word.start, word.end), Kind: "image", Platform: r.platformOf(st),
	})
	st.input = input
	in0 := &r.inputs[input].Input
	in0.Variables = r.variables(slices.Concat(name.used, platform.used), r.globals)
	in0.Unknown = name.unknown.place()
	if in0.Unknown.IsZero() {
		in0.Unknown = unknownPlatform.place()
	}
	span := in0.Span
	r.undefined(name.undefined, cmd.BaseName, func() Span { return span }, input)
	r.undefined(platform.undefined, cmd.Platform, func() Span { return platformSpan(in) }, -1)
	if base, ok := r.byName[strings.ToLower(name.text)]; ok && !isStage && in0.Unknown.IsZero() {
		in0.Notes = append(in0.Notes, fmt.Sprintf("FROM finds a stage by its name in lower case only: %s is not the stage %s", name.text, base.name))
		in0.NearStage = base.name
	}
	r.checkBase(st, name, input)
}

// checkBase reports what BuildKit says of a base name that it cannot use.
func (r *resolver) checkBase(st *state, name expansion, input int) {
	in := &r.inputs[input].Input
	switch {
	case name.err != nil:
		r.report(BuildProblem, name.err.Error(), in.Span, input)
		if in.Unknown.IsZero() {
			in.Err = name.err
		}
	case name.text == "":
		message := fmt.Sprintf("base name (%s) should not be blank", st.stage.cmd.BaseName)
		r.report(BuildProblem, message, in.Span, input)
		if in.Unknown.IsZero() {
			in.Err = fmt.Errorf("%s", message)
		}
	}
}

// platformSpan is where the value of --platform stands, or its FROM.
func platformSpan(from *instruction) Span {
	l := from.logical()
	if f, ok := from.words().flag("platform"); ok {
		w := f.part(l, 0, len(f.value))
		return l.span(w.start, w.end)
	}
	return from.where()
}

// fromPlatform evaluates --platform.
func (r *resolver) fromPlatform(st *state) (expansion, Unknown) {
	text := st.stage.cmd.Platform
	if text == "" {
		return expansion{}, Unknown{}
	}
	e := r.expander.expand(text, r.globals)
	p, err := ocispecs.Platform{}, error(nil)
	switch {
	case e.err != nil:
		err = fmt.Errorf("failed to process arguments for platform %s: %w", e.text, e.err)
	case e.text == "":
		err = fmt.Errorf("empty platform value from expression %s", text)
	default:
		if p, err = parsePlatform(e.text); err != nil {
			err = fmt.Errorf("failed to parse platform %s: %w", text, err)
		}
	}
	if err != nil {
		r.report(BuildProblem, err.Error(), platformSpan(st.stage.from), -1)
		return e, e.unknown
	}
	st.platform = &p
	return e, e.unknown
}

func (r *resolver) addInput(st *state, in Input) int {
	r.inputs = append(r.inputs, placedInput{Input: in, state: st})
	return len(r.inputs) - 1
}

// platformOf is the platform a state's image is fetched for.
func (r *resolver) platformOf(st *state) string {
	if st.platform != nil {
		return platforms.FormatAll(*st.platform)
	}
	return platforms.FormatAll(r.target)
}

// findTarget is the stage to build: by name in any case, never by number.
func (r *resolver) findTarget() *state {
	if len(r.stages) == 0 {
		return nil
	}
	last := r.stages[len(r.stages)-1]
	if r.opt.Target == "" {
		return last
	}
	if st, ok := r.byName[strings.ToLower(r.opt.Target)]; ok {
		return st
	}
	var names []string
	for _, st := range r.stages {
		names = append(names, st.label)
	}
	err := suggest.WrapError(fmt.Errorf("target stage %q could not be found", r.opt.Target), r.opt.Target, names, true)
	r.report(BuildProblem, err.Error(), Span{}, -1)
	return nil
}

// linkStages finds what every command reads from (buildStageDependencyGraph).
// Images join the index space as they are met.
func (r *resolver) linkStages() {
	for _, st := range r.stages {
		for i := range st.commands {
			r.link(st, &st.commands[i])
		}
	}
	if len(r.states) == 1 {
		r.states[0].label = ""
	}
}

// link is toCommand for one command.
func (r *resolver) link(st *state, c *command) {
	switch cmd := c.cmd.(type) {
	case *instructions.CopyCommand:
		if cmd.From != "" {
			r.linkCopy(st, c, cmd)
		}
	case *instructions.RunCommand:
		for i, from := range c.mountFrom {
			r.linkMount(st, c, i, from)
		}
	}
	for _, src := range c.sources {
		if !slices.Contains(st.deps, src) {
			st.deps = append(st.deps, src)
		}
		if src.isImage() {
			r.addState(src)
		}
	}
}

// findCycles reports a stage that depends on itself through COPY or RUN
// (validateCircularDependency); bases cannot be cyclic.
func (r *resolver) findCycles() {
	visited := map[*state]bool{}
	path := map[*state]bool{}
	var visit func(st *state) bool
	visit = func(st *state) bool {
		if visited[st] {
			return false
		}
		visited[st], path[st] = true, true
		for _, dep := range st.deps {
			if path[dep] || visit(dep) {
				return true
			}
		}
		delete(path, st)
		return false
	}
	for _, st := range r.stages {
		if visit(st) {
			r.report(BuildProblem, "circular dependency detected on stage: "+st.label, st.stage.from.where(), -1)
			return
		}
	}
}

// reach marks what a target needs.
func reach(st *state) {
	if st == nil || st.reached {
		return
	}
	st.reached = true
	reach(st.base)
	for _, dep := range st.deps {
		reach(dep)
	}
}

// markReached tells every input whether the target needs it: an image when
// anything the target depends on names it, a download only when its files can
// end up in the target.
func (r *resolver) markReached(target *state) {
	var follow func(st *state)
	follow = func(st *state) {
		if st == nil || st.contentReached {
			return
		}
		st.contentReached = true
		follow(st.base)
		for _, dep := range st.content {
			follow(dep)
		}
	}
	follow(target)
	for i := range r.inputs {
		in := &r.inputs[i]
		switch {
		case in.always:
			in.Reached = true
		case in.state == nil:
		case in.content:
			in.Reached = in.state.contentReached && in.state.context == nil
		default:
			in.Reached = in.state.reached
		}
	}
}
