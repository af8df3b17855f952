package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// progressApp is a program at a terminal.
func progressApp(stderr *bytes.Buffer, env map[string]string) *app {
	return &app{
		stderr: stderr, errTerminal: true,
		lookupEnv: func(name string) (string, bool) { value, ok := env[name]; return value, ok },
	}
}

func TestProgressLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var stderr bytes.Buffer
		line := progressApp(&stderr, nil).progressLine(false)
		line.set(1, 300)
		time.Sleep(patience - time.Millisecond)
		synctest.Wait()
		if got := stderr.String(); got != "" {
			t.Errorf("printed before its time: %q", got)
		}
		for i := range 1000 { // two seconds
			line.set(i/4, 300)
			line.set(1, 300) // late
			time.Sleep(2 * time.Millisecond)
		}
		line.erase()
		line.erase()
		got := stderr.String()
		if n := strings.Count(got, "files"); n < 15 || n > 21 {
			t.Errorf("%d updates in two seconds, want ten a second: %q", n, got)
		}
		if !strings.HasPrefix(got, eraseLine+"imgpolicy: 1 of 300 files"+eraseLine) || !strings.HasSuffix(got, " of 300 files"+eraseLine) || strings.Contains(got, "\n") {
			t.Errorf("progress %q, want one line that ends erased", got)
		}
	})
}

// A run that is over before the line is due prints nothing, and leaves no
// goroutine behind: synctest would say so.
func TestShortRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var stderr bytes.Buffer
		line := progressApp(&stderr, nil).progressLine(false)
		line.set(3, 3)
		line.erase()
		time.Sleep(time.Second)
		if stderr.Len() > 0 {
			t.Errorf("printed %q", &stderr)
		}
	})
}

func TestNoProgressLine(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	for _, env := range []map[string]string{{"CI": "true"}, {"TERM": "dumb"}, {"GITHUB_ACTIONS": "true"}} {
		if line := progressApp(&stderr, env).progressLine(false); line != nil {
			t.Errorf("a line with %v", env)
		}
	}
	if line := progressApp(&stderr, nil).progressLine(true); line != nil {
		t.Error("a line with --quiet")
	}
	a := progressApp(&stderr, nil)
	a.errTerminal = false
	line := a.progressLine(false)
	line.set(1, 2) // no line is one that does nothing
	line.erase()
	if line != nil || stderr.Len() > 0 {
		t.Errorf("a line that is no terminal's: %q", &stderr)
	}
}
