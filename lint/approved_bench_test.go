package lint_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// largeCatalog has 500 images of 20 versions each, with the evidence of two
// scanners.
func largeCatalog(now time.Time) *catalog.Catalog {
	c := &catalog.Catalog{File: policy.File{Name: "catalog.json"}, Registry: "registry.example.com/approved"}
	for i := range 500 {
		im := catalog.Image{Name: fmt.Sprintf("docker.io/library/image%03d", i), License: []string{"MIT"}}
		for k := range 20 {
			tag, digest := fmt.Sprintf("%d.%d-slim", k, i), fmt.Sprintf("sha256:%064x", i*20+k)
			v := catalog.Version{
				Tag: tag, Digest: digest, Private: "registry.example.com/approved/" + im.Name + ":" + tag, Status: catalog.Approved, Scope: []string{"organization"},
				Platforms:  map[string]catalog.Platform{"linux/amd64": {Manifest: fmt.Sprintf("sha256:%064x", 1e6+i*20+k)}},
				ApprovedBy: "security@example.com", ApprovedAt: now, Expires: catalog.DateOf(now).Plus(90),
			}
			for _, scanner := range []string{"grype", "trivy"} {
				v.Evidence = append(v.Evidence, catalog.Evidence{Scanner: scanner, ScannedAt: now, Findings: catalog.Counts{High: 1}})
			}
			c.Put(im, v)
		}
	}
	return c
}

// typical are Dockerfiles as applications have them, with approved private images
// that all differ.
func typical(n int) []lint.File {
	files := make([]lint.File, n)
	for i := range files {
		ref := func(k int) string {
			image, version := (i+k)%500, (i+k)%20
			return fmt.Sprintf("registry.example.com/approved/docker.io/library/image%03d:%d.%d-slim@sha256:%064x", image, version, image, image*20+version)
		}
		text := []byte("# syntax=" + ref(0) + "\nARG VERSION=1\nFROM " + ref(1) + " AS build\nWORKDIR /src\nCOPY go.mod go.sum ./\nRUN --mount=type=cache,target=/root/.cache go mod download\nCOPY . .\n" +
			"RUN CGO_ENABLED=0 go build -ldflags \"-X main.version=$VERSION\" -o /out/app ./cmd/app\n\nFROM " + ref(2) + "\nLABEL org.opencontainers.image.title=app org.opencontainers.image.version=$VERSION\n" +
			"RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*\nCOPY --from=build /out/app /usr/local/bin/app\nCOPY --from=" + ref(3) + " /etc/x /etc/x\n" +
			"USER 65532\nEXPOSE 8080\nENV MODE=production LOG=info\nHEALTHCHECK CMD [\"app\", \"health\"]\nENTRYPOINT [\"app\"]\n")
		files[i] = lint.File{Name: fmt.Sprintf("app%d/Dockerfile", i), Read: func() ([]byte, error) { return text, nil }}
	}
	return files
}

// BenchmarkApproved lints 1,000 Dockerfiles with a catalog of 10,000 versions, and
// without, in turns. The ratio is of the times of each round.
func BenchmarkApproved(b *testing.B) {
	now := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	files := typical(1000)
	levels := []level.Level{{Rank: level.Organization, Name: "acme", File: "org.yaml", Catalogs: []*catalog.Catalog{largeCatalog(now)}}}
	run := func(l *lint.Levels) time.Duration {
		linter := &lint.Linter{Rules: rules.All(), Now: now, Jobs: 1, Settings: lint.Settings{Levels: l}}
		began := time.Now()
		result, failures := linter.Lint(context.Background(), files)
		took := time.Since(began)
		if len(failures) > 0 || len(result.Diagnostics) > 0 {
			b.Fatal(failures, result.Diagnostics[0].Message)
		}
		return took
	}
	var with, without time.Duration
	for b.Loop() {
		without += run(nil)
		// A new judge each time: what one remembers of the round before is not to count.
		with += run(&lint.Levels{All: levels, Judge: approval.NewJudge(levels, catalog.DateOf(now))})
	}
	b.ReportMetric(float64(with.Milliseconds())/float64(b.N), "ms-with/op")
	b.ReportMetric(float64(without.Milliseconds())/float64(b.N), "ms-without/op")
	b.ReportMetric(float64(with)/float64(without), "ratio")
}
