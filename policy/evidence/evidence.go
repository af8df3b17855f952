// Package evidence reads what scanners report about images, in the formats that
// they write, and says which image a report is about and what it comes to.
//
// Signatures around reports are not verified: that a report is true is for those
// to know who hand it over. The package does no I/O.
package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// MaxText is how many bytes a report may have.
const MaxText = 64 << 20

// Report is what one scanner found in one image.
type Report struct {
	File   string // as people know it
	Format string // "trivy-json"
	// Scanner is the family of the scanner, normalized: "trivy", "grype"; two
	// formats of one scanner have the same. Version is the scanner's own.
	Scanner, Version string
	// DB is the time of the vulnerability database, ScannedAt that of the scan;
	// zero where the report does not tell.
	DB, ScannedAt time.Time
	OS            string // "debian 12.4", "" where not told
	// Digests are all by which the report names its image: of an index, a manifest
	// or a config, "sha256:…". Names are the references it names it by.
	Digests, Names []string
	// Platforms are those that were scanned, where the report tells.
	Platforms []string
	// Findings are sorted by ID, each once.
	Findings []Finding
	Licenses []License
	SHA256   string // of the text, in hex
	// Line is where the report first names its image by a digest, 1 where it does
	// not.
	Line int
}

// Finding is a vulnerability that a scanner found.
type Finding struct {
	ID string
	// Aliases are other IDs of the same, such as a GHSA beside a CVE.
	Aliases  []string
	Severity catalog.Severity
	// Package and Version say what has it, FixedIn the version that has not, ""
	// where there is none.
	Package, Version, FixedIn string
	Fixable                   bool
	// VEX is the status that the report itself gives it, "not_affected" or "fixed",
	// "" for none.
	VEX string
}

// License is one that a scanner found.
type License struct{ Name, Package string }

// format is one form of reports.
type format struct {
	name string
	// fits tells by the keys of the object whether a text is of the format.
	fits func(keys map[string]json.RawMessage) bool
	read func(text []byte, r *Report) error
}

// formats are all that are read; the first that fits does.
func formats() []format {
	return []format{
		{"trivy-json", has("SchemaVersion", "Results"), readTrivy},
		{"trivy-json", has("SchemaVersion", "ArtifactName"), readTrivy},
		{"grype-json", has("matches", "descriptor"), readGrype},
		{"sarif", has("runs", "version"), readSARIF},
		{"cyclonedx", has("bomFormat"), readCycloneDX},
		{"in-toto", has("_type", "predicateType"), readStatement},
		{"dsse", has("payload", "payloadType"), readEnvelope},
		{"sigstore-bundle", has("mediaType", "dsseEnvelope"), readBundle},
		{"clair-v4", has("manifest_hash", "vulnerabilities"), readClair},
	}
}

func has(names ...string) func(map[string]json.RawMessage) bool {
	return func(keys map[string]json.RawMessage) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return keys[name] == nil })
	}
}

// Formats are the names of the formats, in the order of the documentation.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		if !slices.Contains(names, f.name) {
			names = append(names, f.name)
		}
	}
	return names
}

// Read reads a report of any format. Errors are of type *policy.LoadError.
func Read(file policy.File) (*Report, error) {
	keys, err := open(file)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(file.Text)
	r := &Report{File: file.Name, SHA256: hex.EncodeToString(sum[:])}
	if err := r.read(keys, file.Text); err != nil {
		return nil, located(file, err)
	}
	r.tidy()
	if err := r.check(); err != nil {
		return nil, located(file, err)
	}
	r.Line = r.digestLine(file.Text)
	return r, nil
}

// read reads a text by the format that fits its keys.
func (r *Report) read(keys map[string]json.RawMessage, text []byte) error {
	for _, f := range formats() {
		if f.fits(keys) {
			if r.Format == "" {
				r.Format = f.name
			}
			return f.read(text, r)
		}
	}
	if keys["@context"] != nil {
		return fmt.Errorf("this is a VEX document and no report of a scanner: give it with --vex")
	}
	return fmt.Errorf("no report that this program reads (%s)", strings.Join(Formats(), ", "))
}

// digestLine is the line where the first of the digests stands.
func (r *Report) digestLine(text []byte) int {
	first := len(text)
	for _, d := range r.Digests {
		if at := bytes.Index(text[:first], []byte(strings.TrimPrefix(d, "sha256:"))); at >= 0 {
			first = at
		}
	}
	if first == len(text) {
		return 1
	}
	return bytes.Count(text[:first], []byte("\n")) + 1
}

