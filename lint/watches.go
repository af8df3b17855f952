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
