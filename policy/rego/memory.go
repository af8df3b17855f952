package rego

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/docker/go-units"
)

// DefaultMemoryLimit is how many bytes the heap may have while a policy is
// evaluated.
const DefaultMemoryLimit = 1 << 30

// lookAtHeap is how long an evaluation goes on before the heap is looked at, and from
// then on the time between looks. Most evaluations end long before.
const lookAtHeap = 10 * time.Millisecond

// errMemory says that a policy took too much memory.
var errMemory = errors.New("the evaluation took too much memory")

// limited is a context for an evaluation: it ends when that takes too long, or when
// the heap of the whole program has more than the limit. What a single builtin
// allocates before the next look is not caught, nor what is no heap of Go.
func (p *Policy) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancelCause(ctx)
	ctx, cancel := context.WithTimeout(ctx, p.opt.Timeout)
	if p.opt.MemoryLimit < 0 {
		return ctx, func() { cancel(); stop(nil) }
	}
	watch := time.AfterFunc(lookAtHeap, func() {
		for ctx.Err() == nil {
			if heapAbove(p.opt.MemoryLimit) {
				stop(errMemory)
			}
			select {
			case <-ctx.Done():
			case <-time.After(lookAtHeap):
			}
		}
	})
	return ctx, func() { watch.Stop(); cancel(); stop(nil) }
}

// heapAbove tells whether the heap has more than limit bytes once it is rid of
// garbage.
func heapAbove(limit int64) bool {
	if heapSize() <= limit {
		return false
	}
	runtime.GC()
	return heapSize() > limit
}

func heapSize() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64()) // #nosec G115 -- no machine has so much
}

// inBytes is a size as people write it: "1GiB", "512MiB".
func inBytes(size int64) string { return units.BytesSize(float64(size)) }
