package starter_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/lint/starter"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/policytest"
	"github.com/imgpolicy/imgpolicy/policy/regex"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// sourceOf reads a word as FROM or ADD would.
func sourceOf(word string) source.Source {
	if img, err := source.ParseImage(word); err == nil {
		return img
	}
	if g, isGit, err := source.ParseGit(word); isGit && err == nil {
		return g
	}
	if source.IsHTTP(word) {
		if h, err := source.ParseHTTP(word, ""); err == nil {
			return h
		}
	}
	return nil
}

func usesOf(file string, words ...string) []starter.Use {
	var uses []starter.Use
	for i, word := range words {
		if src := sourceOf(word); src != nil {
			uses = append(uses, starter.Use{Source: src, File: file, Line: i + 1})
		}
	}
	return uses
}

// loaded is an .imgpolicy.yaml as lint takes it.
type loaded struct {
	policy policy.Policy
	conf   *config.Effective
}

func load(tb testing.TB, text string) loaded {
	tb.Helper()
	path, err := filepath.Abs(".imgpolicy.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	known := config.Known{Rules: rules.All(), Platform: dockerfile.NormalizePlatform}
	chain, err := config.Load(path, known, func(string) (string, []byte, error) { return "p.yaml", []byte(text), nil })
	if err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	p, err := regex.Language(regex.Options{OtherKeys: config.OtherKeys()}).Load([]policy.File{{Name: "p.yaml", Text: []byte(text)}}, nil)
	if err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	return loaded{p, chain.For(filepath.Join(filepath.Dir(path), "Dockerfile"))}
}

// allows tells whether lint would have nothing against a source.
func (l loaded) allows(tb testing.TB, src source.Source) bool {
	tb.Helper()
	d, err := l.policy.Decide(context.Background(), policy.Request{Source: src})
	if err != nil {
		tb.Fatal(err)
	}
	if len(l.conf.Registries) != 1 || len(l.conf.Hosts) != 1 {
		tb.Fatalf("registries %v, hosts %v", l.conf.Registries, l.conf.Hosts)
	}
	if img, ok := src.(source.Image); ok {
		return d.Outcome == policy.Allow && l.conf.Registries[0].AllowsImage(img)
	}
	return d.Outcome == policy.Allow && l.conf.Hosts[0].AllowsHost(lint.SourceHost(src))
}

func TestYAML(t *testing.T) {
	t.Parallel()
	s := starter.From(usesOf("Dockerfile",
		"node:20", "docker/dockerfile:1", "ghcr.io/acme/tools/build:1", "registry.k8s.io/build-image/debian:1", "registry.k8s.io/pause",
		"registry.k8s.io-x/y", "localhost:5000/base", "GHCR.io/acme/x",
		"https://user:secret@dl.example.com:8443/x?token=secret", "git@GitHub.com:acme/x.git#v1", "https://github.com/acme/y.git",
	))
	if len(s.Refused) > 0 {
		t.Errorf("refused: %v", s.Refused)
	}
	text := s.YAML(starter.Config{Schema: "https://example.com/schema.json"})
	if strings.Contains(text, "secret") {
		t.Errorf("a credential is in\n%s", text)
	}
	l := load(t, text)
	tests := []struct {
		word string
		want bool
	}{
		{"node", true},
		{"docker.io/library/node:22", true},
		{"node" + digest, true},
		{"node:22" + digest, true},
		{"ghcr.io/acme/tools/build:2", true},
		{"ghcr.io/acme/x", false}, // GHCR.io/acme/x is, as it is written
		{"registry.k8s.io/pause:3", true},
		{"registry.k8s.io-x/y:1", true},
		{"localhost:5000/base", true},
		{"https://dl.example.com:8443/y", true},
		{"https://github.com/other/repo.git#v1", true},
		{"node-evil", false},
		{"library/node/x", false},
		{"acme/node", false},
		{"ghcr.io/acme-evil/tools/build:1", false},
		{"ghcr.io/acme/tools", false},
		{"ghcr.io/acme/tools/build/x", false},
		{"ghcrxio/acme/tools/build", false},
		{"evil.example/docker.io/library/node", false},
		{"docker.io/ghcr.io/acme/tools/build", false}, // its short name is the full name of another
		{"docker.io/docker.io/library/node", false},
		{"localhost:5001/base", false},
		{"https://dl.example.com/y", false},
		{"https://dl.example.com:8443.evil.example/y", false},
		{"https://github.com.evil.example/a/b.git#v1", false},
	}
	for _, tt := range tests {
		if got := l.allows(t, sourceOf(tt.word)); got != tt.want {
			t.Errorf("%s is allowed: %t, want %t by\n%s", tt.word, got, tt.want, text)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, word := range []string{
		"registry-1.docker.io/library/node", // lint tells it from docker.io
		"INDEX.docker.io/x",
		"UPPER/x",
		"http://*/x", // an entry of hosts would allow every host
		"ssh://git@h*st/x.git",
	} {
		s := starter.From(usesOf("Dockerfile", word))
		if len(s.Refused) != 1 || s.Refused[0].Why == "" {
			t.Errorf("%s: refused %v, want it to be", word, s.Refused)
		}
		l := load(t, s.YAML(starter.Config{}))
		if l.allows(t, sourceOf("https://evil.example/x")) || l.allows(t, sourceOf("evil.example/x")) {
			t.Errorf("%s makes a policy that allows everything", word)
		}
	}
}

// What a build was given comes back as it was, however it looks.
func TestYAMLBuild(t *testing.T) {
	t.Parallel()
	args := map[string]string{
		"NODE_VERSION": "20", "no": "yes", "A": "it's", "B": "x: y # z\n- \"\\", "C": "null", "D": "\u2028\u202e\U000e0001é", "E": "", "on": "1e3", "F": "{{ x }}", "G": " ",
	}
	text := starter.From(nil).YAML(starter.Config{BuildArgs: args, Platforms: []string{"linux/arm64"}, Targets: []string{"prod"}})
	conf := load(t, text).conf
	for name, want := range args {
		if got := conf.BuildArgs[name].Value; got != want {
			t.Errorf("build arg %s = %q, want %q in\n%s", name, got, want, text)
		}
	}
	if len(conf.BuildArgs) != len(args) || conf.Platforms[0].Value != "linux/arm64" || conf.Targets[0].Value != "prod" {
		t.Errorf("got %v from\n%s", conf, text)
	}
}

// What stands in comments ends no comment.
func TestPlaces(t *testing.T) {
	t.Parallel()
	const file = "a\nwhitelist: ['.*']\u2028\u0085x"
	s := starter.From(usesOf(file, "node", "https://example.com/x", "https://github.com/a/b.git"))
	if l := load(t, s.YAML(starter.Config{})); l.allows(t, sourceOf("evil.example/x")) {
		t.Error("the name of a file is part of the policy")
	}
	loadRego(t, s, "Docker\nallow if true\nfile")
}

// A runner of GitHub Actions finds its old commands anywhere in a line that is
// shown.
func TestNoCommands(t *testing.T) {
	t.Parallel()
	const name = "##[error]x"
	s := starter.From(usesOf(name, "node", "https://example.com/x"))
	yaml := s.YAML(starter.Config{BuildArgs: map[string]string{name: name}, Targets: []string{name}})
	for _, text := range []string{yaml, s.Rego("Dockerfile"), s.RegoTest("Dockerfile")} {
		if strings.Contains(text, "##[") {
			t.Errorf("a command in\n%s", text)
		}
	}
	if conf := load(t, yaml).conf; conf.BuildArgs[name].Value != name || conf.Targets[0].Value != name {
		t.Errorf("got %v from\n%s", conf, yaml)
	}
}

func loadRego(tb testing.TB, s *starter.Starter, name string) policy.Policy {
	tb.Helper()
	text := s.Rego(name)
	p, err := rego.Language(rego.Options{}).Load([]policy.File{{Name: "Dockerfile.rego", Text: []byte(text)}}, nil)
	if err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	return p
}

// FuzzStarter makes policies for whatever is named: they load, allow each use
// that is not refused and nothing made up, and the tests in Rego pass.
func FuzzStarter(f *testing.F) {
	f.Add("node:20\nghcr.io/acme/x" + digest + "\nlocalhost:5000/a/b/c_d__e--f.g")
	f.Add("https://user:pw@Example.com:443/x y\nhttp://[::1]:80/\nhttps://ex%41mple/\nhttp://\u00fc.example./")
	f.Add("evil.example/x\nhttp://evil.example/x\ngit@true:x.git\nssh://git@[::1]:22/x.git\nhttps://github.com/a/../b.git#v1\ngit@evil.example:x@github.com:ok/user.git")
	f.Add("FOO/bar\n[::1]:5000/x\nfoo_bar.com/x\nhttp://a'b\"c/\nhttp://a\\b/\nhttp://$(x)/\nhttp://`x`/\nhttp://\u202ex/")
	f.Fuzz(func(t *testing.T, text string) {
		uses := usesOf(text, strings.Split(text, "\n")...)
		s := starter.From(uses)
		refused := map[int]bool{}
		for _, r := range s.Refused {
			refused[r.Use] = true
		}
		yaml := s.YAML(starter.Config{BuildArgs: map[string]string{"A": text}})
		l, p := load(t, yaml), loadRego(t, s, text)
		for i, u := range uses {
			if !refused[i] && !l.allows(t, u.Source) {
				t.Errorf("%s is denied by\n%s", u.Source.Identifier(), yaml)
			}
		}
		for _, word := range []string{"evil.invalid/x", "https://evil.invalid/x", "https://evil.invalid/x.git"} {
			d, err := p.Decide(t.Context(), policy.Request{Source: sourceOf(word), Platform: dockerfile.DefaultPlatform})
			if !strings.Contains(text, "evil.invalid") && (err != nil || d.Outcome != policy.Deny || len(d.Messages) != 1 || l.allows(t, sourceOf(word))) {
				t.Errorf("%s: %v, %v", word, d, err)
			}
		}
		runTests(t, s, text)
	})
}

func runTests(t *testing.T, s *starter.Starter, name string) {
	t.Helper()
	main := policy.File{Name: "Dockerfile.rego", Text: []byte(s.Rego(name))}
	tests := policy.File{Name: "Dockerfile_test.rego", Text: []byte(s.RegoTest(name))}
	report, err := policytest.Run(t.Context(), main, []policy.File{tests}, fstest.MapFS{}, policytest.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, tests.Text)
	}
	if report.Failed() > 0 || len(report.Errors()) > 0 || len(report.Ignored) > 0 {
		t.Errorf("%d tests fail, %v:\n%s%s", report.Failed(), report.Errors(), main.Text, tests.Text)
	}
}
