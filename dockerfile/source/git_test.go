package source_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

func TestParseGit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, word string
		id         string
		want       source.Git
	}{
		{
			"https", "https://h/o/r.git", "git://h/o/r.git",
			source.Git{Remote: "https://h/o/r.git", Scheme: "https", Host: "h", Path: "/o/r.git"},
		},
		{
			"http", "http://h/o/r.git", "git://h/o/r.git",
			source.Git{Remote: "http://h/o/r.git", Scheme: "http", Host: "h", Path: "/o/r.git"},
		},
		{
			"ssh needs no suffix", "ssh://git@h/o/r", "git://h/o/r",
			source.Git{Remote: "ssh://git@h/o/r", Scheme: "ssh", Host: "h", Path: "/o/r"},
		},
		{
			"git needs no suffix", "git://h/o/r", "git://h/o/r",
			source.Git{Remote: "git://h/o/r", Scheme: "git", Host: "h", Path: "/o/r"},
		},
		{
			"scheme in upper case", "HTTPS://Host/o/r.git", "git://Host/o/r.git",
			source.Git{Remote: "https://Host/o/r.git", Scheme: "https", Host: "Host", Path: "/o/r.git"},
		},
		{
			"port", "ssh://git@h:2222/r.git", "git://h:2222/r.git",
			source.Git{Remote: "ssh://git@h:2222/r.git", Scheme: "ssh", Host: "h:2222", Path: "/r.git"},
		},
		{
			"credentials stay in the remote alone", "https://u:p@h/r.git#v1", "git://h/r.git#v1",
			source.Git{Remote: "https://u:p@h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Ref: "v1"},
		},
		{
			"doubled slashes are cleaned in the identifier alone", "https://h//a//b.git", "git://h/a/b.git",
			source.Git{Remote: "https://h//a//b.git", Scheme: "https", Host: "h", Path: "//a//b.git"},
		},
		{
			"dots are cleaned in the identifier alone", "https://h/a/../b.git", "git://h/b.git",
			source.Git{Remote: "https://h/a/../b.git", Scheme: "https", Host: "h", Path: "/a/../b.git"},
		},
		{
			"escapes are decoded in the path", "https://h/a%20b.git", "git://h/a b.git",
			source.Git{Remote: "https://h/a%20b.git", Scheme: "https", Host: "h", Path: "/a b.git"},
		},
		{
			"any file named .git", "https://h/.git", "git://h/.git",
			source.Git{Remote: "https://h/.git", Scheme: "https", Host: "h", Path: "/.git"},
		},

		{
			"scp style", "git@h:o/r", "git://h/o/r",
			source.Git{Remote: "git@h:o/r", Scheme: "ssh", Host: "h", Path: "o/r"},
		},
		{
			"scp style with any user and a fragment", "deploy_1-x@h.example:o/r.git#main:sub", "git://h.example/o/r.git#main:sub",
			source.Git{Remote: "deploy_1-x@h.example:o/r.git", Scheme: "ssh", Host: "h.example", Path: "o/r.git", Ref: "main", Subdir: "sub"},
		},
		{
			"scp style with a query", "git@h:o/r.git?tag=v1", "git://h/o/r.git#refs/tags/v1",
			source.Git{Remote: "git@h:o/r.git", Scheme: "ssh", Host: "h", Path: "o/r.git", Ref: "refs/tags/v1"},
		},
		{
			"scp style has no port", "git@h:2222/r", "git://h/2222/r",
			source.Git{Remote: "git@h:2222/r", Scheme: "ssh", Host: "h", Path: "2222/r"},
		},

		{
			"ref", "https://h/r.git#feature/x", "git://h/r.git#feature/x",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Ref: "feature/x"},
		},
		{
			"empty fragment", "https://h/r.git#", "git://h/r.git",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git"},
		},
		{
			"directory without a ref", "https://h/r.git#:a/b", "git://h/r.git#:a/b",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Subdir: "a/b"},
		},
		{
			"directory is cleaned", "https://h/r.git#main:/a//b/./c/", "git://h/r.git#main:a/b/c",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Ref: "main", Subdir: "a/b/c"},
		},
		{
			"directory cannot escape", "https://h/r.git#main:../../etc", "git://h/r.git#main:etc",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Ref: "main", Subdir: "etc"},
		},
		{
			"directory that is all", "https://h/r.git#main:.", "git://h/r.git#main",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Ref: "main"},
		},
		{
			"second colon belongs to the directory", "https://h/r.git#main:a:b", "git://h/r.git#main:a:b",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Ref: "main", Subdir: "a:b"},
		},

		{
			"?ref", "https://h/r.git?ref=main", "git://h/r.git#main",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Ref: "main"},
		},
		{
			"?ref equal to the fragment", "https://h/r.git?ref=main#main", "git://h/r.git#main",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Ref: "main"},
		},
		{
			"?tag in full", "https://h/r.git?tag=refs/tags/v1", "git://h/r.git#refs/tags/v1",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Ref: "refs/tags/v1"},
		},
		{
			"?branch", "https://h/r.git?branch=dev", "git://h/r.git#refs/heads/dev",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Ref: "refs/heads/dev"},
		},
		{
			"?subdir", "https://h/r.git?subdir=a/b", "git://h/r.git#:a/b",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Subdir: "a/b"},
		},
		{
			"?checksum", "https://h/r.git?checksum=" + commit + "#v1", "git://h/r.git#v1",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Ref: "v1", Checksum: commit},
		},
		{
			"?commit", "https://h/r.git?commit=abc", "git://h/r.git",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", Checksum: "abc"},
		},
		{
			"?keep-git-dir without a value", "https://h/r.git?keep-git-dir", "git://h/r.git",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", KeepGitDir: true, KeepGitDirSet: true},
		},
		{
			"?keep-git-dir=false", "https://h/r.git?keep-git-dir=false", "git://h/r.git",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", KeepGitDirSet: true},
		},
		{
			"?submodules=0", "https://h/r.git?submodules=0", "git://h/r.git",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", SkipSubmodules: true},
		},
		{
			"?submodules without a value", "https://h/r.git?submodules", "git://h/r.git",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git"},
		},
		{
			"?mtime", "https://h/r.git?mtime=commit", "git://h/r.git",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", MTime: "commit"},
		},
		{
			"?fetch-by-commit", "https://h/r.git?fetch-by-commit=1&commit=" + commit, "git://h/r.git",
			source.Git{Remote: "https://h/r.git", Scheme: "https", Host: "h", Path: "/r.git", FetchByCommit: true, Checksum: commit},
		},

		{
			"nothing but a scheme is a host", "ssh://", "git://ssh:/",
			source.Git{Remote: "https://ssh:", Scheme: "https", Host: "ssh:"},
		},
		{
			"shorthand", "github.com/o/r", "git://github.com/o/r",
			source.Git{Remote: "https://github.com/o/r", Scheme: "https", Host: "github.com", Path: "/o/r", Shorthand: true},
		},
		{
			"shorthand with a fragment", "github.com/o/r.git#main:sub", "git://github.com/o/r.git#main:sub",
			source.Git{Remote: "https://github.com/o/r.git", Scheme: "https", Host: "github.com", Path: "/o/r.git", Ref: "main", Subdir: "sub", Shorthand: true},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, isGit, err := source.ParseGit(tt.word)
			if !isGit || err != nil {
				t.Fatalf("ParseGit(%q) = %v, %v; want a git reference", tt.word, isGit, err)
			}
			if got != tt.want {
				t.Errorf("ParseGit(%q) = %+v\nwant %+v", tt.word, got, tt.want)
			}
			if got.Identifier() != tt.id {
				t.Errorf("ParseGit(%q).Identifier = %q, want %q", tt.word, got.Identifier(), tt.id)
			}
			if !source.IsGit(tt.word) || got.Kind() != "git" {
				t.Errorf("IsGit(%q) = %v, Kind %q; want true, git", tt.word, source.IsGit(tt.word), got.Kind())
			}
		})
	}
}

