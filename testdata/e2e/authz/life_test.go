package authz

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestKilled kills the plugin under load: the daemon lets nothing through while
// there is nobody to ask, and goes on as soon as there is.
func TestKilled(t *testing.T) {
	needDaemon(t)
	images := serveImages(t)
	g := newGuard(t, buildProgram(t), shortDir(t), images.policy())
	g.start()
	d := startDaemon(t, g.name)
	images.forget()
	pull := func(image string) string {
		return posted("/v1.41/images/create?fromImage="+images.host+"/"+image+"&tag=1", "", "")
	}
	var all sync.WaitGroup
	var stop atomic.Bool
	var answers, through atomic.Int64
	for range 4 {
		all.Go(func() {
			for !stop.Load() {
				got, err := d.raw(pull("bad"))
				if err == nil && got.code == 200 {
					through.Add(1)
				}
				answers.Add(1)
			}
		})
	}
	// dockerd asks again after ever longer pauses, so that it takes a while until a
	// plugin that is back answers.
	answered := func(more int64) {
		for until, end := answers.Load()+more, time.Now().Add(2*time.Minute); answers.Load() < until; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d requests have been answered, and no more are", answers.Load())
			}
		}
	}
	for range 3 {
		answered(8)
		g.kill(syscall.SIGKILL)
		time.Sleep(time.Second)
		g.start()
	}
	answered(8)
	stop.Store(true)
	all.Wait()
	if through.Load() > 0 {
		t.Errorf("%d of %d got through", through.Load(), answers.Load())
	}
	if got := images.fetched("bad"); len(got) > 0 {
		t.Errorf("the registry was asked for %q", got)
	}
	if got, err := d.raw(pull("ok")); err != nil || got.code != 200 {
		t.Errorf("what is allowed, after it all: %d %s, %v", got.code, got.body, err)
	}
	t.Logf("%d requests while the plugin was killed three times", answers.Load())
}

// TestReloaded changes the policy under load, on the plugin's socket and through
// the daemon: every request has an answer, that of one policy or the other.
func TestReloaded(t *testing.T) {
	needDaemon(t)
	images := serveImages(t)
	g := newGuard(t, buildProgram(t), shortDir(t), images.policy())
	g.start()
	d := startDaemon(t, g.name)
	policies := []string{images.policy(), `{"blacklist": ["/bad:"], "defaultAllow": true}`}
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				stopped <- n
				return
			case <-time.After(5 * time.Millisecond):
				g.write(policies[n%2])
				_ = g.process.Process.Signal(syscall.SIGHUP)
			}
		}
	}()
	const requests = 1000
	var next atomic.Int64
	var allowed, denied atomic.Int64
	client := g.client(8)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := next.Add(1); i <= requests; i = next.Add(1) {
				got, err := ask(client, images.host+"/other", "1")
				switch {
				case err != nil:
					t.Errorf("a request is lost: %v", err)
				case strings.Contains(got, `"Allow":true`):
					allowed.Add(1)
				case strings.Contains(got, "/other:1 is denied by the image policy: no whitelist entry matches"):
					denied.Add(1)
				default:
					t.Errorf("a strange answer: %s", got)
				}
				if i%20 == 0 { // slower, through the daemon
					got, err := d.raw(posted(fmt.Sprintf("/v1.41/images/create?fromImage=%s/bad&tag=1", images.host), "", ""))
					if err != nil || got.code != 403 || !strings.Contains(got.body, "blacklist entry") {
						t.Errorf("through the daemon: %d %s, %v", got.code, got.body, err)
					}
				}
			}
		})
	}
	all.Wait()
	close(stop)
	reloads := <-stopped
	if allowed.Load() == 0 || denied.Load() == 0 || allowed.Load()+denied.Load() != requests {
		t.Errorf("%d allowed, %d denied of %d", allowed.Load(), denied.Load(), requests)
	}
	t.Logf("%d allowed and %d denied while the policy changed %d times", allowed.Load(), denied.Load(), reloads)

	g.write("{")
	_ = g.process.Process.Signal(syscall.SIGHUP)
	for end := time.Now().Add(10 * time.Second); !strings.Contains(g.health(), "\npolicy "); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("/health is %q under a bad policy", g.health())
		}
	}
	if got, err := d.raw(posted("/v1.41/images/create?fromImage="+images.host+"/bad&tag=1", "", "")); err != nil || got.code != 403 {
		t.Errorf("under a bad policy: %d %s, %v", got.code, got.body, err)
	}
}
