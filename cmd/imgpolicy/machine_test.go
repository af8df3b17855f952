package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// TestMachinePolicy puts the policy of the machine above all that a repository, a
// flag or a variable says.
func TestMachinePolicy(t *testing.T) {
	t.Parallel()
	machine, dir := t.TempDir(), t.TempDir()
	path := filepath.Join(machine, "policy.yaml")
	run := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		a := app{
			stdout: &out, stderr: &errs, machine: path, getwd: func() (string, error) { return dir, nil },
			lookupEnv: func(name string) (string, bool) {
				value, ok := map[string]string{"HOME": dir, "ProgramData": dir, "XDG_CONFIG_HOME": dir}[name]
				return value, ok
			},
		}
		if code := a.run(t.Context(), args); code != want {
			t.Fatalf("%v ended with %d, want %d: %s%s", args, code, want, out.String(), errs.String())
		}
		return out.String(), errs.String()
	}
	has := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	write(t, dir, "Dockerfile", "FROM node:20@sha256:"+strings.Repeat("1", 64)+"\n")
	write(t, dir, "own.yaml", "registries: [docker.io]\n")
	run(exitClean, "lint") // there is none yet
	write(t, machine, "policy.yaml", "registries: [registry.example.com]\npolicies: [lists.json]\n")
	write(t, machine, "lists.json", `{"whitelist": ["^registry\\.example\\.com/"]}`)
	for _, args := range []string{"lint", "lint --no-config", "lint --config own.yaml", "lint --no-config --no-policy", "lint --policy disabled=true"} {
		out, _ := run(exitFound, strings.Fields(args)...)
		has(out, "is from no allowed registry: registry.example.com")
		has(out, "error[policy-denied]")
	}
	for _, rule := range []string{"policy-denied", "untrusted-registry"} {
		_, errs := run(exitUnchecked, "lint", "--disable", rule)
		has(errs, "rule "+rule+" is that of the machine")
	}
	out, _ := run(exitFound, "lint")
	has(out, "error[policy-denied]")
	out, _ = run(exitClean, "config")
	has(out, "/policy.yaml:1")
	out, _ = run(exitClean, "explain", "Dockerfile")
	has(out, "machine, ")

	// An exception of the repository waives nothing of it, one of its own does.
	exception := "exceptions:\n  - {rule: untrusted-registry, source: \"node@sha256:" + strings.Repeat("1", 64) + "\", reason: x, by: y, until: 2026-12-01}\n"
	write(t, dir, ".imgpolicy.yaml", "level: organization\n"+exception)
	out, _ = run(exitFound, "lint", "--now", "2026-11-26")
	has(out, "does not count: it is a finding of the machine")
	write(t, machine, "policy.yaml", "registries: [registry.example.com]\n"+exception)
	write(t, dir, ".imgpolicy.yaml", "level: organization\n")
	run(exitClean, "lint", "--now", "2026-11-26")

	// What it asks for must be there.
	write(t, machine, "policy.yaml", "require-level: [organization=acme]\n")
	_, errs := run(exitUnchecked, "lint")
	has(errs, "is not below organization acme, which")
	write(t, dir, ".imgpolicy.yaml", "level: organization\nname: acme\n")
	run(exitClean, "lint")
	_, errs = run(exitUnchecked, "lint", "--no-config")
	has(errs, "is not below organization acme")

	// One that cannot be read is no reason to go on without it.
	write(t, machine, "policy.yaml", "registris: []\n")
	for _, args := range []string{"lint", "lint --no-config", "fix --check", "inputs", "report ."} {
		_, errs = run(exitUnchecked, strings.Fields(args)...)
		has(errs, "policy.yaml:1:1: unknown key")
	}
}
