package inventory_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint/inventory"
)

// TestCredentialsOfUnreachedStages drops the input that makes a word of the
// file a secret.
func TestCredentialsOfUnreachedStages(t *testing.T) {
	t.Parallel()
	f := dockerfile.Parse("Dockerfile", []byte("FROM scratch AS unused\nARG T=hunter2\nADD https://user:$T@h/x /\n"+
		"FROM scratch\nADD https://h/hunter2 /\n"))
	file := inventory.Of(f, []*dockerfile.Resolution{f.Resolve(dockerfile.Options{})}, true)
	if len(file.Inputs) != 1 {
		t.Errorf("%d inputs, want 1", len(file.Inputs))
	}
	for _, format := range inventory.Formats() {
		var out bytes.Buffer
		if err := format.Write(&out, &inventory.Inventory{Files: []inventory.File{file}}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "hunter2") || !strings.Contains(out.String(), "https://h/***") {
			t.Errorf("%s shows %s", format.Name, out.String())
		}
	}
}

// TestHostileNames lists a file whose name a runner of GitHub Actions, or a
// terminal, would obey. Rows of CSV begin with it.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"::error::x", " ::error::x", "a\n::error::x", "##[error]x", "\x1b[31m"} {
		f := dockerfile.Parse(name, []byte("FROM alpine\nFROM $A\nFROM A:##[error]\n"))
		file := inventory.Of(f, []*dockerfile.Resolution{f.Resolve(dockerfile.Options{})}, false)
		if len(file.Inputs) == 0 || len(file.Errors) == 0 {
			t.Fatalf("%d inputs, %d errors", len(file.Inputs), len(file.Errors))
		}
		for _, format := range inventory.Formats() {
			var out bytes.Buffer
			if err := format.Write(&out, &inventory.Inventory{Files: []inventory.File{file}}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				if strings.Contains(line, "##[") || strings.Contains(line, "\x1b") || strings.HasPrefix(strings.TrimSpace(line), "::") {
					t.Errorf("%s: %q has the line %q", format.Name, name, line)
				}
			}
		}
	}
}