func TestParseGitIsNoGit(t *testing.T) {
	t.Parallel()
	for _, word := range []string{
		"", ".", "src", "/src", "./r.git", "../r.git", "./git@h:r", "../github.com/o/r",
		"https://h/r", "https://h/r.git/", "https://h/r.zip?x=.git", "https://h/r.GIT", "https://h#r.git", "http://h",
		"ftp://h/r.git", "file:///r.git", "git+https://h/r.git", "oci://h/r.git", "://h/r.git",
		"https://h:port/r.git", "https://h/%zz.git",
		"h:o/r", "git@h", "git@h/o/r", "u:p@h:o/r", "a.b@h:o/r", "git@h_x:o/r", "@h:r", "git@:r",
		"git@h:r?%zz", "Github.com/o/r", "gitlab.com/o/r.git", "https:/h/r.git",
		"alpine:3@" + sha256, "git@h:a\nb", "github.com/%zz",
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			got, isGit, err := source.ParseGit(word)
			if isGit || err != nil || got != (source.Git{}) {
				t.Errorf("ParseGit(%q) = %+v, %v, %v; want no git reference and no error", word, got, isGit, err)
			}
			if source.IsGit(word) {
				t.Errorf("IsGit(%q) = true", word)
			}
		})
	}
}

func TestParseGitRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ query, want string }{
		{"?token=a", `unexpected query "token"`},
		{"?token", `query "token" has no value`},
		{"?Ref=a", `unexpected query "Ref"`},
		{"?ref=", `query "ref" has no value`},
		{"?ref=a&ref=b", `query "ref" has multiple values`},
		{"?ref=v2#v1", `ref conflicts: "v1" vs "v2"`},
		{"?tag=v2#v1", `ref conflicts: "v1" vs "refs/tags/v2"`},
		{"?branch=b#v1", `ref conflicts: "v1" vs "refs/heads/b"`},
		{"?subdir=b#:a", `subdir conflicts: "a" vs "b"`},
		{"?tag=a&branch=b", "branch conflicts with tag"},
		{"?keep-git-dir=x", `invalid keep-git-dir value: "x"`},
		{"?submodules=x", `invalid submodules value: "x"`},
		{"?fetch-by-commit=x", `invalid fetch-by-commit value: "x"`},
		{"?mtime=x", `invalid mtime value: "x" (must be "checkout" or "commit")`},
		{"?mtime", `query "mtime" has no value`},
	}
	for _, tt := range tests {
		for _, remote := range []string{"https://h/r.git", "ssh://h/r", "git@h:r"} {
			word := remote + tt.query
			t.Run(word, func(t *testing.T) {
				t.Parallel()
				got, isGit, err := source.ParseGit(word)
				if !isGit || err == nil || err.Error() != tt.want || got != (source.Git{}) {
					t.Errorf("ParseGit(%q) = %+v, %v, %v; want the error %s", word, got, isGit, err, tt.want)
				}
				if source.IsGit(word) {
					t.Errorf("IsGit(%q) = true, want false for what the build refuses", word)
				}
			})
		}
	}
}

