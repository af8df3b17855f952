package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ggcr "github.com/google/go-containerregistry/pkg/registry"
)

// shop is an organization with a registry on loopback and a catalog.
type shop struct {
	t            *testing.T
	dir          string
	host, digest string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	server := httptest.NewServer(ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)), ggcr.WithReferrersSupport(true)))
	t.Cleanup(server.Close)
	s := &shop{t: t, dir: t.TempDir(), host: strings.TrimPrefix(server.URL, "http://")}
	s.digest = push(t, server.URL)
	write(t, s.dir, ".imgpolicy.yaml", "level: organization\nname: acme\nmax-approval-days: 100\nmax-severity: high\nmax-exception-days: 60\n")
	write(t, s.dir, "catalog.json", fmt.Sprintf(`{"version": 1, "registry": "%s/approved", "images": []}`, s.host))
	s.report("trivy.json", s.digest, "")
	s.grype("grype.json", s.digest)
	return s
}

// report writes a report of Trivy about a digest, with a finding of a severity.
func (s *shop) report(name, digest, severity string) {
	found := ""
	if severity != "" {
		found = `{"VulnerabilityID": "CVE-2026-1", "PkgName": "zlib", "FixedVersion": "2", "Severity": "` + severity + `"}`
	}
	write(s.t, s.dir, name, `{"SchemaVersion": 2, "CreatedAt": "2026-11-25T08:00:00Z", "Metadata": {"OS": {"Family": "debian", "Name": "12.4"},
  "RepoDigests": ["app@`+digest+`"]}, "Results": [{"Vulnerabilities": [`+found+`]}]}`)
}

func (s *shop) grype(name, digest string) {
	write(s.t, s.dir, name, `{"matches": [], "source": {"type": "image", "target": {"manifestDigest": "`+digest+`"}}, "descriptor": {"name": "grype", "version": "1", "timestamp": "2026-11-25T09:00:00Z"}}`)
}

// run runs a command on the day the tests are about.
func (s *shop) run(want int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "REF", s.host+"/app:1")
	}
	switch args[0] {
	case "lint":
		args = append(args, "--now", "2026-11-26")
	default:
		args = append(args, "--now", "2026-11-26")
		if args[0] == "approve" || args[1] == "audit" {
			args = append(args, "--insecure-registry", s.host)
		}
	}
	code, stdout, stderr := runIn(s.t.Context(), s.dir, nil, nil, args...)
	if code != want {
		s.t.Fatalf("%v ended with %d, want %d: stdout %s, stderr %s", args, code, want, stdout, stderr)
	}
	return stdout, stderr
}

func (s *shop) has(got string, want ...string) {
	s.t.Helper()
	for _, part := range want {
		if !strings.Contains(got, strings.NewReplacer("HOST", s.host, "DIGEST", s.digest, "PORT", strings.ReplaceAll(s.host, ":", "-")).Replace(part)) {
			s.t.Errorf("%q is missing in\n%s", part, got)
		}
	}
}

// unchanged runs a command that must write nothing.
func (s *shop) unchanged(want int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	before := snapshot(s.t, s.dir)
	stdout, stderr = s.run(want, args...)
	if after := snapshot(s.t, s.dir); after != before {
		s.t.Errorf("%v changed files:\n%s\nwas\n%s", args, after, before)
	}
	return stdout, stderr
}

// snapshot is all that is in a directory.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&out, "%s: %s\n", path, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const approved = "approve REF --report trivy.json --report grype.json --scope organization --expires 90d --by security@example.com --ticket SEC-1"

