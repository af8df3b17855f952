package main

import "runtime/debug"

const (
	// servingGC makes collections of garbage rarer while a daemon asks: what is in
	// use are a few megabytes, and every collection takes time from requests that
	// wait. It halves the time within which 99 of 100 are answered, and takes ten
	// megabytes.
	servingGC = 400
	// lintingGC does so for a run over few files: a sixth of its time was spent on
	// collecting, again and again, what is little.
	lintingGC = 300
	// fewFiles is up to how many files that is so. What is kept grows with them, and
	// memory would by the same factor.
	fewFiles = 2000
)

// collectAt sets how much garbage there is before it is collected, as GOGC, unless
// somebody has set that, and returns what puts it back.
func collectAt(percent int) (restore func()) {
	before := debug.SetGCPercent(percent)
	if before != 100 { // somebody has chosen it
		debug.SetGCPercent(before)
	}
	return func() { debug.SetGCPercent(before) }
}
