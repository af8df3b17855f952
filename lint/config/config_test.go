package config_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/policy"
)

func known() config.Known {
	return config.Known{
		Rules: []*lint.Rule{
			{ID: "latest-tag", Severity: lint.Warning},
			{ID: "parse-error", Severity: lint.Error, Mandatory: true},
			{ID: "policy-denied", Severity: lint.Error},
			{ID: "unpinned-image", Severity: lint.Error},
		},
		Platform: func(p string) (string, error) {
			if p == "moon" {
				return "", errors.New("no such platform")
			}
			return strings.ToLower(p), nil
		},
	}
}

// TestReadErrors gives for every way to go wrong the place and what is said.
func TestReadErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"no mapping", "- a\n", `c.yaml:1:1: a config is a mapping of keys such as ` + "`registries`" + `, not a list`},
		{"unknown key", "registrys: []\n", `c.yaml:1:1: unknown key (did you mean registries?): registrys`},
		{"far key", "a: 1\nxxxxxxxx: 2\n", `c.yaml:1:1: unknown key (valid: $schema, extends, whitelist, blacklist, defaultAllow, registries, hosts, policies, rules, build-args, platforms, targets, exclude, ignores, locked, allow-private, per-file, level, name, mode, catalog, min-scanners, max-severity, fix-available-only, unknown-as, max-evidence-age, max-approval-days, max-exception-days, licenses, approvers, exceptions, delegate, require-level): a`},
		{"case", "Rules: {}\n", `c.yaml:1:1: unknown key (did you mean rules?): Rules`},
		{"case of a list", "whitelist: []\nWhiteList: []\n", `c.yaml:2:1: duplicate key (case makes no difference, and line 1 has whitelist): WhiteList`},
		{"no config", "extends: .env\n", `c.yaml:1:10: a config is a .yaml, .yml or .json file: .env`},
		{"registry", "registries:\n  - ghcr.io\n  - acme\n", `c.yaml:3:5: "acme" is no host: an entry is on the full name, such as docker.io/acme: acme`},
		{"registries", "registries: ghcr.io\n", `c.yaml:1:13: a list belongs here, not a string: ghcr.io`},
		{"registry number", "registries: [1]\n", `c.yaml:1:14: a text belongs here, not a number: 1`},
		{"host", "hosts: [https://a]\n", `c.yaml:1:9: a host has no scheme: write HOST or HOST:PORT, such as github.com: https://a`},
		{"rule", "rules:\n  unpined-image: off\n", `c.yaml:2:3: there is no such rule; did you mean unpinned-image?: unpined-image`},
		{"far rule", "rules:\n  zzzzzzzzzz: off\n", "c.yaml:2:3: there is no such rule; `imgpolicy rules` lists them: zzzzzzzzzz"},
		{"severity", "rules:\n  latest-tag: warn\n", `c.yaml:2:15: a severity belongs here: error, warning, info, off: warn`},
		{"on", "rules:\n  latest-tag: true\n", `c.yaml:2:15: a severity belongs here: error, warning, info, off: true`},
		{"mandatory", "rules:\n  parse-error: off\n", `c.yaml:2:16: rule parse-error stays error: what it reports was not checked at all: off`},
		{"rules", "rules: [latest-tag]\n", `c.yaml:1:8: a mapping of rules to severities belongs here, not a list`},
		{"build args", "build-args: [A=1]\n", `c.yaml:1:13: a mapping of build args to their values belongs here, not a list`},
		{"build arg", "build-args: {A: [1]}\n", `c.yaml:1:17: a text belongs here, not a list`},
		{"no name", "build-args: {'': x}\n", `c.yaml:1:14: the name of a build arg belongs here: ''`},
		{"name and value", "build-args: {A=1: x}\n", `c.yaml:1:14: the name of a build arg belongs here: A=1`},
		{"no value", "build-args:\n  A:\n", `c.yaml:2:5: a text belongs here, not null`},
		{"platform", "platforms: [moon]\n", `c.yaml:1:13: no such platform; write OS/ARCH, such as linux/arm64: moon`},
		{"target", "targets: ['']\n", `c.yaml:1:11: the text is empty: ''`},
		{"negation", "exclude: ['!a']\n", `c.yaml:1:11: a glob takes nothing back: leave out the !, and list what is meant: '!a'`},
		{"above", "exclude: [../a]\n", `c.yaml:1:11: a glob is about what is below the config's directory: ../a`},
		{"glob", "exclude: ['[a']\n", `c.yaml:1:11: the glob is not complete: '[a'`},
		{"many globs", "exclude: ['" + strings.Repeat("{a,b}", 40) + "']\n", "c.yaml:1:11: the braces stand for more than 100 globs: list what is meant: '" + strings.Repeat("{a,b}", 39) + "{a,b…"},
		{"many globs in one", "exclude: ['{" + strings.Repeat(",", 100) + "}']\n", "c.yaml:1:11: the braces stand for more than 100 globs: list what is meant: '{" + strings.Repeat(",", 100) + "}'"},
		{"long glob", "exclude: ['" + strings.Repeat("{", 2000) + "']\n", "c.yaml:1:11: the glob has 2000 bytes, at most 1024 are read: '" + strings.Repeat("{", 199) + "…"},
		{"backslash", `exclude: ['a\b']` + "\n", `c.yaml:1:11: paths are written with slashes: 'a\b'`},
		{"ignores", "ignores: false\n", `c.yaml:1:10: a mapping with allow, require-reason and max-days belongs here, not true or false: false`},
		{"ignores key", "ignores: {allowed: false}\n", `c.yaml:1:11: unknown key (valid: allow, require-reason, max-days): allowed`},
		{"allow", "ignores: {allow: 1}\n", `c.yaml:1:18: true or false belongs here, not a number: 1`},
		{"max days", "ignores: {max-days: 0}\n", `c.yaml:1:21: a number of days from 1 to 36500 belongs here: 0`},
		{"locked", "locked: [policy-deny]\n", `c.yaml:1:10: there is no such rule; did you mean policy-denied?: policy-deny`},
		{"per-file", "per-file: {files: [a]}\n", `c.yaml:1:11: a list of mappings with files and what differs for them belongs here, not an object`},
		{"no files", "per-file:\n  - rules: {}\n", `c.yaml:2:5: files is missing: the globs of the Dockerfiles this is about`},
		{"for all", "per-file:\n  - files: [a]\n    locked: []\n", `c.yaml:3:5: this key is about all files, and stands at the top of the config: locked`},
		{"per-file key", "per-file:\n  - file: [a]\n", `c.yaml:2:5: unknown key (did you mean files?): file`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Read("c.yaml", "/c.yaml", []byte(tt.text), known())
			var load *policy.LoadError
			if err == nil || err.Error() != tt.want || !errors.As(err, &load) {
				t.Errorf("Read(%q)\n error %v\n want  %s", tt.text, err, tt.want)
			}
		})
	}
}