func TestApprove(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	write(t, s.dir, "Dockerfile", "FROM "+s.host+"/app:1\n")
	out, _ := s.run(exitFound, "lint", "--disable", "unpinned-image")
	s.has(out, "error[image-not-approved]", "imgpolicy approve HOST/app:1")

	out, errs := s.unchanged(exitClean, strings.Fields(approved+" --copy --dry-run")...)
	s.has(out, "Would have approved HOST/app:1@DIGEST until 2027-02-24, for organization, by the word of grype and trivy", `+          "digest": "DIGEST",`, `+          "private": "HOST/approved/PORT/app:1",`)
	if errs != "" {
		t.Errorf("stderr has %q", errs)
	}
	out, errs = s.run(exitClean, strings.Fields(approved+" --copy")...)
	s.has(out, "Approved HOST/app:1@DIGEST", "+++ b/catalog.json")
	s.has(errs, "copied to HOST/approved/PORT/app:1")
	s.has(read(t, filepath.Join(s.dir, "audit.jsonl")), `{"time":"2026-11-26T00:00:00Z","action":"approve","by":"security@example.com"`, `"copied":true`, `"ticket":"SEC-1"`)
	if files, _ := filepath.Glob(filepath.Join(s.dir, "evidence", "*", "*", "1.json")); len(files) != 1 {
		t.Errorf("the details are in %v", files)
	}
	s.run(exitClean, "catalog", "verify")

	out, _ = s.run(exitFound, "lint")
	s.has(out, "warning[public-registry]", "HOST/approved/PORT/app:1@DIGEST", "error[unpinned-image]")
	s.run(exitClean, "lint", "--fix")
	if got, want := read(t, filepath.Join(s.dir, "Dockerfile")), "FROM "+s.host+"/approved/"+strings.ReplaceAll(s.host, ":", "-")+"/app:1@"+s.digest+"\n"; got != want {
		t.Errorf("fixed it is %s, want %s", got, want)
	}
	out, _ = s.run(exitClean, "catalog", "audit")
	s.has(out, "No problems found")

	out, _ = s.run(exitClean, "catalog", "renew", "REF", "--report", "trivy.json", "--report", "grype.json", "--by", "b@example.com", "--expires", "100d")
	s.has(out, "Renewed", `-          "expires": "2027-02-24",`, `+          "expires": "2027-03-06",`)
	out, _ = s.run(exitClean, "catalog", "list", "--format", "json")
	var list struct{ Versions []listedVersion }
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Versions) != 1 || list.Versions[0].Expires != "2027-03-06" || len(list.Versions[0].Standing) != 0 {
		t.Errorf("the list is %s, %v", out, err)
	}
	out, _ = s.run(exitClean, "catalog", "list", "--expiring", "30d")
	s.has(out, "catalog.json has no such version")

	s.run(exitClean, "catalog", "deprecate", "REF", "--reason", "old", "--by", "b@example.com", "--replaced-by", "2")
	out, _ = s.run(exitClean, "lint")
	s.has(out, "warning[deprecated-image]", "is deprecated: old")
	out, _ = s.run(exitClean, "catalog", "revoke", "REF", "--reason", "CVE-2026-9", "--by", "b@example.com")
	s.has(out, "is revoked", `+          "status": "revoked",`)
	out, _ = s.run(exitFound, "lint")
	s.has(out, "error[revoked-image]", "is revoked: CVE-2026-9")
	out, _ = s.run(exitFound, "catalog", "audit")
	s.has(out, "is revoked, and still in the registry")
	_, errs = s.unchanged(exitUnchecked, "catalog", "renew", "REF", "--report", "trivy.json", "--by", "b@example.com")
	s.has(errs, "is revoked, and is not renewed")
	out, _ = s.unchanged(exitFound, strings.Fields(approved)...)
	s.has(out, "error[revoked-image]", "has the content of 1, which is revoked: CVE-2026-9")
	if lines := strings.Count(read(t, filepath.Join(s.dir, "audit.jsonl")), "\n"); lines != 4 {
		t.Errorf("the audit file has %d lines, want 4", lines)
	}
}

