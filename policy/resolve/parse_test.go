package resolve

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/cachedir"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// TestAddressesOfLiterals: what the C library takes for an address is not looked
// up as a name, which could be one in a search domain.
func TestAddressesOfLiterals(t *testing.T) {
	t.Parallel()
	g := &guard{allowed: func(host) bool { return false }}
	for _, name := range []string{"127.1", "0x7f.1", "2130706433", "::ffff:127.0.0.1"} {
		if _, err := g.addresses(t.Context(), host{name, "443"}); !errors.Is(err, ErrPrivateAddress) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if found, err := g.addresses(t.Context(), host{"0x1010101", "443"}); err != nil || len(found) != 1 || found[0].String() != "1.1.1.1" {
		t.Errorf("%v, %v", found, err)
	}
}

func TestIsPrivate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"1.1.1.1": false, "8.8.8.8": false, "172.32.0.1": false, "172.15.0.1": false, "100.63.255.255": false, "100.128.0.1": false,
		"2606:4700::1111": false, "64:ff9b::808:808": false, "2002:808:808::1": false, "::ffff:8.8.8.8": false, "2a00:1450::1": false,
		"0.0.0.0": true, "0.1.2.3": true, "10.0.0.1": true, "127.0.0.1": true, "127.9.9.9": true, "169.254.169.254": true,
		"172.16.0.1": true, "172.31.255.255": true, "192.168.1.1": true, "100.64.0.1": true, "100.100.100.200": true, "198.18.0.1": true,
		"192.0.0.8": true, "224.0.0.1": true, "240.0.0.1": true, "255.255.255.255": true, "168.63.129.16": true,
		"::": true, "::1": true, "::7f00:1": true, "fe80::1": true, "fe80::1%eth0": true, "fc00::1": true, "fd00:ec2::254": true, "fec0::1": true, "ff02::1": true,
		"::ffff:127.0.0.1": true, "::ffff:10.0.0.1": true, "::ffff:0:10.0.0.1": true, "64:ff9b::a9fe:a9fe": true, "64:ff9b::7f00:1": true, "64:ff9b:1::1": true,
		"2002:7f00:1::1": true, "2002:a9fe:a9fe::": true, "2001:0:53aa:64c:0:fbff:ad8b:1": true, "2001:db8::1": true,
	} {
		if got := isPrivate(netip.MustParseAddr(text)); got != want {
			t.Errorf("isPrivate(%s) = %v", text, got)
		}
	}
}

func TestLiteral(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "127.1": "127.0.0.1", "0x7f.1": "127.0.0.1", "017700000001": "127.0.0.1", "2130706433": "127.0.0.1",
		"::ffff:127.0.0.1": "127.0.0.1", "10.1.258": "10.1.1.2", "0": "0.0.0.0",
		"example.com": "", "1.2.3.4.5": "", "256.1": "", "1.2.3.999": "", "4294967296": "", "": "", "a.1": "", "1..2": "",
	} {
		got, ok := literal(text)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("literal(%q) = %v, %v; want %q", text, got, ok, want)
		}
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	all := parseHosts([]string{"Registry.Example.", "other:5000", "[::1]:80", "::2", "10.0.0.1"})
	for text, want := range map[string]bool{
		"registry.example:443": true, "REGISTRY.example:5000": true, "registry.example.:443": true, "xregistry.example:443": false,
		"other:5000": true, "other:443": false, "[::1]:80": true, "[0:0::1]:80": true, "[::1]:443": false, "[::2]:443": true, "[::ffff:10.0.0.1]:1": true,
	} {
		if got := all.has(parseHost(text, "")); got != want {
			t.Errorf("has(%s) = %v", text, got)
		}
	}
}

// TestNothingIsDialled makes a Resolver, and asks what is known without looking.
func TestNothingIsDialled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/cache"
	r := New(Options{CacheDir: dir, DockerConfig: "/nowhere", Git: "/nowhere/git"})
	dialled := 0
	stop := errors.New("dialled")
	r.guard.control = func(string) error { dialled++; return stop }
	commit := strings.Repeat("ab", 20)
	for _, src := range []source.Source{
		source.HTTP{URL: "https://example.com/x", Checksum: "sha256:00"}, source.Git{Remote: "https://example.com/x.git", Ref: commit}, source.Local{Name: "context"},
	} {
		if _, err := r.Metadata(t.Context(), policy.Question{Source: src, Needs: []string{"http.checksum", "git.checksum"}}); err != nil && !errors.Is(err, ErrUnsupported) {
			t.Errorf("%v: %v", src, err)
		}
	}
	r.Close()
	if _, ok := cachedir.Read(dir, 1); ok || dialled != 0 {
		t.Errorf("%d connections", dialled)
	}
	if _, err := r.Pin(t.Context(), source.HTTP{URL: "https://8.8.8.8/x"}, ""); !errors.Is(err, stop) || dialled == 0 {
		t.Errorf("the test sees no connection: %v", err)
	}
}

