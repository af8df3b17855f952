package approval

import (
	"strings"
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

// TestRevokedContent: what is revoked under one tag is not approved under another,
// by its digest, its tag or a manifest of it.
func TestRevokedContent(t *testing.T) {
	t.Parallel()
	index, manifest := "sha256:"+strings.Repeat("a", 64), "sha256:"+strings.Repeat("b", 64)
	two := []catalog.Evidence{{Scanner: "grype"}, {Scanner: "trivy"}}
	c := &catalog.Catalog{}
	put := func(v catalog.Version) {
		v.Scope, v.Evidence = []string{"organization"}, two
		c.Put(catalog.Image{Name: "docker.io/library/node"}, v)
	}
	put(catalog.Version{Tag: "20.1", Digest: index, Status: catalog.Revoked, Platforms: map[string]catalog.Platform{"linux/amd64": {Manifest: manifest}}})
	put(catalog.Version{Tag: "20", Digest: index, Status: catalog.Approved})
	put(catalog.Version{Tag: "20-amd64", Digest: manifest, Status: catalog.Approved})
	put(catalog.Version{Tag: "22", Digest: "sha256:" + strings.Repeat("c", 64), Status: catalog.Approved})
	j := NewJudge([]level.Level{{Rank: level.Organization, Catalogs: []*catalog.Catalog{c}}}, catalog.Date{})
	for ref, want := range map[string]string{
		"node:20": RevokedImage, "node@" + index: RevokedImage, "node:20@" + index: RevokedImage, "node:20-amd64": RevokedImage,
		"node@" + manifest: RevokedImage, "node:22": "",
	} {
		img, err := source.ParseReference(ref)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range j.Of(img)[0].Flaws {
			got += f.Rule
		}
		if got != want {
			t.Errorf("%s: %q, want %q", ref, got, want)
		}
		if _, _, ok := j.Pin(img); ok != (want == "" && !img.Pinned()) {
			t.Errorf("%s: Pin says %t", ref, ok)
		}
	}
}
