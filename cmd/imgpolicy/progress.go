package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// patience is how long a run may take before it says how far it is.
	patience = 500 * time.Millisecond
	// progressPause is how long each state of it is left to be read.
	progressPause = 100 * time.Millisecond

	eraseLine = "\r\x1b[K"
)

// progressLine is a line on stderr that says how far a long run is. It is gone
// before anything else is printed. The nil line shows nothing.
type progressLine struct {
	w    io.Writer
	stop chan struct{} // closed to erase the line
	gone chan struct{} // closed once it is
	once sync.Once

	mu          sync.Mutex
	done, total int
}

// progressLine starts a line, which must be erased, or returns nil where nobody
// would see it or it is not wanted.
func (a *app) progressLine(quiet bool) *progressLine {
	if !a.errTerminal || quiet || a.dumb() || a.inCI() {
		return nil
	}
	p := &progressLine{w: a.stderr, stop: make(chan struct{}), gone: make(chan struct{})}
	go p.show()
	return p
}

// set says how far the run is. It is safe for concurrent use, and an old number
// that comes late does not count.
func (p *progressLine) set(done, total int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.total = max(p.done, done), total
}

// erase ends the line and waits until it is off the screen.
func (p *progressLine) erase() {
	if p == nil {
		return
	}
	p.once.Do(func() { close(p.stop) })
	<-p.gone
}

func (p *progressLine) show() {
	defer close(p.gone)
	wait, shown := time.NewTimer(patience), ""
	defer wait.Stop()
	for {
		select {
		case <-p.stop:
			if shown != "" {
				io.WriteString(p.w, eraseLine)
			}
			return
		case <-wait.C:
		}
		// What cannot be written to a terminal can be done without.
		if text := p.text(); text != shown {
			io.WriteString(p.w, eraseLine+text)
			shown = text
		}
		wait.Reset(progressPause)
	}
}

// text is the line, "" before the first file is done and where it is the only one.
func (p *progressLine) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.total < 2 {
		return ""
	}
	return fmt.Sprintf("%s: %d of %d files", programName, p.done, p.total)
}
