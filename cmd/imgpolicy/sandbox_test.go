package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSandbox: what a policy from a repository may read is below its root, and there
// is nothing else that it may do.
func TestSandbox(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	write(t, outside, "secret.json", `{"ok": true}`)
	write(t, outside, "secret.rego", "package secret\n\nok := true\n")
	write(t, outside, "module/secret.rego", "package secret\n\nok := true\n")
	dir := t.TempDir()
	write(t, dir, "inside.json", `{"ok": true}`)
	write(t, dir, "folder/inside.json", `{"ok": true}`)
	write(t, dir, "lib/inside.rego", "package lib.inside\n\nok := true\n")
	for link, to := range map[string]string{
		"link.json": filepath.Join(outside, "secret.json"), "away": outside, "up": "..", "loop": "loop", "again.json": "link.json", "near.json": "inside.json",
		"lib/link.rego": filepath.Join(outside, "secret.rego"), "module": filepath.Join(outside, "module"),
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	relative, err := filepath.Rel(dir, outside)
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"SECRET": "true", "HOME": outside}
	lint := func(rule string, more ...string) (code int, said string) {
		write(t, dir, "policy.rego", "package docker\n\n"+strings.Join(more, "\n")+"\n\ndefault allow := false\n\nallow if input.local\nallow if "+rule+"\ndecision := {\"allow\": allow}\n")
		write(t, dir, "Dockerfile", "FROM node:20@sha256:"+strings.Repeat("1", 64)+"\n")
		code, out, errs := runIn(t.Context(), dir, env, nil, "lint", "--policy", "policy.rego", "--format", "compact", "--timeout", "2s", ".")
		return code, out + errs
	}
	for _, rule := range []string{`load_json("inside.json").ok`, `load_json("folder/inside.json").ok`, `load_json("near.json").ok`, `load_json("./inside.json").ok`} {
		if code, said := lint(rule); code != exitClean {
			t.Errorf("%s: code %d, %s", rule, code, said)
		}
	}
	if code, said := lint("inside.ok", "import data.lib.inside"); code != exitClean {
		t.Errorf("a module below the root: code %d, %s", code, said)
	}
	for _, path := range []string{
		filepath.Join(outside, "secret.json"), filepath.ToSlash(relative) + "/secret.json", "../" + filepath.Base(outside) + "/secret.json", "link.json", "again.json",
		"away/secret.json", "up/" + filepath.Base(outside) + "/secret.json", "folder/../link.json", "loop", "folder", "", "/dev/stdin", "/proc/self/environ", "inside.json\x00",
	} {
		rule := "load_json(" + jsonText(path) + ").ok"
		if code, said := lint(rule); code != exitFound || !strings.Contains(said, "policy-denied") {
			t.Errorf("%s: code %d, %s", rule, code, said)
		}
	}
	for name, rule := range map[string]string{"import data.lib.link": "data.secret.ok", "import data.module.secret": "data.secret.ok", "import data.away.secret": "data.secret.ok"} {
		if code, said := lint(rule, name); code == exitClean {
			t.Errorf("%s: code %d, %s", name, code, said)
		}
	}
	for _, rule := range []string{
		`http.send({"method": "get", "url": "http://127.0.0.1:1/"}).status_code == 200`, `opa.runtime().env.SECRET == "true"`, `net.lookup_ip_addr("localhost")`,
		`rego.parse_module("x", "package x")`, `io.jwt.decode("a.b.c")`, `rego.metadata.rule()`, `crypto.md5("a") == ""`, `trace("x")`,
	} {
		if code, said := lint(rule); code != exitUnchecked || !strings.Contains(said, "undefined function") {
			t.Errorf("%s: code %d, %s", rule, code, said)
		}
	}
	// What the environment says is no input, and no evaluation goes on for ever.
	if code, said := lint(`input.env.SECRET`); code != exitFound {
		t.Errorf("the environment: code %d, %s", code, said)
	}
	if code, said := lint(`count([x | a := numbers.range(1, 3000)[_]; b := numbers.range(1, 3000)[_]; c := numbers.range(1, 3000)[_]; x := [a, b, c]; x[0] < 0]) > 0`); code != exitUnchecked || !strings.Contains(said, "2s") {
		t.Errorf("no end: code %d, %s", code, said)
	}
}

// jsonText is a string as Rego and JSON write it.
func jsonText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, "\x00", `\u0000`).Replace(text) + `"`
}
