package regex

import (
	"slices"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// A host has many names. What denies one of them denies all; what allows one
// allows it alone.
func TestDecideOtherHosts(t *testing.T) {
	t.Parallel()
	remote := func(text string) source.Source {
		if g, isGit, err := source.ParseGit(text); isGit && err == nil {
			return g
		}
		h, err := source.ParseHTTP(text, "")
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	denies := mustLoad(t, `{"defaultAllow":true,"blacklist":["^evil\\.example/","^evil\\.example:5000/","^docker\\.io/library/bad:","^https?://evil\\.example/","^evil\\.example:o/","^git://evil\\.example/"]}`)
	allows := mustLoad(t, `{"whitelist":["^evil\\.example/","^docker\\.io/library/bad:"]}`)
	for _, src := range []source.Source{
		mustImage(t, "EVIL.example/a:1"), mustImage(t, "evil.EXAMPLE/a/b"+digestA), mustImage(t, "evil.example:443/a:1"), mustImage(t, "Evil.Example:0443/a:1"),
		mustImage(t, "EVIL.example:5000/a"), mustImage(t, "DOCKER.IO/bad:1"), mustImage(t, "registry-1.docker.io/library/bad:1"),
		mustImage(t, "Registry.Hub.Docker.com/library/bad"), mustImage(t, "index.docker.io/bad:1"),
		remote("https://EVIL.example/x"), remote("https://evil.example:443/x?a"), remote("http://evil.example.:80/x"), remote("https://u:p@Evil.example/x"),
		remote("https://ＥＶＩＬ.example/x"), remote("http://evil.example:0080/x"),
		remote("https://EVIL.example/x.git"), remote("ssh://git@evil.example:22/x.git"), remote("git@EVIL.example:o/x.git"),
	} {
		d := decide(t, denies, src)
		if d.Outcome != policy.Deny || len(d.Notes) != 1 {
			t.Errorf("%s: %+v", src.Identifier(), d)
		}
		if img, ok := src.(source.Image); ok && img.Host() != "docker.io" {
			if d := decide(t, allows, src); d.Outcome != policy.Deny {
				t.Errorf("%s is allowed: %+v", src.Identifier(), d)
			}
		}
	}
	for _, src := range []source.Source{
		mustImage(t, "evil.example:80/a:1"), mustImage(t, "EVIL.example:5001/a"), mustImage(t, "registry-2.docker.io/library/bad:1"),
		remote("https://evil.example:80/x"), remote("http://EVIL.example:443/x"), remote("https://host/EVIL.example/x"), remote("https://host?https://EVIL.example/x"),
	} {
		if d := decide(t, denies, src); d.Outcome != policy.Allow {
			t.Errorf("%s: %+v", src.Identifier(), d)
		}
	}
}

// What hits by another name of the host is not unused.
func TestWatchOtherHosts(t *testing.T) {
	t.Parallel()
	watch := mustLoad(t, `{"defaultAllow":true,"whitelist":["^evil\\.example/"],"blacklist":["^evil\\.example/"]}`).(policy.Watcher).Watch()
	watch.Asked(mustImage(t, "EVIL.example/a:1"))
	unused, _ := watch.Unused()
	if len(unused) != 1 || !slices.ContainsFunc(unused, func(f policy.Flaw) bool { return f.Message[:len("whitelist")] == "whitelist" }) {
		t.Errorf("unused: %+v", unused)
	}
}
