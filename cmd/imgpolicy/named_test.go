package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSearchExcludes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{".git/HEAD", ".imgpolicy.json", "Dockerfile", "Dockerfile.rego", "old/Dockerfile"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		text := "FROM scratch\n"
		if name == ".imgpolicy.json" {
			text = "{}"
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	old := filepath.Join(dir, "old", "Dockerfile")
	everything := func(string) bool { return true }
	for _, tt := range []struct {
		name     string
		args     []string
		excluded func(string) bool
		force    bool
		want     []string
		skipped  []string
	}{
		{name: "nothing", args: []string{"."}, want: []string{"Dockerfile", "old/Dockerfile"}},
		{name: "in a directory", args: []string{"."}, excluded: func(p string) bool { return p == old }, want: []string{"Dockerfile"}},
		{name: "a whole directory", args: []string{"old"}, excluded: everything, skipped: []string{"old has excluded Dockerfiles only"}},
		{name: "named", args: []string{"old/Dockerfile"}, excluded: everything, want: []string{"old/Dockerfile"}},
		{name: "named and forced", args: []string{"old/Dockerfile"}, excluded: everything, force: true, skipped: []string{"old/Dockerfile is excluded"}},
		{name: "forced without a config", args: []string{"old/Dockerfile"}, force: true, want: []string{"old/Dockerfile"}},
		{name: "governed", args: []string{".imgpolicy.json"}, excluded: func(p string) bool { return p == old }, want: []string{"Dockerfile"}},
		{
			name: "all that is governed", args: []string{"Dockerfile.rego"}, excluded: func(p string) bool { return filepath.Ext(p) != ".rego" }, force: true,
			skipped: []string{"Dockerfile.rego governs excluded Dockerfiles only"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(dir)
			s.explicit.configs = &configs{dir: dir, chains: map[string]loadedChain{}, paths: map[string]foundPath{}, roots: map[string]string{}, seen: map[string]bool{}}
			s.excluded, s.forceExclude = tt.excluded, tt.force
			for _, arg := range tt.args {
				s.addPath(arg)
			}
			var got []string
			for _, f := range s.files {
				got = append(got, f.Name)
			}
			if !slices.Equal(got, tt.want) || !slices.Equal(s.explicit.skipped, tt.skipped) || s.failed != nil {
				t.Errorf("got %q, skipped %q, failed %v; want %q, skipped %q", got, s.explicit.skipped, s.failed, tt.want, tt.skipped)
			}
		})
	}
}
