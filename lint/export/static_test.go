package export_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/export"
)

// directory has the files of an export, and their names.
func directory(e *export.Export) (dir fstest.MapFS, names []string) {
	dir = fstest.MapFS{}
	for _, f := range e.Files {
		dir[f.Name] = &fstest.MapFile{Data: f.Text}
		names = append(names, f.Name)
	}
	return dir, names
}

// intended are the references on which a form differs from lint for a reason that
// its limits tell.
func intended(form, why string) bool {
	switch form {
	case "docker-image-policy", "buildkit-source-policy", "containers-policy":
		// The lists are not asked about images below the prefixes.
		return strings.Contains(why, "evil")
	}
	return false
}

// TestChecked asks every form that can be run about every reference.
func TestChecked(t *testing.T) {
	t.Parallel()
	for _, f := range export.Forms() {
		if !f.Checkable() {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			p := organization(t, payments)
			e, err := f.Export(p)
			if err != nil {
				t.Fatal(err)
			}
			dir, names := directory(e)
			differences, asked, err := f.Check(t.Context(), p, dir, names)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range differences {
				if !intended(f.Name, d.Why) {
					t.Error(d)
				}
			}
			if asked < 200 {
				t.Errorf("%d references were asked about: too few", asked)
			}
		})
	}
}

// TestImagePolicySpellings asks the lists as the plugin does: about the one text
// that a client sends, the short one of old clients or the full one.
func TestImagePolicySpellings(t *testing.T) {
	t.Parallel()
	p := organization(t, payments)
	var lists struct {
		Whitelist    []string
		DefaultAllow bool
	}
	if err := json.Unmarshal(exported(t, p, "docker-image-policy").Files[0].Text, &lists); err != nil {
		t.Fatal(err)
	}
	allows := func(text string) bool {
		for _, e := range lists.Whitelist {
			if regexp.MustCompile(e).MatchString(text) {
				return true
			}
		}
		return lists.DefaultAllow
	}
	for _, ref := range p.References() {
		img, err := source.ParseReference(ref)
		if err != nil {
			t.Fatal(err)
		}
		rest := []string{":" + img.Tag()}
		if img.Pinned() {
			rest = []string{"@" + img.Digest(), ":" + img.Digest()}
		}
		findings, err := p.Judge(ref, p.Today)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{img.ShortName(), img.Name()} {
			for _, r := range rest {
				if got, want := allows(name+r), len(findings) == 0; got != want && !strings.Contains(ref, "evil") {
					t.Errorf("%s: allowed is %t, lint says %+v", name+r, got, findings)
				}
			}
		}
	}
}
