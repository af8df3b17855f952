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
