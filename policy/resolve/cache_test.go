package resolve_test

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy"

	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

// filesOf are the files below a folder, which must be readable by us alone.
func filesOf(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", name, info.Mode())
		}
		if !e.IsDir() {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// counted is a registry with one image that counts requests.
func counted(t *testing.T) (host string, o resolve.Options, asked *atomic.Int32) {
	t.Helper()
	h := newRegistry()
	d := depot{t, h}
	d.index("app", "1", d.image("app", "linux/amd64", "core"))
	asked = &atomic.Int32{}
	host, roots := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		h.ServeHTTP(w, req)
	}))
	o = options(host, roots)
	o.CacheDir = filepath.Join(t.TempDir(), "cache")
	return host, o, asked
}

func ask(t *testing.T, o resolve.Options, ref string) error {
	t.Helper()
	r := resolve.New(o)
	defer r.Close()
	m, err := r.Metadata(t.Context(), policy.Question{Source: image(t, ref), Platform: "linux/amd64", Needs: []string{"image.labels"}})
	if err == nil && !strings.Contains(string(m.Image.Config), `"team":"core"`) {
		t.Errorf("%+v", m.Image)
	}
	return err
}

func TestCache(t *testing.T) {
	t.Parallel()
	host, o, asked := counted(t)
	now := time.Now()
	o.TagTTL, o.Now = time.Hour, func() time.Time { return now }
	for _, step := range []struct {
		name   string
		before func()
		asks   int32
	}{
		{"nothing is kept", func() {}, 4}, // the beginning, the index, the manifest, the config
		{"all is kept", func() {}, 0},
		{"the tag is old", func() { now = now.Add(2 * time.Hour) }, 2},
		{"the clock went back", func() { now = now.Add(-24 * time.Hour) }, 2},
		{"files are corrupt", func() {
			for _, f := range filesOf(t, o.CacheDir) {
				overwrite(t, f, "rubbish")
			}
		}, 4},
		{"they were written anew", func() {}, 0},
		{"files are others'", func() {
			for _, f := range filesOf(t, o.CacheDir) {
				if err := os.Chmod(f, 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}, 4},
		{"files are of another user", func() {
			for _, f := range filesOf(t, o.CacheDir) {
				if err := os.Chown(f, 65534, 65534); err != nil && os.Geteuid() == 0 {
					t.Fatal(err)
				} else if err != nil {
					_ = os.Remove(f) // only root can give a file away
				}
			}
		}, 4},
		{"files are links", func() {
			for _, f := range filesOf(t, o.CacheDir) {
				if err := errors.Join(os.Rename(f, f+".moved"), os.Symlink(f+".moved", f)); err != nil {
					t.Fatal(err)
				}
			}
		}, 4},
	} {
		step.before()
		asked.Store(0)
		if err := ask(t, o, host+"/app:1"); err != nil || asked.Load() != step.asks {
			t.Errorf("%s: %d requests, want %d; %v", step.name, asked.Load(), step.asks, err)
		}
	}
}

// TestCacheOfInsecure: what a host said that did not have to prove who it is
// counts for nobody who wants it to.
func TestCacheOfInsecure(t *testing.T) {
	t.Parallel()
	host, o, asked := counted(t)
	file := download(t, "https://"+host+"/v2/app/manifests/1", "")
	for _, step := range []struct {
		insecure []string
		asks     int32
	}{{[]string{host}, 5}, {[]string{host}, 0}, {nil, 3}, {nil, 0}} {
		o.Insecure, o.AllowPrivate = step.insecure, []string{host}
		asked.Store(0)
		r := resolve.New(o)
		_, err := r.Pin(t.Context(), file, "")
		r.Close()
		if err = errors.Join(err, ask(t, o, host+"/app:1")); err != nil || asked.Load() != step.asks {
			t.Errorf("insecure %q: %d requests, want %d; %v", step.insecure, asked.Load(), step.asks, err)
		}
	}
}

func overwrite(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCacheThatCannotBeWritten still has the right answer.
func TestCacheThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	host, o, _ := counted(t)
	file := filepath.Join(t.TempDir(), "file")
	overwrite(t, file, "")
	o.CacheDir = filepath.Join(file, "cache")
	r := resolve.New(o)
	defer r.Close()
	if _, err := r.Pin(t.Context(), image(t, host+"/app:1"), ""); err != nil {
		t.Fatal(err)
	}
	if err := r.CacheError(); err == nil || !strings.Contains(err.Error(), host+"/app:1 was looked up but could not be kept in the cache") {
		t.Errorf("%v", err)
	}
}

// TestFullDisk fills the cache's own file system, where one can be had.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	host, o, _ := counted(t)
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=4k,mode=700", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small file system can be mounted: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
	overwrite(t, filepath.Join(dir, "filling"), strings.Repeat("x", 4000))
	o.CacheDir = filepath.Join(dir, "cache")
	r := resolve.New(o)
	defer r.Close()
	if _, err := r.Pin(t.Context(), image(t, host+"/app:1"), ""); err != nil {
		t.Fatal(err)
	}
	if err := r.CacheError(); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("%v", err)
	}
	if files := filesOf(t, o.CacheDir); len(files) > 0 {
		t.Errorf("left %v", files)
	}
}

// TestOtherProcess is what TestTwoProcesses starts.
func TestOtherProcess(t *testing.T) {
	host, dir := os.Getenv("RESOLVE_TEST_HOST"), os.Getenv("RESOLVE_TEST_CACHE")
	if host == "" {
		t.Skip("it is part of TestTwoProcesses")
	}
	for range 20 {
		if err := ask(t, resolve.Options{Insecure: []string{host}, CacheDir: dir, TagTTL: time.Nanosecond}, host+"/app:1"); err != nil {
			t.Error(err)
		}
	}
}

// TestTwoProcesses lets processes write one cache at the same time, and kills
// one more again and again.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	host, o, asked := counted(t)
	start := func() *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOtherProcess$")
		cmd.Env = append(os.Environ(), "RESOLVE_TEST_HOST="+host, "RESOLVE_TEST_CACHE="+o.CacheDir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	one, two := start(), start()
	for i := range 5 {
		killed := start()
		time.Sleep(time.Duration(20+10*i) * time.Millisecond)
		_ = killed.Process.Kill()
		_ = killed.Wait()
	}
	if err := errors.Join(one.Wait(), two.Wait()); err != nil {
		t.Error(err)
	}
	asked.Store(0)
	o.TagTTL = time.Hour
	if err := ask(t, o, host+"/app:1"); err != nil || asked.Load() > 2 {
		t.Errorf("%d requests, %v", asked.Load(), err)
	}
	for _, f := range filesOf(t, filepath.Join(o.CacheDir, "blobs")) {
		text, err := os.ReadFile(f)
		if err != nil || !strings.HasSuffix(f, digestOf(text)) {
			t.Errorf("%s is not whole: %v", f, err)
		}
	}
}
