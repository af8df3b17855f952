package authz

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var soak = flag.Duration("soak", 0, "how long TestSoak asks")

// perSecond is how many requests TestSoak makes in a second, and connections how
// many it makes at a time.
const (
	perSecond   = 10_000
	connections = 16
)

// TestSoak asks a plugin for a long time, and prints what it takes. Only the answers
// are judged: how long they take depends on what else the machine does.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("skipped: run it with make soak-authz D=10m")
	}
	if _, err := os.Stat("/proc/self/status"); err != nil || os.Getuid() != 0 {
		t.Skip("skipped: it takes Linux and root")
	}
	g := newGuard(t, buildProgram(t), shortDir(t), `{"whitelist": ["^alpine:"]}`)
	g.start("--audit", "/dev/null")
	pid := g.process.Process.Pid
	client := g.client(connections)
	const tick = time.Millisecond
	work := make(chan bool, 1000)
	var mu sync.Mutex
	var took []time.Duration
	done := 0
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			var own []time.Duration
			for allowed := range work {
				image := "busybox"
				if allowed {
					image = "alpine"
				}
				start := time.Now()
				got, err := ask(client, image, "1")
				if err != nil || strings.Contains(got, `"Allow":true`) != allowed {
					t.Errorf("%s: %s, %v", image, got, err)
					return
				}
				if own = append(own, time.Since(start)); len(own) == 1000 {
					mu.Lock()
					took, done, own = append(took, own...), done+len(own), own[:0]
					mu.Unlock()
				}
			}
		})
	}
	report := func(at time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		if slices.Sort(took); len(took) > 0 {
			t.Logf("%8s: %d decisions, p50 %v, p99 %v, most %v, memory %s", at.Round(time.Second), done,
				took[len(took)/2].Round(time.Microsecond), took[len(took)*99/100].Round(time.Microsecond), took[len(took)-1].Round(time.Microsecond), memory(pid))
		}
		took = took[:0]
	}
	t.Logf("before: memory %s", memory(pid))
	start := time.Now()
	every := *soak / 10
	next := every
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for n := 0; time.Since(start) < *soak && !t.Failed(); {
		<-ticker.C
		for due := int(time.Since(start).Seconds() * perSecond); n < due; n++ {
			work <- n%2 == 0
		}
		if since := time.Since(start); since >= next {
			report(since)
			next += every
		}
	}
	close(work)
	all.Wait()
	report(time.Since(start))
}

// memory is what a process has in memory, and the most it had.
func memory(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return err.Error()
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && (f[0] == "VmRSS:" || f[0] == "VmHWM:") {
			out = append(out, strings.Join(f, " "))
		}
	}
	return strings.Join(out, ", ")
}