func TestGitAttrs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, word string
		want       map[string]string // besides those every git source has
	}{
		{"https", "https://u:p@h/r.git#v1:sub", map[string]string{"git.fullurl": "https://u:p@h/r.git"}},
		{"ssh", "ssh://git@h/r", map[string]string{"git.fullurl": "ssh://git@h/r", "git.mountsshsock": "default"}},
		{"scp style", "git@h:r", map[string]string{"git.fullurl": "git@h:r", "git.mountsshsock": "default"}},
		{"ssh in upper case", "SSH://git@h/r", map[string]string{"git.fullurl": "ssh://git@h/r", "git.mountsshsock": "default"}},
		{"shorthand", "github.com/o/r", map[string]string{"git.fullurl": "https://github.com/o/r"}},
		{"everything", "git://h/r?keep-git-dir=1&submodules=0&mtime=checkout&checksum=abc&fetch-by-commit", map[string]string{
			"git.fullurl": "git://h/r", "git.keepgitdir": "true", "git.skipsubmodules": "true",
			"git.mtime": "checkout", "git.checksum": "abc", "git.fetchbycommit": "true",
		}},
		{"everything off", "git://h/r?keep-git-dir=0&submodules=1&fetch-by-commit=0", map[string]string{"git.fullurl": "git://h/r"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g, isGit, err := source.ParseGit(tt.word)
			if !isGit || err != nil {
				t.Fatalf("ParseGit(%q) = %v, %v", tt.word, isGit, err)
			}
			want := maps.Clone(tt.want)
			want["git.authtokensecret"], want["git.authheadersecret"] = "GIT_AUTH_TOKEN", "GIT_AUTH_HEADER"
			if got := g.Attrs(); !maps.Equal(got, want) {
				t.Errorf("ParseGit(%q).Attrs = %v\nwant %v", tt.word, got, want)
			}
		})
	}
}

