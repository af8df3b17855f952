package dockerfile

import (
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// resolveTriggers adds the ONBUILD instructions of each stage's base to it, for
// the stages the target needs, until no trigger reaches a new one
// (dispatchContext.resolveStages). The others follow, so that their inputs are
// listed too; what they add comes after everything the build counts.
func (r *resolver) resolveTriggers(target *state) {
	for added := true; added; {
		added = false
		reach(target)
		for _, st := range r.states {
			st.closed = st.closed || st.isImage() && !st.reached
		}
		for i := 0; i < len(r.states); i++ {
			if st := r.states[i]; st.reached && r.trigger(st) {
				added = true
			}
		}
		if added {
			unreach(r.states)
		}
	}
	for _, st := range r.stages {
		if !st.reached {
			r.trigger(st)
		}
	}
	r.listUntriggered()
}

func unreach(states []*state) {
	for _, st := range states {
		st.reached = false
	}
}

// trigger runs a stage's ONBUILD triggers in front of its own instructions. It
// tells whether they read from anything new.
func (r *resolver) trigger(st *state) bool {
	if st.triggered || st.isImage() {
		return false
	}
	st.triggered = true
	var commands []command
	for _, text := range r.imageTriggers(st) {
		in := &instruction{file: r.file, escape: parser.DefaultEscapeToken}
		if c, ok := r.newTrigger(st, in, text, st.stage.from.where()); ok {
			in.line = &logical{text: in.node.Original, whole: st.stage.from.where()}
			commands = append(commands, c)
		}
	}
	if st.base != nil {
		for _, c := range st.base.commands {
			if ob, ok := c.cmd.(*instructions.OnbuildCommand); ok {
				if c, ok := r.fileTrigger(st, c.instruction, ob); ok {
					commands = append(commands, c)
				}
			}
		}
	}
	added := false
	for i := range commands {
		r.link(st, &commands[i])
		added = added || len(commands[i].sources) > 0
	}
	st.commands = append(commands, st.commands...)
	return added
}

// imageTriggers are the ONBUILD instructions of a base image somebody has
// looked at.
func (r *resolver) imageTriggers(st *state) []string {
	config, _ := r.baseConfig(st)
	return config.OnBuild
}

var onbuildPrefix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^\s*ONBUILD\s*`) })

// fileTrigger makes the command of an ONBUILD instruction of this file, with
// the way back to where it is written.
func (r *resolver) fileTrigger(st *state, at *instruction, ob *instructions.OnbuildCommand) (command, bool) {
	in := &instruction{file: r.file, escape: parser.DefaultEscapeToken}
	c, ok := r.newTrigger(st, in, ob.Expression, at.where())
	if !ok {
		return command{}, false
	}
	l := at.logical()
	in.line = &logical{text: in.node.Original, whole: l.whole}
	prefix := len(onbuildPrefix().FindString(l.text))
	if l.segments != nil && l.text[prefix:] == in.node.Original {
		in.line = l.from(prefix)
	}
	return c, true
}

// newTrigger parses a trigger afresh: its flags and continuations use the
// default escape token whatever the file's is.
func (r *resolver) newTrigger(st *state, in *instruction, text string, span Span) (command, bool) {
	fail := func(err error) (command, bool) {
		r.reportIn(st, instructionError(err), span, -1)
		return command{}, false
	}
	result, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return fail(err)
	}
	if len(result.AST.Children) != 1 {
		return fail(errors.New("onbuild trigger should be a single expression"))
	}
	in.node = result.AST.Children[0]
	if err := in.parse(linter.New(&linter.Config{SkipAll: true})); err != nil {
		return fail(err)
	}
	if _, isStage := in.cmd.(*instructions.Stage); isStage {
		return fail(errors.New("*instructions.Stage is not a command type"))
	}
	return command{instruction: in, onbuild: true}, true
}

// listUntriggered makes commands of the ONBUILD instructions that no stage of
// this file sets off. Nothing is fetched for them here, but by every build
// that starts from the image.
func (r *resolver) listUntriggered() {
	used := map[*state]bool{}
	for _, st := range r.stages {
		if st.base != nil {
			used[st.base] = true
		}
	}
	for _, st := range r.stages {
		if used[st] || st.isImage() {
			continue
		}
		ghost := &state{stage: st.stage, index: st.index, name: st.name, label: st.label, input: -1, base: st}
		for _, c := range st.commands {
			ob, ok := c.cmd.(*instructions.OnbuildCommand)
			if !ok {
				continue
			}
			if c, ok := r.fileTrigger(ghost, c.instruction, ob); ok {
				ghost.commands = append(ghost.commands, c)
			}
		}
		if len(ghost.commands) > 0 {
			problems := len(r.problems)
			for i := range ghost.commands {
				r.link(ghost, &ghost.commands[i])
			}
			r.problems = r.problems[:problems]
			r.states = append(r.states, ghost)
		}
	}
}
