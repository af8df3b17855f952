package source_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"user and password", "https://user:hunter2@h/x", "https://***@h/x"},
		{"http hides a user alone", "http://token@h/x", "http://***@h/x"},
		{"user and empty password", "https://token:@h", "https://***@h"},
		{"empty user", "https://:hunter2@h", "https://***@h"},
		{"upper-case scheme", "HTTPS://user:hunter2@h", "HTTPS://***@h"},
		{"mixed-case scheme", "Http://token@h", "Http://***@h"},
		{"user info with several @", "https://me@corp.example:hunter2@h/x", "https://***@h/x"},
		{"password with @", "https://user:p@ss@h/x", "https://***@h/x"},
		{"percent-encoded", "https://user:p%40ss%2Fword@h", "https://***@h"},
		{"apostrophe in a password", "https://us'er:hunter2@h/x", "https://***@h/x"},
		{"punctuation in a password", "https://u:a-._~!$&()*+,;=b@h", "https://***@h"},
		{"IPv6 host", "https://u:p@[::1]:80/x", "https://***@[::1]:80/x"},
		{"query with @ behind user info", "https://u:p@h?mail=a@b", "https://***@h?mail=a@b"},

		{"signed URL of Amazon", "https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Credential=AK%2F1&X-Amz-Signature=abc#f", "https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Credential=***&X-Amz-Signature=***#f"},
		{"signed URL of Azure", "see https://h/x?sv=1&sig=a%2Bb%3D, or", "see https://h/x?sv=1&sig=***, or"},
		{"token in a query, in any case", "curl 'https://h/x?Private_Token=abc'", "curl 'https://h/x?Private_Token=***'"},
		{"variable in a query", "https://h/x?token=${A:-b c}d&e=f", "https://h/x?token=***&e=f"},
		{"harmless query", "https://h/x?tokens=1&ref=a&signed=yes&mytoken=2", "https://h/x?tokens=1&ref=a&signed=yes&mytoken=2"},
		{"user info and query", "https://u:p@h/x?token=t", "https://***@h/x?token=***"},

		{"ssh hides the password", "ssh://git:hunter2@h/x", "ssh://git:***@h/x"},
		{"ssh with several colons", "ssh://git:a:b@h/x", "ssh://git:***@h/x"},
		{"git hides the password", "git://u:hunter2@h", "git://u:***@h"},
		{"ftp hides the password", "FTP://u:hunter2@h", "FTP://u:***@h"},
		{"git+https is https", "git+https://token@h/x", "git+https://***@h/x"},
		{"an option glued to a URL", "-ihttps://token@h/x", "-ihttps://***@h/x"},
		{"a variable glued to a URL", "A=https://token@h/x", "A=https://***@h/x"},

		{"variables", "https://${USER}:${TOKEN}@h/x", "https://***@h/x"},
		{"variables without braces", "https://$USER:$TOKEN@h/x", "https://***@h/x"},
		{"@ in a default", "https://${TOKEN:-a@b}@h/x", "https://***@h/x"},
		{"slash in a default", "https://${TOKEN:-a/b}@h/x", "https://***@h/x"},
		{"quote in a default", `https://${TOKEN:-"a b"}@h/x`, "https://***@h/x"},
		{"braces in braces", "https://${A:-${B:-a/b}}@h/x", "https://***@h/x"},
		{"brace that never closes", "https://${USER:hunter2@h/x", "https://***@h/x"},
		{"brace that never closes in ssh", "ssh://${USER:hunter2@h/x", "ssh://***@h/x"},
		{"ssh variables", "ssh://${USER}:${TOKEN}@h", "ssh://${USER}:***@h"},
		{"a URL in the default of a user", "ssh://${U:-https://u:hunter2}@h", "ssh://***@h"},
		{"variable scheme", "${SCHEME}://user:hunter2@h", "${SCHEME}://user:***@h"},

		{"slash in a password", "https://bot:pa/ss@host", "https://***@host"},
		{"slash in a password before a path", "https://bot:pa/ss@host/x", "https://***@host/x"},
		{"slash that ends a password", "https://bot:pa/@host/x", "https://***@host/x"},
		{"slash that begins a password", "https://bot:/pass@host/x", "https://***@host/x"},
		{"several slashes in a password", "https://bot:p/a/ss@host/x", "https://***@host/x"},
		{"question mark in a password", "https://bot:pa?ss@host/x", "https://***@host/x"},
		{"hash in a password", "https://bot:pa#ss@host/x", "https://***@host/x"},
		{"slash in a password of a user with @", "https://me@corp.example:pa/ss@host/x", "https://***@host/x"},
		{"slash in an ssh password", "ssh://git:pa/ss@host/x", "ssh://git:***@host/x"},
		{"slash in a password before a variable host", "https://bot:pa/ss@$H/x", "https://***@$H/x"},
		{"slash in a password, in a default", "${U:-https://bot:pa/ss@host}", "${U:-https://***@host}"},
		{"slash in a password, in a list", "['https://bot:pa/ss@host', 'a@b']", "['https://***@host', 'a@b']"},

		{"quotes in a word", `curl https://"user":"hunter2"@h/x "a@b"`, `curl https://***@h/x "a@b"`},
		{"quoted scheme", `curl "https"://user:hunter2@h/x`, `curl "https"://user:***@h/x`},
		{"several URLs", "https://a:b@h and ssh://a:b@h, http://c@h", "https://***@h and ssh://a:***@h, http://***@h"},
		{"URLs side by side", "https://a:b@h,https://c:d@h", "https://***@h,https://***@h"},
		{"URL within a URL", "https://a:b@h/https://c:d@h", "https://***@h/https://***@h"},
		{"double quotes", `["https://a:b@h", "c@d"]`, `["https://***@h", "c@d"]`},
		{"single quotes", `'https://a:b@h' 'c@d'`, `'https://***@h' 'c@d'`},
		{"lines", "https://a:b@h\nhttps://c:d@h\n", "https://***@h\nhttps://***@h\n"},
		{"twice", "https://***@h ssh://u:***@h", "https://***@h ssh://u:***@h"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := source.Redact(tt.text); got != tt.want {
				t.Errorf("Redact(%q) = %q, want %q", tt.text, got, tt.want)
			}
			if again := source.Redact(tt.want); again != tt.want {
				t.Errorf("Redact(%q) = %q, want it unchanged", tt.want, again)
			}
		})
	}
}

