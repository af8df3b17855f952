package evidence

import (
	"encoding/json"
	"errors"
	"strings"
)

// readTrivy reads Trivy's own report, SchemaVersion 2:
// https://trivy.dev/latest/docs/configuration/reporting/
func readTrivy(text []byte, r *Report) error {
	var doc struct {
		CreatedAt string
		Trivy     struct{ Version string }
		Metadata  struct {
			OS          *struct{ Family, Name string }
			ImageID     string
			RepoTags    []string
			RepoDigests []string
			ImageConfig struct{ Architecture, Os, Variant string }
		}
		Results []struct {
			Vulnerabilities []struct {
				VulnerabilityID, Severity, Status, FixedVersion, PkgName, InstalledVersion string
				VendorIDs                                                                  []string
			}
			Licenses []struct{ Name, PkgName string }
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	r.Scanner, r.Version, r.ScannedAt = "trivy", doc.Trivy.Version, moment(doc.CreatedAt)
	if len(doc.Results) == 0 && doc.Metadata.OS == nil {
		return errors.New("nothing was scanned: the report has no results and names no operating system")
	}
	if os := doc.Metadata.OS; os != nil {
		r.OS = strings.TrimSpace(os.Family + " " + os.Name)
	}
	for _, ref := range doc.Metadata.RepoDigests {
		r.subject(ref)
	}
	r.digest(doc.Metadata.ImageID)
	r.Names = append(r.Names, doc.Metadata.RepoTags...)
	r.platform(doc.Metadata.ImageConfig.Os, doc.Metadata.ImageConfig.Architecture, doc.Metadata.ImageConfig.Variant)
	for _, result := range doc.Results {
		for _, v := range result.Vulnerabilities {
			f := Finding{
				ID: v.VulnerabilityID, Aliases: v.VendorIDs, Severity: severity(v.Severity), Package: v.PkgName, Version: v.InstalledVersion,
				FixedIn: v.FixedVersion, Fixable: v.FixedVersion != "",
			}
			if v.Status == "not_affected" {
				f.VEX = v.Status
			}
			r.found(f)
		}
		for _, l := range result.Licenses {
			r.Licenses = append(r.Licenses, License{l.Name, l.PkgName})
		}
	}
	return nil
}

// found adds a finding; one without an ID nobody can accept, and it counts all
// the more.
func (r *Report) found(f Finding) {
	if f.ID == "" {
		f.ID = "without an ID in " + f.Package
	}
	r.Findings = append(r.Findings, f)
}

func (r *Report) platform(os, architecture, variant string) {
	if os == "" || architecture == "" {
		return
	}
	platform := os + "/" + architecture
	if variant != "" && !(architecture == "arm64" && variant == "v8") {
		platform += "/" + variant
	}
	r.Platforms = append(r.Platforms, strings.ToLower(platform))
}
