package export_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/export"
	"github.com/imgpolicy/imgpolicy/lint/export/exporttest"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// maker makes levels and catalogs in which little is as it mostly is.
type maker struct {
	*rand.Rand
	today catalog.Date
}

func (m maker) oneIn(n int) bool { return m.IntN(n) == 0 }

func pick[T any](m maker, all ...T) T { return all[m.IntN(len(all))] }

func (m maker) version() catalog.Version {
	digest := fmt.Sprintf("seed %d", m.IntN(12)) // some have the same
	v := exporttest.Version(pick(m, "1", "2", "3"), digest, m.today)
	v.Expires = m.today.Plus(m.IntN(60) - 20)
	if m.oneIn(4) {
		v.Expires = catalog.Date{}
	}
	v.Status = pick(m, catalog.Approved, catalog.Approved, catalog.Approved, catalog.Deprecated, catalog.Revoked)
	v.ApprovedBy = pick(m, "a@example", "a@example", "b@example")
	v.ApprovedAt = v.ApprovedAt.AddDate(0, 0, -m.IntN(30))
	v.Scope = []string{pick(m, "organization", "organization", "program:one", "program:two")}
	if m.oneIn(4) {
		v.Evidence = v.Evidence[:1]
	}
	for i := range v.Evidence {
		e := &v.Evidence[i]
		e.ScannedAt = e.ScannedAt.AddDate(0, 0, -m.IntN(40))
		e.Findings.High = m.IntN(2)
		if m.oneIn(3) {
			e.SetAside = []catalog.SetAside{{ID: pick(m, "CVE-1", "CVE-2"), Severity: catalog.Critical, Fixable: true}}
		}
	}
	if m.oneIn(2) {
		v.Platforms = nil
	}
	return v
}

func (m maker) catalog() *catalog.Catalog {
	c := &catalog.Catalog{Registry: "registry.example/approved"}
	if m.oneIn(3) {
		c.Mapping = []catalog.Mapping{{From: "ghcr.io/", To: "registry.example/github/"}}
	}
	if m.oneIn(2) {
		c.Internal = []string{pick(m, "quay.io", "quay.io/acme", "registry.example/own")}
	}
	for _, name := range []string{"docker.io/library/a", "docker.io/acme/b", "ghcr.io/acme/c", "quay.io/acme/d"} {
		for range m.IntN(4) {
			v := m.version()
			switch m.IntN(4) {
			case 0:
			case 1:
				v.Private = "registry.example/other/" + name[len(name)-1:] + ":" + v.Tag
			default:
				v.Private = c.PrivateName(name) + ":" + v.Tag
			}
			c.Put(catalog.Image{Name: name}, v)
		}
	}
	for _, id := range []string{"CVE-1", "CVE-2"} {
		if m.oneIn(2) {
			c.Accept(catalog.Accepted{ID: id, Reason: "x", By: "a@example", Until: m.today.Plus(m.IntN(40) - 10)})
		}
	}
	return c
}

func (m maker) terms() catalog.Terms {
	var t catalog.Terms
	if m.oneIn(2) {
		t.MinScanners = 1 + m.IntN(2)
	}
	if m.oneIn(2) {
		t.MaxSeverity = pick(m, catalog.Medium, catalog.High, catalog.Critical)
	}
	if m.oneIn(2) {
		t.MaxEvidenceAge = 20 + m.IntN(30)
	}
	if m.oneIn(3) {
		t.Approvers = []string{"a@example"}
	}
	return t
}

func (m maker) exceptions(c *catalog.Catalog) []level.Exception {
	var out []level.Exception
	for i := range c.Images {
		im := &c.Images[i]
		for _, v := range im.Versions {
			digest := v.Digest
			for _, p := range v.Platforms {
				if m.oneIn(6) {
					digest = p.Manifest
				}
			}
			if m.oneIn(3) {
				out = append(out, level.Exception{
					Rule:   pick(m, approval.ApprovalExpired, approval.TooFewScanners, approval.EvidenceStale, approval.FindingsOverLimit, approval.PublicRegistry, approval.RevokedImage, "untrusted-registry"),
					Source: pick(m, im.Name, im.Name, im.Name, "docker.io/library/nowhere") + "@" + digest,
					Until:  m.today.Plus(m.IntN(40) - 5), File: "x.yaml", Line: len(out) + 1, By: "a@example", Reason: "x",
				})
			}
		}
	}
	return out
}