// TestApproveUnmet are approvals of which a condition is not met, or that cannot
// be judged: nothing is written.
func TestApproveUnmet(t *testing.T) {
	t.Parallel()
	other := "sha256:" + strings.Repeat("1", 64)
	for _, tt := range []struct {
		name, args string
		rule       string
		change     func(s *shop)
		code       int
		want       []string
	}{
		{name: "another image", rule: "evidence-mismatch", change: func(s *shop) { s.report("trivy.json", other, "") }, code: exitFound, want: []string{"error[evidence-mismatch]: the report is about another image: it names " + other, "trivy.json", "error[too-few-scanners]"}},
		{name: "no digest", rule: "evidence-mismatch", change: func(s *shop) { write(s.t, s.dir, "trivy.json", `{"SchemaVersion": 2, "Results": [{}]}`) }, code: exitFound, want: []string{"names no digest", "--assert-subject"}},
		{name: "one scanner", rule: "too-few-scanners", args: "approve REF --report trivy.json --scope organization --expires 90d --by a", code: exitFound, want: []string{"1 scanner (trivy), and 2 are needed (the default)"}},
		{name: "too grave", rule: "findings-over-limit", change: func(s *shop) { s.report("trivy.json", s.digest, "CRITICAL") }, code: exitFound, want: []string{"error[findings-over-limit]", "1 critical finding by trivy", "CVE-2026-1", "(organization acme, .imgpolicy.yaml:4)"}},
		{name: "too long", rule: "approval-expired", args: approved + " --expires 101d", code: exitFound, want: []string{"error[approval-expired]", "101 days, and 100 are the most"}},
		{name: "no report", args: "approve REF --scope organization --by a", code: exitUnchecked, want: []string{"--report is missing"}},
		{name: "no such report", args: approved + " --report none.json", code: exitUnchecked, want: []string{"none.json"}},
		{name: "malformed", change: func(s *shop) {
			write(s.t, s.dir, "trivy.json", "{\n\"SchemaVersion\": 2,\n\"Results\": [], \"Results\": []}")
		}, code: exitUnchecked, want: []string{"trivy.json:3:16: duplicate key: Results"}},
		{name: "catalog", change: func(s *shop) { write(s.t, s.dir, "catalog.json", "{\"version\": 1,\n\"imagse\": []}") }, code: exitUnchecked, want: []string{"catalog.json:2:1: unknown key of a catalog", "imagse"}},
		{name: "no such tag", args: strings.Replace(approved, "REF", "REF2", 1), code: exitUnchecked, want: []string{"app:12"}},
		{name: "scope", args: strings.Replace(approved, "--scope organization", "--scope project:x", 1), code: exitUnchecked, want: []string{`--scope "project:x" is no scope`}},
		{name: "past", args: approved + " --expires 2020-01-01", code: exitUnchecked, want: []string{"2020-01-01 is over"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			if tt.change != nil {
				tt.change(s)
			}
			args := tt.args
			if args == "" {
				args = approved
			}
			for _, format := range []string{"text", "compact", "sarif", "json"} {
				out, errs := s.unchanged(tt.code, append(strings.Fields(args), "--format", format)...)
				if format == "text" {
					s.has(out+errs, tt.want...)
				} else if tt.code == exitFound {
					s.has(out, tt.rule)
				}
			}
		})
	}
}

// TestApproveAccepted lets a finding remain for a time.
func TestApproveAccepted(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.report("trivy.json", s.digest, "CRITICAL")
	s.unchanged(exitFound, strings.Fields(approved)...)
	_, errs := s.unchanged(exitUnchecked, "catalog", "accept", "CVE-2026-1", "--until", "61d", "--reason", "not reached", "--by", "a")
	s.has(errs, "more than 60 days away", "(organization acme, .imgpolicy.yaml:5)")
	out, _ := s.run(exitClean, "catalog", "accept", "CVE-2026-1", "--image", s.host+"/app", "--until", "60d", "--reason", "not reached", "--by", "a")
	s.has(out, "CVE-2026-1 may remain in HOST/app until 2027-01-25")
	s.run(exitClean, strings.Fields(approved)...)
	s.run(exitClean, "catalog", "verify")
	code, out, _ := runIn(t.Context(), s.dir, nil, nil, "catalog", "verify", "--now", "2027-01-26")
	if code != exitFound {
		t.Errorf("verify ended with %d once the finding is not accepted any more", code)
	}
	s.has(out, "error[findings-over-limit]", "no longer accepted: CVE-2026-1", "catalog.json:")
	files, _ := filepath.Glob(filepath.Join(s.dir, "evidence", "*", "*", "1.json"))
	if err := os.WriteFile(files[0], []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ = s.run(exitFound, "catalog", "verify")
	s.has(out, "error[evidence-mismatch]", "has changed since HOST/app:1 was approved")
}

// TestApproveUnwritten finds a catalog that cannot be written as it was.
func TestApproveUnwritten(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	write(t, s.dir, "evidence", "in the way")
	_, errs := s.unchanged(exitUnchecked, strings.Fields(approved)...)
	s.has(errs, "evidence", "was not written", "the catalog is as it was")
}

// TestApproveUndone finds the details of a renewed approval as they were where the
// catalog could not be written.
func TestApproveUndone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run(exitClean, strings.Fields(approved)...)
	b := &book{path: filepath.Join(s.dir, "catalog.json"), dir: s.dir}
	files, _ := filepath.Glob(filepath.Join(s.dir, "evidence", "*", "*", "1.json"))
	relative, err := filepath.Rel(s.dir, files[0])
	if err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, s.dir)
	undo, err := b.saveExtra(map[string][]byte{filepath.ToSlash(relative): []byte("other"), "evidence/new.json": []byte("new")})
	if err != nil || snapshot(t, s.dir) == before {
		t.Fatal("nothing was written", err)
	}
	if undo(); snapshot(t, s.dir) != before {
		t.Error("it is not as it was")
	}
}
