package evidence

import (
	"encoding/json"
	"errors"
	"strings"
)

// grypeReport is what matters of a report of Grype.
type grypeReport struct {
	Matches []struct {
		Vulnerability struct {
			ID, Severity string
			Fix          struct {
				State    string
				Versions []string
			}
		}
		RelatedVulnerabilities []struct{ ID string }
		Artifact               struct{ Name, Version string }
	}
	Source *struct {
		Type   string
		Target json.RawMessage
	}
	Distro     struct{ Name, Version string }
	Descriptor struct {
		Name, Version, Timestamp string
		DB                       struct {
			Built  string
			Status struct{ Built string }
		}
	}
}

// readGrype reads Grype's own report:
// https://github.com/anchore/grype, schema of its presenter "json".
func readGrype(text []byte, r *Report) error {
	var doc grypeReport
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	if doc.Source == nil {
		return errors.New("nothing was scanned: the report has no source")
	}
	r.Scanner, r.Version, r.ScannedAt = doc.Descriptor.Name, doc.Descriptor.Version, moment(doc.Descriptor.Timestamp)
	if r.DB = moment(doc.Descriptor.DB.Built); r.DB.IsZero() {
		r.DB = moment(doc.Descriptor.DB.Status.Built)
	}
	r.OS = strings.TrimSpace(doc.Distro.Name + " " + doc.Distro.Version)
	var target struct {
		UserInput, ImageID, ManifestDigest, Os, Architecture string
		RepoDigests, Tags                                    []string
	}
	if json.Unmarshal(doc.Source.Target, &target) == nil { // a directory is a string
		r.digest(target.ManifestDigest)
		r.digest(target.ImageID)
		for _, ref := range target.RepoDigests {
			r.subject(ref)
		}
		r.Names = append(r.Names, target.Tags...)
		r.platform(target.Os, target.Architecture, "")
	}
	for _, m := range doc.Matches {
		f := Finding{ID: m.Vulnerability.ID, Severity: severity(m.Vulnerability.Severity), Package: m.Artifact.Name, Version: m.Artifact.Version}
		for _, related := range m.RelatedVulnerabilities {
			f.Aliases = append(f.Aliases, related.ID)
		}
		if f.Fixable = m.Vulnerability.Fix.State == "fixed"; f.Fixable {
			f.FixedIn = strings.Join(m.Vulnerability.Fix.Versions, ", ")
		}
		r.found(f)
	}
	return nil
}
