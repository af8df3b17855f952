package report

import (
	"iter"
	"runtime"
)

// together is how many results are made at once.
const together = 64

// inOrder are what f makes of the numbers below n, in their order. It is called for
// several at once, and not for many more than are asked for.
func inOrder[T any](n int, f func(i int) T) iter.Seq[T] {
	some := func(from int) (out []T) {
		for i := from; i < min(n, from+together); i++ {
			out = append(out, f(i))
		}
		return out
	}
	return func(yield func(T) bool) {
		queue := []chan []T{}
		for from := 0; from < n || len(queue) > 0; {
			for ; from < n && len(queue) < runtime.GOMAXPROCS(0); from += together {
				start, done := from, make(chan []T, 1)
				go func() { done <- some(start) }()
				queue = append(queue, done)
			}
			for _, one := range <-queue[0] {
				if !yield(one) {
					return
				}
			}
			queue = queue[1:]
		}
	}
}
