package approval

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/evidence"
)

// Details are all that the scanners found, as the file beside the catalog has it,
// and how the catalog names that: by another name where other content of the same
// tag has the first.
func (o *Outcome) Details(c *catalog.Catalog) (catalog.Details, []byte) {
	type finding struct {
		ID       string   `json:"id"`
		Aliases  []string `json:"aliases,omitempty"`
		Severity string   `json:"severity"`
		Package  string   `json:"package,omitempty"`
		Version  string   `json:"version,omitempty"`
		FixedIn  string   `json:"fixedIn,omitempty"`
		Fixable  bool     `json:"fixable,omitempty"`
		VEX      string   `json:"vex,omitempty"`
	}
	type report struct {
		Scanner   string    `json:"scanner"`
		Version   string    `json:"version,omitempty"`
		Format    string    `json:"format"`
		ScannedAt string    `json:"scannedAt,omitempty"`
		SHA256    string    `json:"sha256"`
		Findings  []finding `json:"findings"`
	}
	out := struct {
		Version int      `json:"version"`
		Image   string   `json:"image"`
		Tag     string   `json:"tag"`
		Digest  string   `json:"digest"`
		Reports []report `json:"reports"`
	}{1, o.Image.Name, o.Version.Tag, o.Version.Digest, []report{}}
	for _, r := range o.Found {
		one := report{Scanner: r.Scanner, Version: r.Version, Format: r.Format, ScannedAt: stamp(r.ScannedAt), SHA256: r.SHA256, Findings: []finding{}}
		for i := range r.Findings {
			f := &r.Findings[i]
			one.Findings = append(one.Findings, finding{f.ID, f.Aliases, f.Severity.String(), f.Package, f.Version, f.FixedIn, f.Fixable, f.VEX})
		}
		out.Reports = append(out.Reports, one)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(out) // a buffer takes all, and these types can be encoded
	sum := sha256.Sum256(b.Bytes())
	file := detailsFile(o.Image.Name, o.Version.Tag)
	if im := c.Find(o.Image.Name); im != nil {
		for _, v := range im.Versions {
			if v.Details.File == file && v.Digest != o.Version.Digest {
				_, hexes, _ := strings.Cut(o.Version.Digest, ":")
				file = strings.TrimSuffix(file, ".json") + "-" + hexes[:min(12, len(hexes))] + ".json"
				break
			}
		}
	}
	return catalog.Details{File: file, SHA256: hex.EncodeToString(sum[:])}, b.Bytes()
}

// detailsFile is where the details of a version stand, relative to the catalog. A
// colon is no part of a name on every system.
func detailsFile(image, tag string) string {
	return "evidence/" + strings.ReplaceAll(image, ":", "_") + "/" + tag + ".json"
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// SetOf is what a version of a catalog consists of.
func SetOf(v *catalog.Version) evidence.Set {
	return evidence.Set{Digest: v.Digest, Platforms: v.Platforms}
}
