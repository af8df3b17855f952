package evidence

import (
	"encoding/json"
	"slices"
	"strings"
)

// readClair reads the vulnerability report of Clair v4:
// https://quay.github.io/clair/reference/api.html
func readClair(text []byte, r *Report) error {
	var doc struct {
		ManifestHash    string `json:"manifest_hash"`
		Vulnerabilities map[string]struct {
			Name               string
			NormalizedSeverity string `json:"normalized_severity"`
			FixedInVersion     string `json:"fixed_in_version"`
			Package            struct{ Name string }
		}
		PackageVulnerabilities map[string][]string `json:"package_vulnerabilities"`
		Distributions          map[string]struct {
			DID       string `json:"did"`
			VersionID string `json:"version_id"`
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	r.Scanner = "clair"
	r.digest(doc.ManifestHash)
	for _, d := range doc.Distributions {
		r.OS = max(r.OS, strings.TrimSpace(d.DID+" "+d.VersionID))
	}
	affected := map[string]bool{}
	for _, ids := range doc.PackageVulnerabilities {
		for _, id := range ids {
			affected[id] = true
		}
	}
	for _, id := range slices.Sorted(keysOf(doc.Vulnerabilities)) {
		if v := doc.Vulnerabilities[id]; affected[id] || doc.PackageVulnerabilities == nil {
			r.found(Finding{ID: v.Name, Severity: severity(v.NormalizedSeverity), Package: v.Package.Name, FixedIn: v.FixedInVersion, Fixable: v.FixedInVersion != ""})
		}
	}
	return nil
}
