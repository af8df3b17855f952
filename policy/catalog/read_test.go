package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy"
)

func digestOf(n int) string { return fmt.Sprintf("sha256:%064x", n) }

// generated is a catalog of so many versions, 20 to an image, with the evidence
// of two scanners each.
func generated(versions int) *Catalog {
	c := &Catalog{
		Registry: "registry.example.com/approved", Internal: []string{"registry.example.com/apps"},
		Mapping: []Mapping{{From: "docker.io", To: "registry.example.com/approved/docker.io"}},
	}
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	evidence := func(scanner string, n int) Evidence {
		return Evidence{
			Scanner: scanner, Version: "0.58.1", DB: at.Add(-3 * time.Hour), ScannedAt: at.Add(-time.Hour), Format: scanner + "-json", Binding: "index",
			Platforms: []string{"linux/amd64"}, OS: "debian 12.4", Findings: Counts{High: 1, Medium: n % 9}, Fixable: Counts{High: 1},
			SetAside: []SetAside{{ID: "CVE-2025-0001", Severity: Critical}}, SHA256: digestOf(n)[7:],
		}
	}
	for n := range versions {
		name := fmt.Sprintf("docker.io/library/image%04d", n/20)
		c.Put(Image{Name: name, License: []string{"MIT"}, Owner: "platform@example.com"}, Version{
			Tag: fmt.Sprintf("%d.%d-bookworm-slim", n%20, n), Digest: digestOf(n), Private: fmt.Sprintf("registry.example.com/approved/%s:%d.%d-bookworm-slim", name, n%20, n),
			Platforms: map[string]Platform{"linux/amd64": {digestOf(n + 1e6), digestOf(n + 2e6)}, "linux/arm64": {digestOf(n + 3e6), digestOf(n + 4e6)}},
			Status:    Approved, Scope: []string{"organization"}, ApprovedBy: "security@example.com", ApprovedAt: at, Expires: DateOf(at).Plus(90), Ticket: "SEC-1234",
			Evidence: []Evidence{evidence("trivy", n), evidence("grype", n)}, Details: Details{fmt.Sprintf("evidence/%s/%d.json", name, n), digestOf(n)[7:]},
		})
	}
	c.Accept(Accepted{ID: "CVE-2025-0001", Image: "docker.io/library/image0000", Reason: "not reached", By: "security@example.com", Until: DateOf(at).Plus(60)})
	return c
}

// withoutPlaces is a catalog without what only a text has.
func withoutPlaces(c *Catalog) *Catalog {
	c.File = policy.File{}
	for i := range c.Images {
		c.Images[i].Line = 0
		for j := range c.Images[i].Versions {
			c.Images[i].Versions[j].Line = 0
		}
	}
	for i := range c.Accepted {
		c.Accepted[i].Line = 0
	}
	return c
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	want := generated(100)
	text := want.Text()
	got, err := Read(policy.File{Name: "catalog.json", Text: text})
	if err != nil {
		t.Fatal(err)
	}
	if again := got.Text(); !bytes.Equal(again, text) {
		t.Errorf("Text() of what was read is %s, want %s", again, text)
	}
	lines := strings.Split(string(text), "\n")
	for _, im := range got.Images {
		if !strings.Contains(lines[im.Line], im.Name) || !strings.Contains(lines[im.Versions[2].Line], im.Versions[2].Tag) {
			t.Errorf("%s is said to be in line %d, and a version in line %d", im.Name, im.Line, im.Versions[2].Line)
		}
	}
	if !reflect.DeepEqual(withoutPlaces(got), want) {
		t.Error("Read(Text()) is another catalog")
	}
}

// minimal is the shortest catalog with a version, on one line, for tests to spoil.
const minimal = `{"version":1,"images":[{"image":"docker.io/library/node","versions":[` + minimalVersion + `]}]}`

