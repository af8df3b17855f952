package rules_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/fix"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// today is the day that run lints by.
func today() catalog.Date { return catalog.DateOf(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)) }

// file is the text of a file of an archive.
func file(a *txtar.Archive, name string) ([]byte, bool) {
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	return a.Files[i].Data, true
}

// governed are the settings that the config of an archive makes, with the catalog
// beside each level; without a config that of a level of its own.
func governed(t *testing.T, a *txtar.Archive) lint.Settings {
	t.Helper()
	if _, ok := file(a, ".imgpolicy.yaml"); !ok {
		a = &txtar.Archive{Files: append([]txtar.File{{Name: ".imgpolicy.yaml", Data: []byte("catalog: catalog.json\n")}}, a.Files...)}
	}
	known := config.Known{Rules: rules.All(), Platform: dockerfile.NormalizePlatform}
	chain, err := config.Load(".imgpolicy.yaml", known, func(name string) (string, []byte, error) {
		text, ok := file(a, filepath.ToSlash(name))
		if !ok {
			return name, nil, os.ErrNotExist
		}
		return filepath.ToSlash(name), text, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	levels, err := chain.Levels(today(), func(at string, _ config.Place, needed bool) (*catalog.Catalog, error) {
		at = filepath.ToSlash(at)
		text, ok := file(a, at)
		if !ok {
			if needed {
				return nil, os.ErrNotExist
			}
			return nil, nil
		}
		return catalog.Read(policy.File{Name: at, Text: text})
	})
	if err != nil {
		t.Fatal(err)
	}
	levels.Whole = true
	s := lint.Settings{Levels: levels, Disabled: map[string]bool{}, Enabled: map[string]bool{}, Locked: map[string]bool{}, Severities: map[string]lint.Severity{}}
	chain.For("Dockerfile").Apply(&s)
	s.LockGoverned()
	return s
}

// testGoverned checks the examples of a rule about approved images or levels.
func testGoverned(t *testing.T, rule *lint.Rule) {
	t.Helper()
	for _, example := range []struct {
		text string
		want []string
	}{{rule.Bad, []string{rule.ID}}, {rule.Good, nil}} {
		a := txtar.Parse([]byte(example.text))
		text, _ := file(a, "Dockerfile")
		if got := ids(run(t, &lint.Linter{Settings: governed(t, a)}, string(text))); !slices.Equal(got, example.want) {
			t.Errorf("the example reports %v, want %v:\n%s", got, example.want, example.text)
		}
	}
}

// TestApproved runs testdata/approved/*.txtar: NAME.Dockerfile is linted by the
// config and catalogs of the archive. NAME.want has all that is found, and
// NAME.fixed what safe fixes make of the file.
func TestApproved(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/approved/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(path.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			testApproved(t, name, a)
		})
	}
}

func testApproved(t *testing.T, path string, a *txtar.Archive) {
	t.Helper()
	for i := 0; i < len(a.Files); i++ {
		name, isCase := strings.CutSuffix(a.Files[i].Name, ".Dockerfile")
		if !isCase {
			continue
		}
		text := string(a.Files[i].Data)
		result := run(t, &lint.Linter{Settings: governed(t, a)}, text)
		got := ""
		for _, d := range result.Diagnostics {
			got += d.Rule.ID + " " + describe(d)
			for _, f := range d.Fixes {
				got += fmt.Sprintf("  fix: %s, safe: %t\n", f.Title, f.Safe)
			}
		}
		for _, d := range result.Ignored {
			got += fmt.Sprintf("waived: %s %s\n  %s, until %s\n", d.Rule.ID, d.Message, d.Ignored.Reason, d.Ignored.Until)
		}
		i = compare(t, a, i, name+".want", got)
		fixed := fix.Apply(text, result.Diagnostics, fix.Options{}).Text
		if fixed == text {
			continue
		}
		i = compare(t, a, i, name+".fixed", fixed)
		again := run(t, &lint.Linter{Settings: governed(t, a)}, fixed)
		if twice := fix.Apply(fixed, again.Diagnostics, fix.Options{}).Text; twice != fixed {
			t.Errorf("%s: fixed twice it is\n%swant\n%s", name, twice, fixed)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// compare holds a text against a file of the archive, which stands behind the
// last one that was compared, at index last.
func compare(t *testing.T, a *txtar.Archive, last int, name, got string) int {
	t.Helper()
	at := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	switch {
	case *update && at >= 0:
		a.Files[at].Data = []byte(got)
	case *update:
		at = last + 1
		a.Files = slices.Insert(a.Files, at, txtar.File{Name: name, Data: []byte(got)})
	case at < 0:
		t.Errorf("%s is missing:\n%s", name, got)
		return last
	case string(a.Files[at].Data) != got:
		t.Errorf("%s is\n%swant\n%s", name, got, a.Files[at].Data)
	}
	return at
}
