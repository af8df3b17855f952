package lint

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// Lock is what a lock file records of the sources that Dockerfiles fetch. It is
// the same for all files that it is in force for, and does not change.
type Lock struct {
	File policy.File
	// Entries are sorted by Name.
	Entries []LockEntry
	// Whole tells that the run looks at all that the lock is for, so that an entry
	// which nothing uses is one too many.
	Whole bool
}

// LockEntry is what is recorded of one source, by its name (source.Unpin).
type LockEntry struct {
	Name   string
	Digest string
	// Ref is the ref that a git commit was found under, or "".
	Ref string
	// Platforms are the digests of an image by platform, where they are known.
	Platforms map[string]string
	Line      int             // of the entry in the file
	Span      dockerfile.Span // of its name there
}

// find is the index of the entry of a name, -1 for none.
func (l *Lock) find(name string) int {
	if l == nil || name == "" {
		return -1
	}
	i, found := slices.BinarySearchFunc(l.Entries, name, func(e LockEntry, name string) int { return strings.Compare(e.Name, name) })
	if !found {
		return -1
	}
	return i
}

// Place is where an entry stands: "imgpolicy.lock:7".
func (l *Lock) Place(e LockEntry) string { return fmt.Sprintf("%s:%d", l.File.Name, e.Line) }

// InLock is the entry of an input in the lock in force.
func (p *Pass) InLock(input int) (LockEntry, bool) {
	if p.Inputs[input].Source == nil {
		return LockEntry{}, false
	}
	return p.Lock.entry(p.Inputs[input].Source)
}

func (l *Lock) entry(src source.Source) (LockEntry, bool) {
	name, _ := source.Unpin(src)
	i := l.find(name)
	if i < 0 {
		return LockEntry{}, false
	}
	return l.Entries[i], true
}

// notLocked says how an input comes into the lock in force, for a rule that wants
// it pinned.
func (p *Pass) notLocked(input int) []string {
	src := p.Inputs[input].Source
	if p.Lock == nil || !p.rule.Unpinned || src == nil {
		return nil
	}
	if name, _ := source.Unpin(src); name == "" || p.Lock.find(name) >= 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s does not have it: `imgpolicy lock` adds it", p.Lock.File.Name)}
}

// lockedPin is what the lock in force pins a source to. It goes before all that
// Linter.Pins knows.
func (p *Pass) lockedPin(src source.Source) (Pin, bool) {
	e, ok := p.Lock.entry(src)
	if !ok {
		return Pin{}, false
	}
	return Pin{Digest: e.Digest, Ref: e.Ref, From: p.Lock.Place(e)}, true
}

// LockPass is what a rule sees of a lock file.
type LockPass struct {
	*Lock
	// Unused are the entries that nothing in the run uses; none where the run did
	// not see everything that might.
	Unused []LockEntry
	// Report adds a diagnostic at d.Span of the lock file.
	Report func(d Diagnostic)
}

// unusedEntries are the entries that no file of a run uses. What could not be
// read or is not known may be what an entry is for.
func unusedEntries(lock *Lock, slots []*outcome) []LockEntry {
	if !lock.Whole {
		return nil
	}
	used := make([]bool, len(lock.Entries))
	for _, o := range slots {
		switch {
		case o.settings == nil && o.err != nil:
			return nil
		case o.settings == nil || o.settings.Lock != lock:
			continue
		case o.err != nil && o.diagnostics == nil, o.unchecked > 0:
			return nil
		}
		for _, i := range o.locked {
			used[i] = true
		}
	}
	var unused []LockEntry
	for i, e := range lock.Entries {
		if !used[i] {
			unused = append(unused, e)
		}
	}
	return unused
}

// noteLocked notes which entries of the lock the inputs of a build use.
func (o *outcome) noteLocked(p *Pass) {
	if p.Lock == nil || !p.Lock.Whole {
		return
	}
	for i := range p.Inputs {
		if p.Inputs[i].Source == nil {
			continue
		}
		o.useLocked(p.Lock, p.Inputs[i].Source)
		if h, ok := overHTTPS(p.Inputs[i].Source); ok {
			o.useLocked(p.Lock, h) // by which its fix is known to be safe
		}
	}
}

func (o *outcome) useLocked(lock *Lock, src source.Source) {
	name, _ := source.Unpin(src)
	if at := lock.find(name); at >= 0 && !slices.Contains(o.locked, at) {
		o.locked = append(o.locked, at)
	}
}

// askPin asks what a source can be pinned to: the lock in force, the catalogs of
// approved images, and else Linter.Pins.
func (p *Pass) askPin(ctx context.Context, src source.Source, platform string) (Pin, bool, error) {
	if pin, ok := p.lockedPin(src); ok {
		return pin, true, nil
	}
	if pin, ok := p.approvedPin(src); ok || p.linter.Pins == nil {
		return pin, ok, nil
	}
	return p.linter.Pins(ctx, src, platform)
}