// chain loads a config of several files, the first of which is the last to win.
func chain(t *testing.T, files map[string]string) (*config.Chain, error) {
	t.Helper()
	return config.Load("/repo/c.yaml", known(), func(path string) (string, []byte, error) {
		text, ok := files[path]
		if !ok {
			return path, nil, errors.New(path + ": no such file")
		}
		return path, []byte(text), nil
	})
}

func shown(e *config.Effective) string {
	var out []string
	for _, v := range e.Values() {
		out = append(out, strings.Trim(v.Key+" "+v.Name, " ")+"="+v.Value+"@"+v.Place.String())
	}
	return strings.Join(out, "\n")
}

func TestChain(t *testing.T) {
	t.Parallel()
	ch, err := chain(t, map[string]string{
		"/repo/c.yaml": "extends: ../org.json\nregistries: [ghcr.io]\nrules: {latest-tag: error}\nplatforms: [B]\nbuild-args: {A: 2}\n" +
			"ignores: {allow: true, max-days: 90}\npolicies: [p/q.rego]\nwhitelist: [x]\n" +
			"per-file:\n  - files: [old, '*.dev']\n    rules: {latest-tag: 'off', unpinned-image: info}\n    registries: [docker.io]\n    build-args: {B: true}\n",
		"/org.json": `{"registries": ["docker.io"], "rules": {"latest-tag": "off", "unpinned-image": "warning"}, "platforms": ["A"],
"build-args": {"A": "1", "B": "1"}, "ignores": {"allow": false, "max-days": 120}, "policies": ["org.rego"], "locked": ["policy-denied"], "defaultAllow": true}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `whitelist=x@/repo/c.yaml:8
defaultAllow=true@/org.json:2
registries=docker.io@/org.json:1
registries=ghcr.io@/repo/c.yaml:2
policies=/org.rego@/org.json:2
policies=/repo/p/q.rego@/repo/c.yaml:7
rules latest-tag=error@/repo/c.yaml:3
rules unpinned-image=warning@/org.json:1
build-args A=2@/repo/c.yaml:5
build-args B=1@/org.json:2
platforms=b@/repo/c.yaml:4
ignores allow=false@/org.json:2
ignores max-days=90@/repo/c.yaml:6
locked=policy-denied@/org.json:2`
	if got := shown(ch.For("/repo/a/Dockerfile")); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	old := ch.For("/repo/a/old/Dockerfile")
	if got := shown(old); !strings.Contains(got, "rules latest-tag=off@/repo/c.yaml:11\nrules unpinned-image=info@/repo/c.yaml:11\nbuild-args A=2@/repo/c.yaml:5\nbuild-args B=true@/repo/c.yaml:13") ||
		!strings.Contains(got, "registries=docker.io@/org.json:1\nregistries=docker.io@/repo/c.yaml:12\n") {
		t.Errorf("overridden:\n%s", got)
	}
	if !slices.Equal(old.Files, []string{"/org.json", "/repo/c.yaml"}) || len(old.Lists) != 2 {
		t.Errorf("files %v, lists %v", old.Files, old.Lists)
	}
	// What is not below the config's directory is overridden by none of its globs.
	if got := shown(ch.For("/elsewhere/old/Dockerfile")); got != want {
		t.Errorf("elsewhere:\n%s", got)
	}
}

func TestChainErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"missing", map[string]string{}, "/repo/c.yaml: no such file"},
		{"missing base", map[string]string{"/repo/c.yaml": "\nextends: b.yaml\n"}, "/repo/c.yaml:2:1: the config it extends cannot be read: /repo/b.yaml: no such file"},
		{"itself", map[string]string{"/repo/c.yaml": "extends: ./c.yaml\n"}, "/repo/c.yaml:1:1: extends goes in a circle: ./c.yaml"},
		{"circle", map[string]string{"/repo/c.yaml": "extends: b.yaml\n", "/repo/b.yaml": "extends: c.yaml\n"}, "/repo/b.yaml:1:1: extends goes in a circle: c.yaml"},
		{
			"loosened",
			map[string]string{"/repo/c.yaml": "extends: b.yaml\nrules:\n  policy-denied: warning\n", "/repo/b.yaml": "locked: [policy-denied]\n"},
			"/repo/c.yaml:3:1: /repo/b.yaml:1 locks this rule at error: policy-denied: warning",
		},
		{
			"loosened below",
			map[string]string{"/repo/c.yaml": "extends: b.yaml\nlocked: [policy-denied]\n", "/repo/b.yaml": "rules: {policy-denied: off}\n"},
			"/repo/b.yaml:1:1: /repo/c.yaml:2 locks this rule at error: policy-denied: off",
		},
		{
			"loosened for a file",
			map[string]string{
				"/repo/c.yaml": "extends: b.yaml\nper-file:\n  - files: [x]\n    rules: {latest-tag: info}\n",
				"/repo/b.yaml": "locked: [latest-tag]\nrules: {latest-tag: warning}\n",
			},
			"/repo/c.yaml:4:1: /repo/b.yaml:1 locks this rule at warning: latest-tag: info",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := chain(t, tt.files); err == nil || err.Error() != tt.want {
				t.Errorf("error %v\n want %s", err, tt.want)
			}
		})
	}
	// A lock keeps a rule from being loosened, not from being tightened.
	if _, err := chain(t, map[string]string{"/repo/c.yaml": "extends: b.yaml\nrules: {latest-tag: error}\n", "/repo/b.yaml": "locked: [latest-tag]\n"}); err != nil {
		t.Error(err)
	}
}

// What a config locks stays for each file as strict as the config has it there.
func TestLockedPerFile(t *testing.T) {
	t.Parallel()
	ch, err := chain(t, map[string]string{
		"/repo/c.yaml":    "extends: base.yaml\nrules: {latest-tag: warning, unpinned-image: info}\n",
		"/repo/base.yaml": "locked: [latest-tag]\nrules: {latest-tag: warning}\nper-file:\n  - files: [prod]\n    rules: {latest-tag: error, unpinned-image: error}\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"/repo/prod/Dockerfile": "rules latest-tag=error@/repo/base.yaml:5\nrules unpinned-image=info@/repo/c.yaml:2\n",
		"/repo/dev/Dockerfile":  "rules latest-tag=warning@/repo/c.yaml:2\nrules unpinned-image=info@/repo/c.yaml:2\n",
	} {
		if got := shown(ch.For(file)); !strings.HasPrefix(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", file, got, want)
		}
	}
}

// The globs of a config that stands elsewhere are about the files of the one that
// extends it, or of the project.
func TestGlobsOfOthers(t *testing.T) {
	t.Parallel()
	ch, err := chain(t, map[string]string{
		"/repo/c.yaml": "extends: ../org/b.yaml\n",
		"/org/b.yaml":  "exclude: [/vendor]\nper-file:\n  - files: ['*.prod']\n    rules: {latest-tag: error}\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{"", "/project"} {
		ch.Root = root
		for file, want := range map[string]bool{
			"/repo/vendor/a.prod": true, "/org/vendor/a.prod": true, "/project/vendor/a.prod": root != "", "/x/project/vendor/a.prod": false,
		} {
			if _, got := ch.Excludes(file); got != want {
				t.Errorf("from %q %s is excluded: %v, want %v", root, file, got, want)
			}
			if got := len(ch.For(file).Rules) > 0; got != want {
				t.Errorf("from %q %s is overridden: %v, want %v", root, file, got, want)
			}
		}
	}
}

// TestLists tells which files are image policies, too.
func TestLists(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{}`: false, `{"rules": {}}`: false, `{"whitelist": null}`: true, `{"rules": {}, "defaultallow": true}`: true,
	} {
		c, err := config.Read("c.json", "/c.json", []byte(text), known())
		if err != nil {
			t.Fatal(err)
		}
		if c.Lists != want {
			t.Errorf("Lists of %s = %t, want %t", text, c.Lists, want)
		}
	}
}

func TestExcludes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		glob, file string
		want       bool
	}{
		{"vendor", "/repo/vendor/Dockerfile", true},
		{"vendor", "/repo/a/vendor/b/Dockerfile", true},
		{"vendor/", "/repo/a/vendor/b/Dockerfile", true},
		{"vendor", "/repo/vendored/Dockerfile", false},
		{"/vendor", "/repo/a/vendor/Dockerfile", false},
		{"/vendor", "/repo/vendor/Dockerfile", true},
		{"./a/b", "/repo/a/b/Dockerfile", true},
		{"a/*", "/repo/a/b/c/Dockerfile", true},
		{"a/*/Dockerfile", "/repo/a/b/c/Dockerfile", false},
		{"a/**/Dockerfile", "/repo/a/b/c/Dockerfile", true},
		{"**", "/repo/Dockerfile", true},
		{"*.dev", "/repo/x/Dockerfile.dev", true},
		{".devcontainer", "/repo/.devcontainer/Dockerfile", true},
		{"**", "/elsewhere/Dockerfile", false},
		{"{a,b}/Dockerfile", "/repo/b/Dockerfile", true},
	}
	for _, tt := range tests {
		ch, err := chain(t, map[string]string{"/repo/c.yaml": "exclude: ['" + tt.glob + "']\n"})
		if err != nil {
			t.Fatal(err)
		}
		if _, got := ch.Excludes(tt.file); got != tt.want {
			t.Errorf("%q excludes %s: %v, want %v", tt.glob, tt.file, got, tt.want)
		}
	}
}

// FuzzRead holds that no text makes the reader panic, and that every error has a
// place in the file.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"registries: [ghcr.io/acme]\nrules: {latest-tag: off}\n", "extends: x\nper-file: [{files: [a], hosts: [b]}]\n",
		"ignores: {max-days: 3}\nlocked: [latest-tag]\nexclude: ['**/x']\n", "whitelist: ['^a']\nbuild-args: {A: 1}\nplatforms: [x]\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := config.Read("c.yaml", "/repo/c.yaml", []byte(text), known())
		if err != nil {
			var load *policy.LoadError
			if !errors.As(err, &load) || load.Line < 1 || load.Column < 1 || load.Line > strings.Count(text, "\n")+1 {
				t.Fatalf("Read(%q): %#v", text, err)
			}
			return
		}
		if c.Extends.Value == "" {
			if ch, err := config.Load("/repo/c.yaml", known(), func(string) (string, []byte, error) { return "c.yaml", []byte(text), nil }); err == nil {
				ch.For("/repo/a/Dockerfile").Values()
				ch.Excludes("/repo/a/Dockerfile")
			}
		}
	})
}