const minimalVersion = `{"tag":"20","digest":"sha256:1111111111111111111111111111111111111111111111111111111111111111","scope":["organization"],"approvedBy":"a@example.com","approvedAt":"2026-11-20T09:00:00Z"}`

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	with := func(old, replacement string) string { return strings.Replace(minimal, old, replacement, 1) }
	tests := []struct{ name, text, want string }{
		{"empty", "  \n", "catalog.json:1:1: the file is empty"},
		{"no JSON", "{", "catalog.json:1:2: the file ends too early: a closing ] or } is missing"},
		{"trailing data", minimal + "{}", "catalog.json:1:259: nothing may follow the closing }: {}"},
		{"a list", "[]", "catalog.json:1:1: must be an object: ["},
		{"another version", with(`"version":1`, `"version":2`), "catalog.json:1:12: another version of the format than this program reads, which is 1: 2"},
		{"no version", with(`"version":1,`, ``), "catalog.json:1:1: a catalog without `version`"},
		{"unknown key", with(`"tag"`, `"tga":1,"tag"`), "catalog.json:1:71: unknown key of a version (valid: tag, digest, private, platforms, status, scope, approvedBy, approvedAt, expires, ticket, replacedBy, reason, evidence, details): \"tga\""},
		{"doubled key", with(`"tag"`, `"tag":"1","tag"`), "catalog.json:1:81: duplicate key: \"tag\""},
		{"no digest", with(`"digest"`, `"ticket"`), "catalog.json:1:70: a version without `digest`"},
		{"short digest", with(`1111"`, `111"`), "no digest: write sha256:<64 hex digits in lower case>"},
		{"familiar name", with(`docker.io/library/node`, `node`), `catalog.json:1:33: not the full name of an image: write docker.io/library/node: "node"`},
		{"name with a tag", with(`library/node`, `library/node:20`), `not the full name of an image: write docker.io/library/node`},
		{"bad scope", with(`["organization"]`, `["project:x"]`), `catalog.json:1:174: no scope: write organization, program:PROGRAM`},
		{"scope twice", with(`["organization"]`, `["organization","organization"]`), `twice in this list: "organization"`},
		{"bad time", with(`2026-11-20T09:00:00Z`, `2026-11-20`), `no time: write it as 2026-11-20T09:00:00Z: "2026-11-20"`},
		{"bad date", with(`"scope"`, `"expires":"2026-02-30","scope"`), `no date: write YYYY-MM-DD: "2026-02-30"`},
		{"bad status", with(`"scope"`, `"status":"ok","scope"`), `not one of approved, deprecated, revoked: "ok"`},
		{"number for text", with(`"20"`, `20`), "catalog.json:1:77: must be a string: 20"},
		{"private without a tag", with(`"scope"`, `"private":"registry.example.com/node","scope"`), "no full reference with a tag: write HOST/NAME:TAG"},
		{"negative count", with(`"scope"`, `"evidence":[{"scanner":"trivy","findings":{"high":-1}}],"scope"`), "must be a whole number, 0 or more: -1"},
		{"fractional count", with(`"scope"`, `"evidence":[{"scanner":"trivy","findings":{"high":1.5}}],"scope"`), "must be a whole number, 0 or more: 1.5"},
		{"version twice", with(minimalVersion, minimalVersion+",\n"+minimalVersion), "catalog.json:2:1: duplicate: line 1 has it, too: docker.io/library/node:20@sha256:1111111111111111111111111111111111111111111111111111111111111111"},
		{"image twice", with(`]}]}`, "]},\n{\"image\":\"docker.io/library/node\",\"versions\":[]}]}"), "catalog.json:2:1: duplicate: line 1 has it, too: docker.io/library/node"},
		{"not UTF-8", with(`"20"`, "\"\xff\""), "catalog.json:1:78: the file is not in UTF-8 here"},
		{"control character", with(`"20"`, "\"\n\""), "catalog.json:1:77: the closing \" is missing on this line"},
		{"merge conflict", "{\n<<<<<<< ours\n", "catalog.json:2:1: a conflict of a merge is not resolved here: <<<<<<< ours"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(policy.File{Name: "catalog.json", Text: []byte(tt.text)})
			var failed *policy.LoadError
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Read(%s) says %v, want %s", tt.text, err, tt.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(minimal)
	f.Add(string(generated(3).Text()))
	f.Add(`{"version":1,"images":[],"accepted":[{"id":"CVE-1","reason":"\u00e9\n","by":"b","until":"2026-01-01"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Read(policy.File{Name: "c.json", Text: []byte(text)})
		if err != nil {
			var failed *policy.LoadError
			if !errors.As(err, &failed) {
				t.Fatalf("the error is a %T", err)
			}
			return
		}
		written := c.Text()
		again, err := Read(policy.File{Name: "c.json", Text: written})
		if err != nil {
			t.Fatalf("Text() of what was read cannot be read: %v\n%s", err, written)
		}
		if !bytes.Equal(again.Text(), written) {
			t.Errorf("Text() is %s, and of that %s", written, again.Text())
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for _, versions := range []int{100, 10000} {
		b.Run(fmt.Sprint(versions), func(b *testing.B) {
			text := generated(versions).Text()
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Read(policy.File{Name: "catalog.json", Text: text}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
