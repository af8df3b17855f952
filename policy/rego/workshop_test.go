package rego_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// workshop is a folder in which git, gpg and ssh-keygen work for one test, away
// from the settings and keys of whoever runs it.
type workshop struct {
	t   *testing.T
	dir string
}

func newWorkshop(t *testing.T, tools ...string) workshop {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: nothing real can be signed", tool)
		}
	}
	// Not t.TempDir: the socket of gpg's agent must have a short name.
	dir, err := os.MkdirTemp("", "sign")
	if err != nil {
		t.Fatal(err)
	}
	w := workshop{t, dir}
	t.Cleanup(func() {
		if _, err := exec.LookPath("gpgconf"); err == nil {
			_ = w.command(context.Background(), "gpgconf", "--kill", "all").Run()
		}
		os.RemoveAll(dir)
	})
	return w
}

func (w workshop) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = w.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "GNUPGHOME=" + w.dir,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "TZ=UTC", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_AUTHOR_DATE=1700000000 +0530",
		"GIT_COMMITTER_NAME=Grace", "GIT_COMMITTER_EMAIL=grace@example.com", "GIT_COMMITTER_DATE=1700000600 -0800",
	}
	return cmd
}

func (w workshop) run(name string, args ...string) []byte {
	w.t.Helper()
	cmd := w.command(w.t.Context(), name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("%s %q: %v\n%s", name, args, err, &stderr)
	}
	return out
}

// pgpKey makes a key and is its fingerprint and its armored public part.
func (w workshop) pgpKey(user string) (fingerprint string, public []byte) {
	w.t.Helper()
	w.run("gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", user, "ed25519", "sign", "never")
	for line := range strings.Lines(string(w.run("gpg", "--batch", "--with-colons", "--list-keys", user))) {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" {
			fingerprint = fields[9]
		}
	}
	return fingerprint, w.run("gpg", "--batch", "--armor", "--export", user)
}

// sshKey makes a key and is the name of its file and its public part.
func (w workshop) sshKey(name string) (file string, public []byte) {
	w.t.Helper()
	file = filepath.Join(w.dir, name)
	w.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file)
	public, err := os.ReadFile(file + ".pub")
	if err != nil {
		w.t.Fatal(err)
	}
	return file, public
}

// results asks a policy what expressions are, one word each: true, false or
// undefined, and another value as JSON; needs is what it asks for first.
func results(t *testing.T, r policy.Request, opt rego.Options, root fstest.MapFS, expressions ...string) (values, needs []string) {
	t.Helper()
	var text strings.Builder
	text.WriteString("package docker\ndefault allow := false\ndecision := {\"allow\": allow, \"deny_msg\": deny_msg}\n")
	for i, e := range expressions {
		fmt.Fprintf(&text, "value contains [%d, x] if { x := %s }\n", i, e)
		fmt.Fprintf(&text, "deny_msg contains sprintf(\"%d %%s\", [json.marshal(v[1])]) if { some v in value; v[0] == %d }\n", i, i)
	}
	p, err := rego.Load([]policy.File{{Name: "Dockerfile.rego", Text: []byte(text.String())}}, root, opt)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Check(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for i := range expressions {
		value := "undefined"
		for _, m := range got.Messages {
			if v, ok := strings.CutPrefix(m, fmt.Sprintf("%d ", i)); ok {
				value = v
			}
		}
		values = append(values, value)
	}
	return values, got.Needs
}

func compare(t *testing.T, r policy.Request, root fstest.MapFS, want [][2]string) {
	t.Helper()
	expressions := make([]string, len(want))
	for i, w := range want {
		expressions[i] = w[0]
	}
	got, needs := results(t, r, rego.Options{}, root, expressions...)
	if len(needs) > 0 {
		t.Errorf("needs %v although all is known", needs)
	}
	for i, w := range want {
		if got[i] != w[1] {
			t.Errorf("%s is %s, want %s", w[0], got[i], w[1])
		}
	}
}

func file(data []byte) *fstest.MapFile { return &fstest.MapFile{Data: data} }