func TestAuthParameters(t *testing.T) {
	t.Parallel()
	scheme, p := wantedAuth([]string{"Negotiate", `Bearer realm="https://a/t?x=1,2",service=reg, scope="repository:a:pull,push"`})
	if scheme != "bearer" || p["realm"] != "https://a/t?x=1,2" || p["service"] != "reg" || p["scope"] != "repository:a:pull,push" {
		t.Errorf("%s %v", scheme, p)
	}
}

func FuzzKept(f *testing.F) {
	now := time.Unix(1_700_000_000, 0).UTC()
	f.Add(`{"version":1,"key":"k","at":"2023-11-14T22:13:20Z","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`)
	f.Add(`{"version":1,"key":"k","at":"2023-11-14T22:13:20Z","ref":"refs/heads/main","object":"0123456789012345678901234567890123456789"}`)
	f.Add(`{"version":1,"key":"other"}`)
	f.Fuzz(func(t *testing.T, text string) {
		k, ok := parseKept([]byte(text), "k", now, time.Hour)
		if ok && (k.Key != "k" || k.At.After(now) || k.Digest == "" && !source.IsCommit(k.Object)) {
			t.Errorf("%+v", k)
		}
	})
}

func FuzzRefs(f *testing.F) {
	id := strings.Repeat("0123456789", 4)
	f.Add(id+"\trefs/tags/v1\n"+id+"\trefs/tags/v1^{}\n", "v1")
	f.Add("ref: refs/heads/main\tHEAD\n"+id+"\tHEAD\n", "")
	f.Add(id+"\trefs/heads/x\n"+id+"\trefs/tags/x\n", "x")
	f.Fuzz(func(t *testing.T, out, ref string) {
		found, err := parseRefs(out, ref)
		if err == nil && (!source.IsCommit(found.object) || !strings.HasPrefix(found.name, "refs/") || found.commit != "" && !source.IsCommit(found.commit) || strings.ContainsAny(found.name, "\n\t")) {
			t.Errorf("%+v", found)
		}
	})
}

func TestConcrete(t *testing.T) {
	t.Parallel()
	commit := strings.Repeat("ab", 20)
	for _, tt := range []struct {
		raw  source.Raw
		want string // of %T and the identifier
		url  string
	}{
		{source.Raw{ID: "docker-image://alpine"}, "docker-image://docker.io/library/alpine:latest", ""},
		{source.Raw{ID: "docker-image://alpine:3.20"}, "docker-image://docker.io/library/alpine:3.20", ""},
		{source.Raw{ID: "https://example.com/x"}, "https://example.com/x", ""},
		{source.Raw{ID: "git://h/o/r.git#v1:dir"}, "git://h/o/r.git#v1:dir", "https://h/o/r.git"},
		{source.Raw{ID: "git://h/o/r#" + commit, Attributes: map[string]string{"git.fullurl": "ssh://git@h/o/r"}}, "git://h/o/r#" + commit, "ssh://git@h/o/r"},
		{source.Raw{ID: "git://h/o/r#main", Attributes: map[string]string{"git.fullurl": "git@h:o/r#x"}}, "git://h/o/r#main", "git@h:o/r"},
		{source.Raw{ID: "git://h/o/r#main", Attributes: map[string]string{"git.fullurl": "https://h/o/r"}}, "git://h/o/r#main", "https://h/o/r"},
	} {
		got, err := concrete(tt.raw)
		if err != nil || got.Identifier() != tt.want {
			t.Errorf("%+v: %v, %v", tt.raw, got, err)
		}
		if g, ok := got.(source.Git); ok && g.Remote != tt.url {
			t.Errorf("%+v: remote %s, want %s", tt.raw, g.Remote, tt.url)
		}
	}
	for _, id := range []string{"docker-image://UPPER", "git://#x"} {
		if got, err := concrete(source.Raw{ID: id}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v, %v", id, got, err)
		}
	}
}
