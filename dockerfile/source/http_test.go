package source_test

import (
	"maps"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

func TestParseHTTPFilename(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, url, want string }{
		{"last part", "https://h/a/tool.tgz", "tool.tgz"},
		{"no path", "https://h", "__unnamed__"},
		{"root", "https://h/", "__unnamed__"},
		{"slashes only", "https://h///", "__unnamed__"},
		{"slash at the end", "https://h/a/dir/", "dir"},
		{"query is no name", "https://h/get?file=x.tgz", "get"},
		{"query alone", "https://h/?file=x.tgz", "__unnamed__"},
		{"fragment is no name", "https://h/a.txt#b/c.txt", "a.txt"},
		{"escapes are decoded", "https://h/a%20b.txt", "a b.txt"},
		{"an escaped slash divides", "https://h/a%2Fb.txt", "b.txt"},
		{"dot", "https://h/a/.", "__unnamed__"},
		{"two dots", "https://h/a/..", ".."},
		{"blank", "https://h/a b.txt", "a b.txt"},
		{"credentials", "https://u:p@h/x@y.txt", "x@y.txt"},
		{"bad escape", "https://h/%zz.txt", "__unnamed__"},
		{"bad port", "https://h:port/x.txt", "__unnamed__"},
		{"non-ASCII", "https://h/é.txt", "é.txt"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, err := source.ParseHTTP(tt.url, "")
			if err != nil {
				t.Fatal(err)
			}
			if h.Filename != tt.want {
				t.Errorf("ParseHTTP(%q).Filename = %q, want %q", tt.url, h.Filename, tt.want)
			}
			if h.Identifier() != tt.url {
				t.Errorf("ParseHTTP(%q).Identifier = %q, want the URL byte for byte", tt.url, h.Identifier())
			}
			if want := map[string]string{"http.filename": tt.want}; !maps.Equal(h.Attrs(), want) {
				t.Errorf("ParseHTTP(%q).Attrs = %v, want %v", tt.url, h.Attrs(), want)
			}
			if h.Kind() != "http" || h.Pinned() {
				t.Errorf("ParseHTTP(%q): Kind %q, Pinned %v; want http, false", tt.url, h.Kind(), h.Pinned())
			}
		})
	}
}

func TestParseHTTPChecksum(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, checksum, err string }{
		{"sha256", sha256, ""},
		{"sha512", sha512, ""},
		{"no algorithm", hex64, "invalid checksum digest format"},
		{"too short", "sha256:abc", "invalid checksum digest length"},
		{"too long", sha256 + "0", "invalid checksum digest length"},
		{"upper case", "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "invalid checksum digest format"},
		{"md5", "md5:d41d8cd98f00b204e9800998ecf8427e", "unsupported digest algorithm"},
		{"no digits", "sha256:", "invalid checksum digest format"},
		{"commit", "0123456789012345678901234567890123456789", "invalid checksum digest format"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, err := source.ParseHTTP("https://h/x", tt.checksum)
			if tt.err != "" {
				if err == nil || err.Error() != tt.err || h.Pinned() {
					t.Errorf("ParseHTTP(…, %q) = %v, %v; want error %s", tt.checksum, h, err, tt.err)
				}
				return
			}
			if err != nil || !h.Pinned() || h.Attrs()["http.checksum"] != tt.checksum {
				t.Errorf("ParseHTTP(…, %q) = %v, %v; want it pinned", tt.checksum, h.Attrs(), err)
			}
		})
	}
}

func TestIsHTTP(t *testing.T) {
	t.Parallel()
	tests := []struct {
		word string
		want bool
	}{
		{"http://h/x", true},
		{"https://h/x", true},
		{"https://", true},
		{"https://h/x.git/", true},
		{"https://h/x.gitx", true},
		{"https://h/x.git", false},
		{"https://h/x.git#main", false},
		{"https://h/x?y=.git", true},
		{"HTTPS://h/x", false},
		{"Http://h/x", false},
		{"ftp://h/x", false},
		{"h/x", false},
		{" https://h/x", false},
		{"", false},
	}
	for _, tt := range tests {
		t.Run(tt.word, func(t *testing.T) {
			t.Parallel()
			if got := source.IsHTTP(tt.word); got != tt.want {
				t.Errorf("IsHTTP(%q) = %v, want %v", tt.word, got, tt.want)
			}
		})
	}
}
