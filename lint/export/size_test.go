package export_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/export/exporttest"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

func today() catalog.Date { return catalog.DateOf(time.Now()) }

// large is a catalog of so many versions, fifty of each image, each for so many
// platforms.
func large(versions, platforms int) *catalog.Catalog {
	c := &catalog.Catalog{Registry: "registry.acme.example/approved"}
	for i := range versions / 50 {
		im := catalog.Image{Name: fmt.Sprintf("docker.io/library/image-%03d", i)}
		for k := range 50 {
			tag := fmt.Sprintf("20.%02d.1-bookworm-slim", k)
			v := exporttest.Version(tag, fmt.Sprint(i, k), today())
			v.Private = c.PrivateName(im.Name) + ":" + tag
			v.Expires = today().Plus(30 + k)
			for n := len(v.Platforms); n < platforms; n++ {
				v.Platforms[fmt.Sprintf("linux/arm/v%d", n)] = catalog.Platform{Manifest: exporttest.Version("", fmt.Sprint(i, k, n), today()).Digest}
			}
			im.Versions = append(im.Versions, v)
		}
		c.Images = append(c.Images, im)
	}
	return c
}

// TestRegoSize asks that Buildx can read the approvals of 10,000 versions, and
// that more than fit one file come in several.
func TestRegoSize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ versions, platforms, files int }{{10000, 2, 1}, {1000, 60, 2}} {
		t.Run(fmt.Sprint(tt.versions), func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			e := exported(t, exporttest.Of(large(tt.versions, tt.platforms), today()), "rego")
			took := time.Since(start)
			root, data := fstest.MapFS{}, 0
			for _, f := range e.Files {
				root[f.Name] = &fstest.MapFile{Data: f.Text}
				if !strings.HasSuffix(f.Name, ".json") {
					continue
				}
				data++
				t.Logf("%s: %d bytes for %d versions, %s", f.Name, len(f.Text), tt.versions, took)
				if len(f.Text) > 4<<20 {
					t.Errorf("%s has %d bytes, and load_json reads %d", f.Name, len(f.Text), 4<<20)
				}
			}
			if data != tt.files {
				t.Errorf("%d files of approvals, want %d", data, tt.files)
			}
			name := "organization-acme.rego"
			p, err := rego.Load([]policy.File{{Name: name, Text: root[name].Data}}, root, rego.Options{})
			if err != nil {
				t.Fatal(err)
			}
			last := fmt.Sprintf("docker.io/library/image-%03d:", tt.versions/50-1)
			for tag, want := range map[string]bool{"20.49.1-bookworm-slim": true, "21": false} {
				img, err := source.ParseReference(last + tag)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if got, messages := checked(t, []*rego.Policy{p}, img, "linux/amd64"); got != want {
					t.Errorf("%s: allowed is %t, %q", img.Ref(), got, messages)
				}
				t.Logf("one image is judged in %s", time.Since(start))
			}
		})
	}
}
