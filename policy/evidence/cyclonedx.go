package evidence

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// bom is what matters of a CycloneDX document.
type bom struct {
	Metadata struct {
		Timestamp string
		Tools     json.RawMessage
		Component struct {
			Name, Version, Purl, Type string
			Properties                []struct{ Name, Value string }
		}
	}
	Vulnerabilities []struct {
		ID      string
		Ratings []struct {
			Severity string
			Score    float64
			Source   struct{ Name string }
		}
		References     []struct{ ID string }
		Recommendation string
		Analysis       struct{ State string }
		Affects        []struct{ Ref string }
	}
}

// readCycloneDX reads the vulnerabilities of a CycloneDX document:
// https://cyclonedx.org/docs/1.6/json/
func readCycloneDX(text []byte, r *Report) error {
	var doc bom
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	r.ScannedAt = moment(doc.Metadata.Timestamp)
	r.Scanner, r.Version = tool(doc.Metadata.Tools)
	c := doc.Metadata.Component
	if isDigest(c.Version) {
		r.digest(c.Version)
	}
	if _, rest, ok := strings.Cut(c.Purl, "pkg:oci/"); ok {
		_, version, _ := strings.Cut(rest, "@")
		version, _, _ = strings.Cut(version, "?")
		if digest, err := url.PathUnescape(version); err == nil {
			r.digest(digest)
		}
	}
	for _, p := range c.Properties {
		switch p.Name {
		case "aquasecurity:trivy:ImageID":
			r.digest(p.Value)
		case "aquasecurity:trivy:RepoDigest":
			r.subject(p.Value)
		}
	}
	for _, v := range doc.Vulnerabilities {
		f := Finding{ID: v.ID, Severity: catalog.Unknown, Fixable: v.Recommendation != ""}
		for _, rating := range v.Ratings {
			// These grade how likely an attack is, not how grave.
			if name := strings.ToUpper(rating.Source.Name); strings.Contains(name, "FIRST") || strings.Contains(name, "CISA") {
				continue
			}
			graded := severity(rating.Severity)
			if graded == catalog.Unknown {
				graded = scored(rating.Score)
			}
			f.merge(Finding{ID: v.ID, Severity: graded})
		}
		for _, ref := range v.References {
			if ref.ID != "" && ref.ID != v.ID {
				f.Aliases = append(f.Aliases, ref.ID)
			}
		}
		switch v.Analysis.State {
		case "not_affected", "false_positive":
			f.VEX = "not_affected"
		case "resolved", "resolved_with_pedigree":
			f.VEX = "fixed"
		}
		r.found(f)
	}
	return nil
}

// tool is the scanner that metadata.tools names: a list before version 1.5, and
// since an object with components.
func tool(raw json.RawMessage) (name, version string) {
	type one struct{ Name, Version string }
	var list []one
	var object struct{ Components []one }
	if json.Unmarshal(raw, &list) != nil {
		if json.Unmarshal(raw, &object) != nil {
			return "", ""
		}
		list = object.Components
	}
	for _, t := range list {
		if name == "" {
			name, version = t.Name, t.Version
		}
	}
	return name, version
}
