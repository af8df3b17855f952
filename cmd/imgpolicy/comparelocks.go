package main

import (
	"context"

	"github.com/imgpolicy/imgpolicy/lint"
)

// locateLocks finds the repositories of the locks in force.
func (c *comparison) locateLocks(ctx context.Context) error {
	c.locks = map[*lint.Lock]*place{}
	for _, file := range c.files {
		settings, err := c.run.settings.of(c.run.found.files[file.index].Name)
		if err != nil || settings.Lock == nil {
			continue // linting the file has failed by it
		}
		if _, ok := c.locks[settings.Lock]; ok {
			continue
		}
		at, ok, err := c.revisions.locate(ctx, absolute(c.run.found.dir, settings.Lock.File.Name))
		if err != nil {
			return err
		}
		c.locks[settings.Lock] = nil
		if ok {
			c.locks[settings.Lock] = &at
		}
	}
	return nil
}

// withoutLocks are the settings of the old texts: without a lock that is not as
// it was, so that what differs from it counts as new. A lock changes with every
// digest; unlike a policy it does not make everything new that it is about.
func (c *comparison) withoutLocks(of func(string) (*lint.Settings, error)) func(string) (*lint.Settings, error) {
	changed := map[*lint.Lock]bool{}
	for lock, at := range c.locks {
		changed[lock] = at == nil || at.changed()
	}
	return func(name string) (*lint.Settings, error) {
		s, err := of(name)
		if err == nil && changed[s.Lock] {
			without := *s
			without.Lock = nil
			return &without, nil
		}
		return s, err
	}
}