// check refuses what is no evidence.
func (r *Report) check() error {
	if r.Scanner == "" {
		return fmt.Errorf("the report does not say which scanner made it")
	}
	for _, d := range r.Digests {
		if !isDigest(d) {
			return fmt.Errorf("the report names its image by %q, which is no digest", d)
		}
	}
	return nil
}

// tidy puts findings in order, each once: by its ID, at the gravest that is said
// of it, and fixable if any package that has it is.
func (r *Report) tidy() {
	r.Scanner = Family(r.Scanner)
	r.Digests = sorted(r.Digests)
	r.Names = sorted(r.Names)
	r.Platforms = sorted(r.Platforms)
	byID := map[string]int{}
	merged := r.Findings[:0]
	for _, f := range r.Findings {
		at, known := byID[f.ID]
		for _, alias := range f.Aliases {
			if other, ok := byID[alias]; ok && !known {
				at, known = other, true
			}
		}
		if !known {
			at = len(merged)
			merged = append(merged, f)
		} else {
			merged[at].merge(f)
		}
		for _, id := range append(f.Aliases, f.ID) {
			byID[id] = at
		}
	}
	r.Findings = merged
	slices.SortFunc(r.Findings, func(a, b Finding) int { return strings.Compare(a.ID, b.ID) })
}

func (f *Finding) merge(other Finding) {
	if other.Severity != catalog.Unknown && (f.Severity == catalog.Unknown || other.Severity > f.Severity) {
		f.Severity = other.Severity
	}
	f.Fixable = f.Fixable || other.Fixable
	if other.VEX == "" {
		f.VEX = "" // one package that is affected is enough
	}
	for _, id := range append(other.Aliases, other.ID) {
		if id != f.ID && !slices.Contains(f.Aliases, id) {
			f.Aliases = append(f.Aliases, id)
		}
	}
}

// IDs are all by which the finding is known.
func (f *Finding) IDs() []string { return append([]string{f.ID}, f.Aliases...) }

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// families are words in the names of scanners, and the families they stand for.
var families = []struct{ word, family string }{
	{"trivy", "trivy"},
	{"grype", "grype"},
	{"anchore", "grype"},
	{"clair", "clair"},
	{"snyk", "snyk"},
	{"scout", "scout"},
	{"xray", "xray"},
	{"prisma", "prisma"},
	{"twistlock", "prisma"},
	{"wiz", "wiz"},
	{"qualys", "qualys"},
	{"tenable", "tenable"},
	{"osv-scanner", "osv-scanner"},
	{"black duck", "blackduck"},
	{"blackduck", "blackduck"},
	{"neuvector", "neuvector"},
	{"aqua", "aqua"},
	{"sysdig", "sysdig"},
}

// Family is the family of a scanner by the name it goes by: "Trivy" and
// "pkg:github/aquasecurity/trivy@0.58" are "trivy".
func Family(name string) string {
	lower := strings.ToLower(strings.TrimSpace(name))
	for _, f := range families {
		if strings.Contains(lower, f.word) {
			return f.family
		}
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return '-'
		}
		return r
	}, lower)
}

func isDigest(d string) bool {
	hexes, ok := strings.CutPrefix(d, "sha256:")
	if !ok {
		if hexes, ok = strings.CutPrefix(d, "sha512:"); !ok || len(hexes) != 128 {
			return false
		}
	} else if len(hexes) != 64 {
		return false
	}
	return strings.Trim(hexes, "0123456789abcdef") == ""
}

// subject takes the digest out of a reference, and keeps the name.
func (r *Report) subject(ref string) {
	name, digest, ok := strings.Cut(ref, "@")
	if ok && digest != "" {
		r.Digests = append(r.Digests, digest)
	}
	if name != "" {
		r.Names = append(r.Names, name)
	}
}

// digest notes a digest that may be missing.
func (r *Report) digest(d string) {
	if d != "" {
		r.Digests = append(r.Digests, d)
	}
}

// severity grades by the words that scanners use.
func severity(word string) catalog.Severity {
	switch strings.ToLower(word) {
	case "critical", "defcon1":
		return catalog.Critical
	case "high", "important":
		return catalog.High
	case "medium", "moderate":
		return catalog.Medium
	case "low":
		return catalog.Low
	case "negligible", "minimal", "info", "informational", "none":
		return catalog.Negligible
	}
	return catalog.Unknown
}

// scored grades by a CVSS score: https://www.first.org/cvss/v3.1/specification-document,
// "Qualitative Severity Rating Scale".
func scored(score float64) catalog.Severity {
	switch {
	case score >= 9:
		return catalog.Critical
	case score >= 7:
		return catalog.High
	case score >= 4:
		return catalog.Medium
	case score > 0:
		return catalog.Low
	}
	return catalog.Unknown
}

// moment reads a time; one that is none is as good as none.
func moment(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}
