package evidence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// The digests of the fixtures.
var (
	index    = "sha256:" + strings.Repeat("a", 64)
	manifest = "sha256:" + strings.Repeat("b", 64)
	conf     = "sha256:" + strings.Repeat("c", 64)
	stranger = "sha256:" + strings.Repeat("d", 64)
)

func fixture(t testing.TB, name string) policy.File {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return policy.File{Name: name, Text: text}
}

// told is a report in a line.
func told(r *Report) string {
	var digests []string
	for _, d := range r.Digests {
		digests = append(digests, d[7:8])
	}
	day := "-"
	if !r.ScannedAt.IsZero() {
		day = r.ScannedAt.Format("01-02 15:04")
	}
	out := fmt.Sprintf("%s %s %s (%s) [%s] %s %v:", r.Format, r.Scanner, r.Version, r.OS, strings.Join(digests, ""), day, r.Platforms)
	for _, f := range r.Findings {
		out += fmt.Sprintf(" %s=%s", f.ID, f.Severity)
		if len(f.Aliases) > 0 {
			out += "~" + strings.Join(f.Aliases, "~")
		}
		if f.Fixable {
			out += "+"
		}
		if f.VEX != "" {
			out += "(" + f.VEX + ")"
		}
	}
	return out
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"trivy.json":        "trivy-json trivy 0.58.1 (debian 12.4) [ac] 11-20 08:40 [linux/amd64]: CVE-2025-0001=unknown CVE-2025-0002=high+",
		"grype.json":        "grype-json grype 0.85.0 (debian 12) [abc] 11-20 08:50 [linux/amd64]: CVE-2025-0001=negligible GHSA-aaaa-bbbb-cccc=critical~CVE-2025-0003+",
		"trivy.sarif.json":  "sarif trivy 0.58.1 () [ac] - []: CVE-2025-0002=high+ CVE-2025-0004=critical+",
		"grype.sarif.json":  "sarif grype 0.85.0 () [] - []: CVE-2025-0002=high+",
		"cyclonedx.json":    "cyclonedx grype 0.85.0 () [a] 11-20 08:40 []: CVE-2025-0005=low~GHSA-x(not_affected) CVE-2025-0006=critical+",
		"vulns.intoto.json": "in-toto trivy 0.58.1 () [b] 11-20 08:01 []: CVE-2025-0007=high+",
		"dsse.json":         "dsse trivy 0.58.1 () [b] 11-20 08:01 []: CVE-2025-0007=high+",
		"bundle.json":       "sigstore-bundle trivy 0.58.1 (debian 12.4) [b] 11-20 09:00 [linux/amd64]: CVE-2025-0001=unknown CVE-2025-0002=high+",
		"clair.json":        "clair-v4 clair  (debian 12) [b] - []: CVE-2025-0008=critical+",
	} {
		r, err := Read(fixture(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := told(r); got != want {
			t.Errorf("%s is\n%s, want\n%s", name, got, want)
		}
	}
	r, err := Read(fixture(t, "trivy.json"))
	if err != nil || len(r.Licenses) != 1 || r.Licenses[0] != (License{"GPL-3.0-or-later", "bash"}) || len(r.SHA256) != 64 {
		t.Errorf("the licences are %v, %v", r.Licenses, err)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"empty", " \n", "r.json: the file is empty"},
		{"no JSON", "{\n \"a\": x}", "r.json:2:7: no JSON"},
		{"too short", `{"a": [1`, "a closing ] or } is missing"},
		{"a list", `[1]`, "a report is a JSON object"},
		{"two", `{"a":1} {}`, "r.json:1:9: text after the end of the report"},
		{"doubled", "{\"SchemaVersion\": 2,\n \"Results\": [{\"Target\": 1, \"Target\": 2}]}", `r.json:2:28: duplicate key: Target`},
		{"deep", strings.Repeat("[", 300) + strings.Repeat("]", 300), "nested more than 200 deep"},
		{"unknown", `{"hello": 1}`, "no report that this program reads (trivy-json, grype-json, sarif, cyclonedx, in-toto, dsse, sigstore-bundle, clair-v4)"},
		{"VEX", `{"@context": "https://openvex.dev/ns"}`, "give it with --vex"},
		{"nothing scanned", `{"SchemaVersion": 2, "Results": [], "Metadata": {}}`, "nothing was scanned"},
		{"another type", "{\"SchemaVersion\": 2,\n\"Results\": {}}", "r.json:2:"},
		{"no digest", `{"SchemaVersion": 2, "Results": [{}], "Metadata": {"RepoDigests": ["node@sha256:12"]}}`, `names its image by "sha256:12", which is no digest`},
		{"no scanner", `{"runs": [{}], "version": "2.1.0"}`, "does not say which scanner made it"},
		{"another predicate", `{"_type": "x", "predicateType": "https://slsa.dev/provenance/v1"}`, "and not about vulnerabilities"},
		{"payload", `{"payloadType": "x", "payload": "!"}`, "the payload is not in base64"},
		{"not UTF-8", "{\"a\": \"\xff\"}", "not in UTF-8"},
	} {
		_, err := Read(policy.File{Name: "r.json", Text: []byte(tt.text)})
		var failed *policy.LoadError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Read says %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	set := Set{index, map[string]catalog.Platform{"linux/amd64": {Manifest: manifest, Config: conf}, "linux/arm64": {Manifest: stranger}}}
	for _, tt := range []struct {
		digests []string
		set     Set
		want    string
	}{
		{[]string{index}, set, "index [linux/386]"},
		{[]string{manifest}, set, "manifest [linux/amd64]"},
		{[]string{conf}, set, "config [linux/amd64]"},
		{[]string{index, conf}, set, "index [linux/amd64]"},
		{[]string{index, manifest, conf}, set, "manifest [linux/amd64]"},
		{[]string{"sha256:" + strings.Repeat("e", 64)}, set, " []"},
		{nil, set, " []"},
		{[]string{""}, set, " []"},
		{[]string{manifest}, Set{manifest, map[string]catalog.Platform{"linux/amd64": {Manifest: manifest, Config: conf}}}, "manifest [linux/amd64]"},
	} {
		r := &Report{Digests: tt.digests, Platforms: []string{"linux/386"}}
		binding, platforms := r.Bind(tt.set)
		if got := fmt.Sprint(binding, " ", platforms); got != tt.want {
			t.Errorf("Bind(%v) = %s, want %s", tt.digests, got, tt.want)
		}
	}
}

func TestVEX(t *testing.T) {
	t.Parallel()
	v, err := ReadVEX(fixture(t, "openvex.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		id, digest, want string
	}{
		{"CVE-2025-0002", index, "not_affected"},
		{"CVE-2025-0002", manifest, ""},
		{"CVE-2025-0001", manifest, "affected"},
		{"CVE-2025-0003", index, ""}, // its product has no digest
	} {
		if got := v.Status([]string{"GHSA-z", tt.id}, []string{tt.digest}); got != tt.want {
			t.Errorf("Status(%s, %s) = %q, want %q", tt.id, tt.digest, got, tt.want)
		}
	}
	for text, want := range map[string]string{
		`{"a": 1}`: "no OpenVEX document",
		`{"@context": "https://openvex.dev/ns", "statements": [{"vulnerability": "CVE-1", "status": "fine"}]}`: `"fine", which OpenVEX does not know`,
		`{"@context": "https://openvex.dev/ns", "statements": [{"vulnerability": {}, "status": "fixed"}]}`:     "names no vulnerability",
		`{"@context": "https://openvex.dev/ns", "statements": [], "statements": []}`:                           "duplicate key",
	} {
		if _, err := ReadVEX(policy.File{Name: "v.json", Text: []byte(text)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadVEX(%s) says %v, want %s", text, err, want)
		}
	}
}

func TestFamily(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Trivy": "trivy", "pkg:github/aquasecurity/trivy@1": "trivy", "Anchore Grype": "grype", "My Scanner": "my-scanner"} {
		if got := Family(name); got != want {
			t.Errorf("Family(%s) = %s, want %s", name, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file := policy.File{Name: "r.json", Text: text}
		if _, err := ReadVEX(file); err != nil && !errors.As(err, new(*policy.LoadError)) {
			t.Errorf("ReadVEX fails with a %T", err)
		}
		r, err := Read(file)
		if err != nil {
			if !errors.As(err, new(*policy.LoadError)) {
				t.Errorf("Read fails with a %T", err)
			}
			return
		}
		if r.Scanner == "" || slices.ContainsFunc(r.Digests, func(d string) bool { return !isDigest(d) }) {
			t.Errorf("a report by %q with the digests %v", r.Scanner, r.Digests)
		}
		for i := range r.Findings {
			if f := &r.Findings[i]; f.ID == "" || f.Severity < catalog.Negligible || f.Severity > catalog.Unknown {
				t.Errorf("a finding %+v", f)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	one := `{"VulnerabilityID": "CVE-2025-%05d", "PkgName": "libc6", "InstalledVersion": "2.36-9", "FixedVersion": "2.36-10", "Status": "fixed", "Severity": "HIGH", "Description": "` + strings.Repeat("word ", 150) + `"}`
	var all []string
	for n := range 20000 {
		all = append(all, fmt.Sprintf(one, n))
	}
	text := []byte(`{"SchemaVersion": 2, "Metadata": {"RepoDigests": ["node@` + index + `"]}, "Results": [{"Vulnerabilities": [` + strings.Join(all, ",\n") + `]}]}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(policy.File{Name: "r.json", Text: text}); err != nil {
			b.Fatal(err)
		}
	}
}