// TestRedactLeaves holds what has no credentials.
func TestRedactLeaves(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "://", "://a:b@h", "a://", "https://", "https://h", "https://@h",
		"https://h:8080/x", "https://h/@scope/pkg", "https://h/a:b@c", "https://h?mail=a@b", "https://h#a@b",
		"https://registry.npmjs.org/@types/node/-/node-1.tgz",
		"https://host/path@1.2", "https://host:8080/@scope/pkg", "https://host:8080/path@1.2", "https://[::1]/a:b@c", "https://[::1]:80/a@b",
		"https://registry.npmjs.org/@types%2fnode", "https://h:4873/pkg/-/pkg@1.2.3.tgz", "https://repo.maven.apache.org/maven2/org/x:y:1@jar",
		"https://h:$PORT/a@b", "https://${HOST}:${PORT}/@scope/pkg", "https://h:{{port}}/a@b", "git+ssh://git@github.com:o/r.git@v1",
		"https://h: see /x or me@example.com", "https://h:x/ https://h/@y", "https://localhost:80?mail=a@b", "https://h:port/x", "https://h:port/x@",
		"git@h:o/r", "git@h:o/r.git#main", "ssh://git@h/o/r", "ssh://git:@h/o/r", "git://h/r", "git://h:99/a@b",
		"ssh://${USER:-git}@h/r",
		"alpine:3@" + sha256, "ghcr.io/a/b:1@" + sha256, "user:pass@h", "me@example.com",
		"docker-image://docker.io/library/alpine:3@" + sha256,
		"docker-image://alpine:3@" + sha256,
		"docker-image://registry:5000/a@" + sha256,
		"oci-layout://layout:tag@" + sha256,
		"https://h and me@example.com", `"https://h","a@b"`, "'https://h','a@b'", "`https://h`,a@b", "https://h\n@b", "https://h\ta@b",
		"${A}://${B}/c", "https://${HOST:-a@b}/x",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if got := source.Redact(text); got != text {
				t.Errorf("Redact(%q) = %q, want it unchanged", text, got)
			}
			if got := source.UserInfo(text); got != nil {
				t.Errorf("UserInfo(%q) = %v, want none", text, got)
			}
		})
	}
}

func TestUserInfo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []string
	}{
		{"https://a:b@h/x", []string{"a:b"}},
		{"ssh://a:b@h/x", []string{"b"}},
		{"https://${U:-a@b}:${P}@h ssh://c@h git://d:e:f@h", []string{"${U:-a@b}:${P}", "e:f"}},
		{"é https://ü:ß@h", []string{"ü:ß"}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range source.UserInfo(tt.text) {
				got = append(got, tt.text[s[0]:s[1]])
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("UserInfo(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

// FuzzRedact holds Redact against net/url: what that takes for the user info
// of an http URL is gone, and all else is still there.
func FuzzRedact(f *testing.F) {
	for _, text := range []string{
		"https://user:hunter2@h/x", "HTTP://a@b@c:1/?q=@#@", "https://us'er:p@h", "ssh://u:p@h", "https://${A:-b@c}@h", "https://${A@h",
		"http://a@http://b@c", "ssh://a:b@ssh://c:d@e", "-ihttps://a@b", "https://h/@scope", "docker-image://a:1@sha256:00", "https://%40:%2f@[::1%25a]:1",
		"ssh://${a:-b}:c@h", "http://a://b@c", "'http://a'b@c'", "ssh://:a@h", "ssh://${:@${}:@",
		"ssh://${:@${@L\x03}:a@", "https://a:b/c@d", "ssh://a:b?c@d#e@f", "s://${a@b\x00s://$s:}t-/${/c}@x", "http://a:http://b@c",
		"ssh://${:@${\x8b:{:\x00{}:@@", "s://${s://e:p}@t:\x10}:B${/c}@x",
		"s://\xb9\xb9{s:/${s://}:p}@t':\x10}:B${/c}@x", "https://us';r:p@h",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := source.Redact(text)
		if again := source.Redact(got); again != got {
			t.Fatalf("Redact(%q) = %q, and again %q", text, got, again)
		}
		last := 0
		for _, s := range source.UserInfo(text) {
			if s[0] < last || s[1] <= s[0] || s[1] >= len(text) || text[s[1]] != '@' {
				t.Fatalf("UserInfo(%q) = %v", text, source.UserInfo(text))
			}
			last = s[1]
		}
		u, err := url.Parse(text)
		if err != nil || u.User == nil || u.User.String() == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return
		}
		_, rest, _ := strings.Cut(text, "://")
		authority := rest
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			authority = rest[:end]
		}
		at := strings.LastIndexByte(authority, '@')
		if want := "://***" + source.Redact(rest[at:]); !strings.HasSuffix(got, want) || len(got) != len(u.Scheme)+len(want) {
			t.Fatalf("Redact(%q) = %q, want the scheme and %q", text, got, want)
		}
	})
}