func (m maker) policy(t *testing.T) (*export.Policy, lint.Settings) {
	t.Helper()
	levels := []level.Level{
		{Rank: level.Organization, Name: "acme", File: "org.yaml", Line: 1, Catalogs: []*catalog.Catalog{m.catalog()}},
		{Rank: level.Program, Name: "one", File: "program.yaml", Line: 1},
	}
	if m.oneIn(3) {
		levels[1].Catalogs = []*catalog.Catalog{m.catalog()}
	}
	for i := range levels {
		levels[i].Terms = m.terms()
		levels[i].DryRun = m.oneIn(6)
		levels[i].Exceptions = m.exceptions(levels[0].Catalogs[0])
	}
	s := lint.Settings{
		Levels: &lint.Levels{
			All: levels, Judge: approval.NewJudge(levels, m.today), Rules: map[string]*level.Level{},
			Files: map[string]*level.Level{"org.yaml": &levels[0], "program.yaml": &levels[1]},
		},
		Disabled: map[string]bool{}, Enabled: map[string]bool{}, Locked: map[string]bool{}, Severities: map[string]lint.Severity{},
	}
	s.Levels.Texts = map[string]policy.File{"x.yaml": {}}
	if m.oneIn(3) {
		s.Severities[approval.PublicRegistry] = lint.Error
	}
	if m.oneIn(4) {
		s.Severities[approval.DeprecatedImage] = lint.Error
	}
	if m.oneIn(4) {
		s.Severities[approval.ApprovalExpiring] = lint.Error
	}
	if m.oneIn(6) {
		s.Severities[approval.OtherVersion], s.Severities[approval.ApprovedDigestMismatch] = lint.Warning, lint.Warning
	}
	if m.oneIn(6) {
		s.Severities[approval.ImageNotApproved] = lint.Warning
	}
	if m.oneIn(3) {
		list := lint.AllowList{File: pick(m, "org.yaml", "program.yaml"), Line: 3}
		for _, text := range []string{"docker.io", "registry.example", "quay.io/*"} {
			e, err := lint.ParseRegistry(text)
			if err != nil {
				t.Fatal(err)
			}
			list.Entries = append(list.Entries, e)
		}
		s.Registries = []lint.AllowList{list}
	}
	return export.From(t.Context(), s, rules.All(), m.today), s
}

// generated is how many policies are made; IMGPOLICY_GENERATED asks for more.
func generated() uint64 {
	n, err := strconv.ParseUint(os.Getenv("IMGPOLICY_GENERATED"), 10, 64)
	if err != nil {
		return 12
	}
	return n
}

// TestGenerated compares exports of made-up levels with lint, on the day of the
// export and for build policies on later days as well.
func TestGenerated(t *testing.T) {
	t.Parallel()
	today := catalog.DateOf(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	for seed := range generated() {
		p, s := maker{rand.New(rand.NewPCG(seed, 7)), today}.policy(t)
		for _, f := range export.Forms() {
			relaxed := p.Levels[0].DryRun || p.Levels[1].DryRun || s.Severities[approval.OtherVersion] != 0 || s.Severities[approval.ImageNotApproved] != 0
			if !f.Checkable() || relaxed && f.Name != "rego" { // they are stricter then
				continue
			}
			p.Today = today
			e, err := f.Export(p)
			if err != nil {
				t.Fatalf("%d, %s: %v", seed, f.Name, err)
			}
			dir, names := directory(e)
			days := []int{0}
			if f.Name == "rego" {
				days = []int{0, 3, 11, 30}
			}
			for _, n := range days {
				p.Today = today.Plus(n)
				differences, _, err := f.Check(t.Context(), p, dir, names)
				if err != nil {
					t.Fatalf("%d, %s: %v", seed, f.Name, err)
				}
				for _, d := range differences {
					// An export may be stricter: of a tag where it goes by the digest, and
					// later where an exception covers what has come in the place of another
					// finding.
					if !d.Allowed && (f.Name != "rego" || n > 0) {
						continue
					}
					t.Errorf("%d, %s, %d days later: %s", seed, f.Name, n, d)
				}
			}
		}
		if t.Failed() {
			return
		}
	}
}
