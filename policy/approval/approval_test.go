package approval

import (
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// Of versions that have all expired none can be offered in the place of another.
func TestAllVersionsExpired(t *testing.T) {
	t.Parallel()
	today := catalog.DateOf(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	version := func(tag, digest string) catalog.Version {
		return catalog.Version{Tag: tag, Digest: digest, Status: catalog.Approved, Scope: []string{"organization"}, Expires: today.Plus(-1)}
	}
	c := &catalog.Catalog{Images: []catalog.Image{{
		Name:     "docker.io/library/node",
		Versions: []catalog.Version{version("20", "sha256:1"), version("20", "sha256:2"), version("22", "sha256:3")},
	}}}
	j := NewJudge([]level.Level{{Rank: level.Organization, Catalogs: []*catalog.Catalog{c}}}, today)
	img, err := source.ParseImage("node:20")
	if err != nil {
		t.Fatal(err)
	}
	flaws := j.Of(img)[0].Flaws
	if len(flaws) == 0 || flaws[0].Rule != ApprovalExpired || flaws[0].Instead != "" {
		t.Errorf("node:20 has the flaws %+v, want that it has expired, and nothing instead", flaws)
	}
}
