package main

import (
	"encoding/json"
	"errors"
	goversion "go/version"
	"io"
	"strings"
	"testing"
)

// TestModule keeps what `go install` of the module depends on: the pre-commit
// hook and the action run it, in clones and with the Go that is there.
func TestModule(t *testing.T) {
	t.Parallel()
	var file struct {
		Go        string
		Toolchain string
		Replace   []any
	}
	if err := json.Unmarshal([]byte(commandOutput(t, root, nil, "go", "mod", "edit", "-json")), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Replace) > 0 {
		t.Errorf("go.mod replaces %v: go install module@version refuses that", file.Replace)
	}
	forced := "go1.0"
	for _, m := range modules(t) {
		if v := "go" + m.GoVersion; !m.Main && goversion.Compare(v, forced) > 0 {
			forced = v
		}
	}
	if goversion.Compare("go"+file.Go, forced) > 0 || file.Toolchain != "" {
		t.Errorf("go.mod asks for go %s and toolchain %q, its dependencies only for %s", file.Go, file.Toolchain, forced)
	}
	var mains []string
	for _, p := range goList(t, "./...") {
		if p.Name == "main" {
			mains = append(mains, p.ImportPath)
		}
	}
	if want := modulePath + "/cmd/" + programName; strings.Join(mains, " ") != want {
		t.Errorf("go install ./... installs %q, want only %s", mains, want)
	}
}

// goModule is what `go list -m` tells of a module.
type goModule struct {
	Path, GoVersion string
	Main            bool
}

func modules(t *testing.T) []goModule {
	t.Helper()
	var all []goModule
	for dec := json.NewDecoder(strings.NewReader(commandOutput(t, root, nil, "go", "list", "-m", "-json=Path,GoVersion,Main", "all"))); ; {
		var m goModule
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
}