func TestGitPinnedAndTagLike(t *testing.T) {
	t.Parallel()
	tests := []struct {
		ref, checksum   string
		pinned, tagLike bool
	}{
		{"", "", false, false},
		{commit, "", true, false},
		{hex64, "", true, false},
		{strings.ToUpper(commit), "", false, false},
		{commit[:39], "", false, false},
		{commit[:12], "", false, false},
		{commit + "\n", "", false, false},
		{"main", commit, true, false},
		{"main", commit[:12], false, false},
		{"main", strings.ToUpper(commit), false, false},
		{"refs/tags/x", "", false, true},
		{"refs/heads/v1", "", false, false},
		{"v1", "", false, true},
		{"1", "", false, true},
		{"1.2", "", false, true},
		{"v1.2.3", "", false, true},
		{"v1.2.3-rc1", "", false, true},
		{"v1.2.3+build.5", "", false, true},
		{"v1.2.3_a", "", false, true},
		{"v", "", false, false},
		{"vnext", "", false, false},
		{"v1.x", "", false, true},
		{"1.", "", false, false},
		{"release/1.2", "", false, false},
		{"main", "", false, false},
		{"v1 ", "", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.ref+" "+tt.checksum, func(t *testing.T) {
			t.Parallel()
			g := source.Git{Ref: tt.ref, Checksum: tt.checksum}
			if got := g.Pinned(); got != tt.pinned {
				t.Errorf("Git{Ref: %q, Checksum: %q}.Pinned = %v, want %v", tt.ref, tt.checksum, got, tt.pinned)
			}
			if got := g.TagLike(); got != tt.tagLike {
				t.Errorf("Git{Ref: %q}.TagLike = %v, want %v", tt.ref, got, tt.tagLike)
			}
			if got, want := source.IsCommit(tt.ref), tt.pinned && tt.checksum == ""; got != want {
				t.Errorf("IsCommit(%q) = %v, want %v", tt.ref, got, want)
			}
		})
	}
}

// FuzzParseGit holds ParseGit, with its cheap test in front, against BuildKit.
func FuzzParseGit(f *testing.F) {
	for _, word := range []string{
		"", "src", "./git@h:r", "https://h/r.git", "HTTPS://h/r.git#a:b", "https://h/r.git?token=a", "https://u:p@h/r.git",
		"git@h:r?tag=v1#x", "git@h:", "ssh://h", "git://h/r?subdir=%2e%2e", "github.com/o/r#:..", "github.com/", "github.com/?ref=a",
		"github.com//evil.example/r", "a@b:c", "https://[::1]:80/r.git", "git@h:a%20b", "git@h:r#a?b", "ssh://h/a#b#c", "https://h/a%2fb.git",
		"ssh:///r", "git://h:/r", "http://%41/r.git",
	} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		want, wantGit, wantErr := dfgitutil.ParseGitRef(word)
		got, isGit, err := source.ParseGit(word)
		if isGit != wantGit {
			t.Fatalf("ParseGit(%q) is git: %v, BuildKit says %v", word, isGit, wantGit)
		}
		// The error of a query with several faults depends on map order.
		if refused := wantGit && wantErr != nil; refused != (err != nil) {
			t.Fatalf("ParseGit(%q): %v, BuildKit says %v", word, err, wantErr)
		}
		if !isGit || err != nil {
			return
		}
		if got.Ref != want.Ref || got.Subdir != want.SubDir || got.Checksum != want.Checksum ||
			got.MTime != want.MTime || got.FetchByCommit != want.FetchByCommit || got.Shorthand != want.IndistinguishableFromLocal {
			t.Fatalf("ParseGit(%q) = %+v, BuildKit says %+v", word, got, want)
		}
		if got.Remote != want.Remote && got.Remote != "https://"+want.Remote {
			t.Fatalf("ParseGit(%q).Remote = %q, BuildKit says %q", word, got.Remote, want.Remote)
		}
		if id := got.Identifier(); !strings.HasPrefix(id, "git://"+got.Host+"/") {
			t.Fatalf("ParseGit(%q).Identifier = %q", word, id)
		}
		if got.Scheme == "" {
			t.Fatalf("ParseGit(%q) has no scheme", word)
		}
	})
}
