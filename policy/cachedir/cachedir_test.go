package cachedir_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy/cachedir"
)

// TestSweep: what a process that was killed left behind goes, and what somebody else
// has there stays: the directory may be any.
func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := time.Now().Add(-2 * time.Hour)
	for name, stays := range map[string]bool{"tmp/notes.txt": true, "tmp/new-1": true, "tmp/imgpolicy-new-1": false, "imgpolicy-new-2": true, "tmp/imgpolicy-new-3/x": true} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{path, filepath.Dir(path)} {
			if err := os.Chtimes(p, old, old); err != nil {
				t.Fatal(err)
			}
		}
		d := cachedir.New(dir)
		if err := d.Write(d.Path("kept", filepath.Base(name)), []byte("text")); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
		if text, ok := cachedir.Read(d.Path("kept", filepath.Base(name)), 10); !ok || string(text) != "text" {
			t.Errorf("%s: %q, %v", name, text, ok)
		}
	}
	fresh := filepath.Join(dir, "tmp", "imgpolicy-new-4")
	if err := os.WriteFile(fresh, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := cachedir.New(dir)
	if err := d.Write(d.Path("x"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("what another process is writing is gone: %v", err)
	}
}
