package estate

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// surveyed is a small estate, with a file that wants to be more than text.
func surveyed(t *testing.T) *Survey {
	t.Helper()
	a, b := "sha256:"+strings.Repeat("a", 64), "sha256:"+strings.Repeat("b", 64)
	c, err := catalog.Read(policy.File{Name: "catalog.json", Text: []byte(`{"version": 1, "internal": ["registry.example.com/apps"], "images": [
 {"image": "docker.io/library/node", "versions": [
  {"tag": "20", "digest": "` + a + `", "scope": ["organization"], "approvedBy": "x", "approvedAt": "2026-11-01T00:00:00Z",
   "evidence": [{"scanner": "trivy", "os": "debian 12.4", "findings": {}}, {"scanner": "grype", "findings": {}}]},
  {"tag": "18", "digest": "` + b + `", "status": "deprecated", "scope": ["organization"], "approvedBy": "x", "approvedAt": "2026-11-01T00:00:00Z",
   "evidence": [{"scanner": "trivy", "os": "debian 11", "findings": {}}, {"scanner": "grype", "findings": {}}]}]}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	judge := approval.NewJudge([]level.Level{{Rank: level.Organization, Catalogs: []*catalog.Catalog{c}}}, catalog.Date{})
	s := new(Survey)
	for _, f := range []struct {
		name, text string
		judge      *approval.Judge
	}{
		{"api/Dockerfile", "# syntax=docker/dockerfile:1\nFROM node:20@" + a + " AS a\nFROM a\nCOPY --from=node:18 /x /\nADD https://example.com/x /\n", judge},
		{"web/Dockerfile", "FROM node:20\nFROM registry.example.com/apps/base:1\nFROM $X\nADD https://github.com/o/r.git#v1 /r\n", judge},
		{"=cmd|'/C calc'!A1/<b>&\x1b[31m/Dockerfile", "FROM node:16\nFROM node:14\nRUN --mount=from=node:12 true\n", nil},
	} {
		file := dockerfile.Parse(f.name, []byte(f.text))
		build := file.Resolve(dockerfile.Options{})
		s.Add(file, []*dockerfile.Resolution{build, build}, f.judge)
	}
	return s
}

func TestFormats(t *testing.T) {
	t.Parallel()
	e := surveyed(t).Estate("2026-11-26", 3)
	for _, f := range Formats() {
		var out bytes.Buffer
		if err := f.Write(&out, e); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", "estate."+f.Name)
		if *update {
			if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s is\n%s\nwant\n%s", f.Name, out.Bytes(), want)
		}
		if bytes.ContainsRune(out.Bytes(), '\x1b') || f.Name == "html" && bytes.Contains(out.Bytes(), []byte("<b>&")) {
			t.Errorf("%s lets the name of a file be more than text", f.Name)
		}
	}
}

func TestEstate(t *testing.T) {
	t.Parallel()
	s := surveyed(t)
	e := s.Estate("2026-11-26", 3)
	if e.Files != 3 || e.Inputs != 11 || e.Unknown != 1 || e.Downloads != 1 || e.Repositories != 1 || len(e.Images) != 3 {
		t.Errorf("the estate is %+v", e)
	}
	if len(e.Sprawl) != 1 || e.Sprawl[0].Image != "docker.io/library/node" || len(e.Sprawl[0].Versions) != 5 {
		t.Errorf("the sprawl is %+v: 20 with a digest and without is one version", e.Sprawl)
	}
	for _, most := range []int{5, 0} {
		if e := s.Estate("2026-11-26", most); len(e.Sprawl) > 0 {
			t.Errorf("with %d versions allowed the sprawl is %+v", most, e.Sprawl)
		}
	}
	empty := new(Survey).Estate("2026-11-26", 3)
	for _, f := range Formats() {
		if err := f.Write(new(bytes.Buffer), empty); err != nil {
			t.Errorf("%s of nothing: %v", f.Name, err)
		}
	}
}

func TestHarmless(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{"=1+1": "'=1+1", "@x": "'@x", "-1": "'-1", "+1": "'+1", "a=b": "a=b", "": "", "a\nb": "a␊b"} {
		if got := harmless(field); got != want {
			t.Errorf("harmless(%q) = %q, want %q", field, got, want)
		}
	}
}
