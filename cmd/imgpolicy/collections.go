package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

const (
	// servingGC makes collections of garbage rarer while a daemon asks: what is in
	// use are a few megabytes, and every collection takes time from requests that
	// wait. It halves the time within which 99 of 100 are answered, and takes ten
	// megabytes.
	servingGC = 400
	// lintingGC does so from the start, and for a run over few files: a sixth of its time
	// was spent on collecting, again and again, what is little. What the packages of
	// others make before main alone comes near the first collection.
	lintingGC = 300
	// fewFiles is up to how many files that is so. What is kept grows with them, and
	// memory would by the same factor.
	fewFiles = 2000
	// frugalGC makes collections more frequent where much is kept: half of that is what
	// memory is above it. It takes some hundredths of the time.
	frugalGC = 50
	// cachedGC is for runs that parse little, and have the whole cache in use from the
	// start: what is collected of it is time alone.
	cachedGC = 100
	// muchHeap is how much may be in use for it to be little: a file may have a
	// million diagnostics.
	muchHeap = 64 << 20
)

// collectAt sets how much garbage there is before it is collected, as GOGC, unless
// somebody has set that, and returns what puts it back. As soon as more than muchHeap
// is in use, it is frugalGC.
func collectAt(percent int) (restore func()) {
	before := debug.SetGCPercent(percent)
	if before != 100 && before != lintingGC { // somebody has chosen it
		debug.SetGCPercent(before)
		return func() {}
	}
	var mu sync.Mutex
	done := percent <= frugalGC
	afterCollections(func() (more bool) {
		mu.Lock()
		defer mu.Unlock()
		if !done && inUse() > muchHeap {
			debug.SetGCPercent(frugalGC)
			done = true
		}
		return !done
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		debug.SetGCPercent(before)
		done = true
	}
}

// afterCollections calls do after each collection until it has had enough.
func afterCollections(do func() (more bool)) {
	runtime.AddCleanup(new([16]byte), func(int) {
		if do() {
			afterCollections(do)
		}
	}, 0)
}

// inUse is how much of the heap the last collection left.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
