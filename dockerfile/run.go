package dockerfile

import (
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// defaultPath is BuildKit's PATH for images that set none (util/system).
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// runStages walks the stages in file order with their variables
// (dispatchContext.dispatchStages). Stages the target does not need are walked
// too, for their inputs; what is wrong in them is not reported, since BuildKit
// does not look.
func (r *resolver) runStages() {
	for _, st := range r.states {
		if st.isImage() {
			st.dispatched = true
		}
		if st.context != nil && st.reached {
			st.dispatched = true
		}
	}
	for _, st := range r.states {
		if st.isImage() {
			continue
		}
		r.inherit(st)
		st.dispatched = true
		for i := range st.commands {
			r.run(st, &st.commands[i])
		}
	}
}

// baseConfig is what is known of the config of the image a stage starts from.
func (r *resolver) baseConfig(st *state) (ImageConfig, bool) {
	if r.opt.Image == nil || st.base != nil || st.baseName == "" || st.baseName == scratch || st.context != nil {
		return ImageConfig{}, false
	}
	if st.input < 0 || !r.inputs[st.input].Unknown.IsZero() {
		return ImageConfig{}, false
	}
	in := &r.inputs[st.input]
	ref, ok := imageRef(st.baseName)
	if !ok {
		return ImageConfig{}, false
	}
	return r.opt.Image(ref, in.Platform)
}

// maxInherited bounds how many variables all stages together inherit: each has
// its own copy, so that a chain of stages could take any amount of memory.
const maxInherited = 1 << 18

// inherit sets up a stage's variables: its base's ARGs and ENVs, with the
// base's image environment over them, as BuildKit applies it again in every
// child; or the environment of its image.
func (r *resolver) inherit(st *state) {
	st.imageEnv = map[string]value{}
	st.vars = &scope{vars: map[string]value{}}
	if st.base != nil {
		st.workdir = st.base.workdir
		if r.inherited += len(st.base.vars.vars) + len(st.base.imageEnv); r.inherited > maxInherited {
			st.vars.open = Unknown{Reason: fmt.Sprintf("is in a stage beyond the %d variables that stages may inherit", maxInherited)}
			return
		}
		for k, v := range st.base.vars.vars {
			st.vars.set(k, v)
		}
		for k, v := range st.base.imageEnv {
			st.vars.set(k, v)
			st.imageEnv[k] = v
		}
		st.vars.open = st.base.vars.open
		st.platform = st.base.platform
		return
	}
	config, known := r.baseConfig(st)
	for _, kv := range config.Env {
		k, v, _ := strings.Cut(kv, "=")
		st.imageEnv[k] = value{text: v, set: true, origin: FromEnv}
	}
	st.workdir = config.WorkingDir
	if !known && (st.baseName != scratch || st.context != nil) {
		st.workdir = unknownDir
		st.vars.open = Unknown{Reason: "depends on the base image's environment"}
	} else if _, ok := st.imageEnv["PATH"]; !ok && !strings.HasPrefix(r.platformOf(st), "windows") {
		st.imageEnv["PATH"] = value{text: defaultPath, set: true, origin: FromEnv}
	}
	for k, v := range st.imageEnv {
		st.vars.set(k, v)
	}
}

// run follows dispatch for one instruction.
func (r *resolver) run(st *state, c *command) {
	var err error
	switch cmd := c.cmd.(type) {
	case *instructions.ArgCommand:
		for i, kv := range cmd.Args {
			r.stageArg(st, kv, decl{c.instruction, i})
		}
	case *instructions.EnvCommand:
		r.stageEnv(st, c.instruction, cmd)
	case *instructions.AddCommand:
		r.add(st, c, cmd)
	case *instructions.CopyCommand:
		err = r.copy(st, c, cmd)
	case *instructions.RunCommand:
		err = r.mounts(st, c, cmd)
	case *instructions.LabelCommand:
		for _, kv := range cmd.Labels {
			err = firstError(err, r.expandAll(st, kv.Key, kv.Value))
		}
	case *instructions.WorkdirCommand:
		err = r.workdir(st, cmd.Path)
	case *instructions.UserCommand:
		err = r.expandAll(st, cmd.User)
	case *instructions.VolumeCommand:
		err = r.volumes(st, cmd.Volumes)
	case *instructions.ExposeCommand:
		err = r.expose(st, cmd.Ports)
	case *instructions.StopSignalCommand:
		err = r.stopSignal(st, cmd.Signal)
	}
	if err != nil {
		r.reportIn(st, err.Error(), c.where(), -1)
	}
}

// copy checks what dispatch and dispatchCopy check of a COPY. Its words are
// never sources: BuildKit refuses URLs there.
func (r *resolver) copy(st *state, c *command, cmd *instructions.CopyCommand) error {
	chmod, dest := r.expander.expand(cmd.Chmod, st.vars), r.expander.expand(cmd.DestPath, st.vars)
	if err := firstError(r.expandAll(st, cmd.Chown), chmod.refusal()); err != nil {
		return err
	}
	expanded := make([]expansion, 0, len(cmd.SourcePaths))
	for _, w := range cmd.SourcePaths {
		e := r.expander.expand(w, st.vars)
		if err := e.refusal(); err != nil {
			return err
		}
		expanded = append(expanded, e)
	}
	if err := firstError(dest.refusal(), r.expandHeredocs(st, cmd.SourceContents)); err != nil {
		return err
	}
	for _, src := range c.sources {
		if !src.dispatched {
			return fmt.Errorf("cannot copy from stage %q, it needs to be defined before current stage %q", cmd.From, st.label)
		}
		st.content = append(st.content, src)
	}
	err := r.copyFits(st, dest, chmod)
	for _, e := range expanded {
		if e.unknown.IsZero() {
			err = firstError(err, refuseRemote(e.text))
			err = firstError(err, r.localFits(st, e.text))
		}
	}
	return err
}

// mounts follows dispatchRunMounts. Only bind and cache mounts bring files.
func (r *resolver) mounts(st *state, c *command, cmd *instructions.RunCommand) error {
	if len(c.mountFrom) == 0 {
		return nil
	}
	unknown := false
	err := cmd.Expand(func(word string) (string, error) {
		e := r.expander.expand(word, st.vars)
		unknown = unknown || !e.unknown.IsZero()
		return e.text, e.err
	})
	if err != nil {
		if unknown {
			// The type or a size may become valid with what is not known: take
			// every mount for one that brings files.
			st.content = append(st.content, c.sources...)
			return nil
		}
		return err
	}
	for i, m := range instructions.GetMounts(cmd) {
		if i >= len(c.sources) {
			break
		}
		from := m.From
		if from == "" && m.Type == instructions.MountTypeCache {
			from = scratch
		}
		if from != "" && !c.sources[i].dispatched {
			return fmt.Errorf("cannot mount from stage %q to %q, stage needs to be defined before current command", from, m.Target)
		}
		brings := m.Type == instructions.MountTypeBind || m.Type == instructions.MountTypeCache
		if brings || m.Type == instructions.MountTypeTmpfs {
			if err := r.mountTarget(st, m.Target); err != nil {
				return err
			}
		}
		if from != "" && brings {
			st.content = append(st.content, c.sources[i])
		}
	}
	return nil
}
