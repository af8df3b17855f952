package export

import (
	"regexp"
	"testing"
)

func TestBothSpelled(t *testing.T) {
	t.Parallel()
	tests := []struct {
		entry        string
		hits, misses []string
	}{
		{`^alpine:`, []string{"alpine:3", "docker.io/library/alpine:3"}, []string{"quay.io/alpine:3", "docker.io/acme/alpine:3", "x/alpine:3"}},
		{`^docker\.io/library/node:20$`, []string{"node:20", "docker.io/library/node:20"}, []string{"docker.io/acme/node:20", "node:20-slim"}},
		{`^docker.io/acme/`, []string{"acme/x:1", "docker.io/acme/x:1"}, []string{"quay.io/acme/x:1"}},
		{`^(docker\.io/library/)?busybox[:@]`, []string{"busybox:1", "docker.io/library/busybox@sha256:1"}, []string{"x/busybox:1"}},
		{`^ghcr\.io/acme/`, []string{"ghcr.io/acme/x:1"}, []string{"docker.io/ghcr.io/acme/x:1", "docker.io/library/ghcr.io/acme/x:1"}},
		{`^localhost/x`, []string{"localhost/x:1"}, []string{"docker.io/localhost/x:1"}},
		{`^a:|^b:`, []string{"a:1", "docker.io/library/b:1"}, []string{"c:1", "x/a:1"}},
		{`^(a|b):`, []string{"a:1", "docker.io/library/b:1"}, []string{"c:1"}},
		{`evil`, []string{"evil:1", "docker.io/acme/evil:1"}, []string{"good:1"}},
		{`[|]x|^a\|:`, []string{"a|:1", "y|x"}, []string{"a:1"}},
		{`[]|^]y`, []string{"|y", "]y"}, []string{"y"}},
	}
	for _, tt := range tests {
		got := bothSpelled(tt.entry)
		re, err := regexp.Compile(got)
		if err != nil {
			t.Errorf("%s becomes %s: %v", tt.entry, got, err)
			continue
		}
		for _, text := range tt.hits {
			if !re.MatchString(text) {
				t.Errorf("%s becomes %s, which does not hit %s", tt.entry, got, text)
			}
		}
		for _, text := range tt.misses {
			if re.MatchString(text) {
				t.Errorf("%s becomes %s, which hits %s", tt.entry, got, text)
			}
		}
	}
}

func TestPrefixEntry(t *testing.T) {
	t.Parallel()
	tests := []struct {
		prefix       string
		hits, misses []string
	}{
		{"docker.io", []string{"alpine:3", "docker.io/library/alpine:3", "acme/x:1", "a/b/c@sha256:1", "localhosts/x:1", "local/x:1"}, []string{"quay.io/x:1", "localhost/x:1", "localhost:5000/x:1", "host.example/x:1", "host:5000/x/y:1"}},
		{"docker.io/library", []string{"alpine:3", "docker.io/library/alpine:3"}, []string{"acme/x:1", "docker.io/acme/x:1"}},
		{"docker.io/acme", []string{"acme/x:1", "docker.io/acme/x:1"}, []string{"acme-x/y:1", "quay.io/acme/x:1"}},
		{"quay.io/acme", []string{"quay.io/acme/x:1"}, []string{"quay.io/acme-x/y:1", "quayxio/acme/x:1"}},
		{"*.pkg.example", []string{"a.pkg.example/x:1"}, []string{"pkg.example/x:1", "x/a.pkg.example/y:1"}},
	}
	for _, tt := range tests {
		re := regexp.MustCompile(prefixEntry(tt.prefix))
		for _, text := range tt.hits {
			if !re.MatchString(text) {
				t.Errorf("%s becomes %s, which does not hit %s", tt.prefix, re, text)
			}
		}
		for _, text := range tt.misses {
			if re.MatchString(text) {
				t.Errorf("%s becomes %s, which hits %s", tt.prefix, re, text)
			}
		}
	}
}

// FuzzBothSpelled asks that an entry goes on hitting what it hit, and that it
// stays an expression.
func FuzzBothSpelled(f *testing.F) {
	for _, seed := range [][2]string{{"^alpine:", "alpine:3"}, {"^a|^b", "b"}, {`^docker\.io/library/x`, "docker.io/library/x"}, {"[]|^]y", "|y"}, {"(a|b)c", "bc"}, {"^(docker.io/)?x|y", "x"}, {"^*-", "-"}, {"^docker.io/x", "docker_io/x"}, {"^?x", "yx"}, {"^(docker.io/x)", "docker.io/x"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, entry, text string) {
		was, err := regexp.Compile(entry)
		if err != nil || len(entry) > 100 {
			return
		}
		is, err := regexp.Compile(bothSpelled(entry))
		if err != nil {
			t.Fatalf("%q becomes %q: %v", entry, bothSpelled(entry), err)
		}
		if was.MatchString(text) && !is.MatchString(text) {
			t.Errorf("%q hits %q, and %q does not", entry, text, is)
		}
	})
}
