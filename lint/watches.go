package lint

import (
	"slices"
	"sync"

	"github.com/imgpolicy/imgpolicy/policy"
)

// watches watch what a run asks the policies, where a rule wants to know what of
// them it makes no use of.
type watches struct {
	rule *Rule // nil where there is none
	mu   sync.Mutex
	all  map[policy.Policy]policy.Watch
}

func newWatches(rules []*Rule) *watches {
	w := &watches{all: map[policy.Policy]policy.Watch{}}
	if i := slices.IndexFunc(rules, func(r *Rule) bool { return r.Unused }); i >= 0 {
		w.rule = rules[i]
	}
	return w
}

// of is the watch of a policy, nil where nobody wants to know.
func (w *watches) of(s *Settings, pol policy.Policy) policy.Watch {
	if w.rule == nil || !s.Runs(w.rule) {
		return nil
	}
	watcher, ok := pol.(policy.Watcher)
	if !ok {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	watch := w.all[pol]
	if watch == nil {
		watch = watcher.Watch()
		w.all[pol] = watch
	}
	return watch
}

// unused gives what the run made no use of. It is known only of policies that
// were asked about all the inputs they are in force for.
func (w *watches) unused(slots []*outcome, add func(*Settings, []policy.Flaw)) {
	if len(w.all) == 0 {
		return
	}
	first := map[policy.Policy]*Settings{}
	var inOrder []policy.Policy
	for _, o := range slots {
		if o.settings == nil { // it may be one that any policy is in force for
			return
		}
		for _, pol := range o.settings.Policies {
			switch {
			case o.err != nil || o.unchecked > 0 || !o.settings.Runs(w.rule):
				delete(w.all, pol)
			case first[pol] == nil:
				first[pol] = o.settings
				inOrder = append(inOrder, pol)
			}
		}
	}
	for _, pol := range inOrder {
		if watch := w.all[pol]; watch != nil {
			add(first[pol], watch.Unused())
		}
	}
}
