package resolve

import (
	"context"
	"sync"
)

// shared remembers the answers to questions that are asked many times, also
// while the first is still being answered. Failures are remembered too, unless
// it was the asker who gave up.
type shared[T any] struct {
	mu    sync.Mutex
	calls map[string]*call[T]
}

type call[T any] struct {
	done  chan struct{}
	value T
	err   error
	// abandoned tells that the asker gave up, which is no answer for others.
	abandoned bool
}

// do answers by f, once for each key.
func (s *shared[T]) do(ctx context.Context, key string, f func() (T, error)) (T, error) {
	for {
		s.mu.Lock()
		c, ok := s.calls[key]
		if !ok {
			c = &call[T]{done: make(chan struct{})}
			if s.calls == nil {
				s.calls = map[string]*call[T]{}
			}
			s.calls[key] = c
			s.mu.Unlock()
			return s.answer(ctx, key, c, f)
		}
		s.mu.Unlock()
		select {
		case <-c.done:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
		if !c.abandoned {
			return c.value, c.err
		}
	}
}

func (s *shared[T]) answer(ctx context.Context, key string, c *call[T], f func() (T, error)) (T, error) {
	c.abandoned = true // where f panics
	defer func() {
		if c.abandoned {
			s.mu.Lock()
			delete(s.calls, key)
			s.mu.Unlock()
		}
		close(c.done)
	}()
	c.value, c.err = f()
	c.abandoned = c.err != nil && ctx.Err() != nil
	return c.value, c.err
}
