package exporttest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/export"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// Approving is the policy of a level whose catalog approves every third of some
// references.
func Approving(references []string, today catalog.Date) (*export.Policy, error) {
	c := &catalog.Catalog{Registry: "registry.acme.example/approved"}
	for i, ref := range references {
		img, err := source.ParseReference(ref)
		if err != nil {
			return nil, err
		}
		if i%3 == 0 {
			tag := img.Tag()
			if tag == "" {
				tag = "untagged"
			}
			v := Version(tag, ref, today)
			if img.Pinned() {
				v.Digest = img.Digest()
			}
			if name := c.PrivateName(img.Name()); i%2 == 0 {
				v.Private = name + ":" + tag
			}
			c.Put(catalog.Image{Name: img.Name()}, v)
		}
	}
	return Of(c, today), nil
}

// Version is an approved version of a tag, its digests made of a seed.
func Version(tag, seed string, today catalog.Date) catalog.Version {
	sum := func(what string) string {
		h := sha256.Sum256([]byte(seed + what))
		return "sha256:" + hex.EncodeToString(h[:])
	}
	now, _ := time.Parse(time.DateOnly, today.String()) // it is a date
	scan := func(scanner string) catalog.Evidence {
		return catalog.Evidence{Scanner: scanner, Version: "1.0.0", DB: now, ScannedAt: now, Format: scanner + "-json", Binding: "index", SHA256: sum(scanner)[7:]}
	}
	return catalog.Version{
		Tag: tag, Digest: sum("index"), Status: catalog.Approved, Scope: []string{"organization"}, ApprovedBy: "security@acme.example", ApprovedAt: now, Expires: today.Plus(90),
		Platforms: map[string]catalog.Platform{
			"linux/amd64": {Manifest: sum("amd64"), Config: sum("amd64 config")},
			"linux/arm64": {Manifest: sum("arm64"), Config: sum("arm64 config")},
		},
		Evidence: []catalog.Evidence{scan("grype"), scan("trivy")},
	}
}

// Of is the policy of an organization that has a catalog and nothing else.
func Of(c *catalog.Catalog, today catalog.Date) *export.Policy {
	levels := []level.Level{{Rank: level.Organization, Name: "acme", File: "acme.yaml", Line: 1, Catalogs: []*catalog.Catalog{c}}}
	s := lint.Settings{
		Levels:   &lint.Levels{All: levels, Judge: approval.NewJudge(levels, today), Files: map[string]*level.Level{}, Rules: map[string]*level.Level{}},
		Disabled: map[string]bool{}, Enabled: map[string]bool{}, Locked: map[string]bool{}, Severities: map[string]lint.Severity{},
	}
	return export.From(context.Background(), s, rules.All(), today)
}
