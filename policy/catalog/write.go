package catalog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// Text is the catalog as its file has it: indented JSON with all in order, keys
// without a value left out. Read makes the same catalog of it.
func (c *Catalog) Text() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(c.written()) // a buffer takes all, and these types can be encoded
	return b.Bytes()
}

// The shapes that are written, with keys in the order of the documentation.
type (
	writtenCatalog struct {
		Version  int               `json:"version"`
		Registry string            `json:"registry,omitempty"`
		Mapping  []writtenMapping  `json:"mapping,omitempty"`
		Internal []string          `json:"internal,omitempty"`
		Images   []writtenImage    `json:"images"`
		Accepted []writtenAccepted `json:"accepted,omitempty"`
	}
	writtenMapping struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	writtenImage struct {
		Name     string           `json:"image"`
		License  []string         `json:"license,omitempty"`
		Owner    string           `json:"owner,omitempty"`
		Versions []writtenVersion `json:"versions"`
	}
	writtenVersion struct {
		Tag        string                     `json:"tag"`
		Digest     string                     `json:"digest"`
		Private    string                     `json:"private,omitempty"`
		Platforms  map[string]writtenPlatform `json:"platforms,omitempty"`
		Status     Status                     `json:"status"`
		Scope      []string                   `json:"scope"`
		ApprovedBy string                     `json:"approvedBy"`
		ApprovedAt string                     `json:"approvedAt"`
		Expires    string                     `json:"expires,omitempty"`
		Ticket     string                     `json:"ticket,omitempty"`
		ReplacedBy string                     `json:"replacedBy,omitempty"`
		Reason     string                     `json:"reason,omitempty"`
		Evidence   []writtenEvidence          `json:"evidence,omitempty"`
		Details    *writtenDetails            `json:"details,omitempty"`
	}
	writtenPlatform struct {
		Manifest string `json:"manifest"`
		Config   string `json:"config,omitempty"`
	}
	writtenDetails struct {
		File   string `json:"file"`
		SHA256 string `json:"sha256"`
	}
	writtenEvidence struct {
		Scanner   string            `json:"scanner"`
		Version   string            `json:"version,omitempty"`
		DB        string            `json:"db,omitempty"`
		ScannedAt string            `json:"scannedAt,omitempty"`
		Format    string            `json:"format,omitempty"`
		Binding   string            `json:"binding,omitempty"`
		Platforms []string          `json:"platforms,omitempty"`
		OS        string            `json:"os,omitempty"`
		Findings  writtenCounts     `json:"findings"`
		Fixable   writtenCounts     `json:"fixable,omitzero"`
		SetAside  []writtenSetAside `json:"setAside,omitempty"`
		SHA256    string            `json:"sha256,omitempty"`
	}
	writtenCounts struct {
		Critical   int `json:"critical,omitempty"`
		High       int `json:"high,omitempty"`
		Medium     int `json:"medium,omitempty"`
		Low        int `json:"low,omitempty"`
		Negligible int `json:"negligible,omitempty"`
		Unknown    int `json:"unknown,omitempty"`
	}
	writtenSetAside struct {
		ID       string `json:"id"`
		Severity string `json:"severity"`
		Fixable  bool   `json:"fixable,omitempty"`
		VEX      string `json:"vex,omitempty"`
	}
	writtenAccepted struct {
		ID     string `json:"id"`
		Image  string `json:"image,omitempty"`
		Status string `json:"status,omitempty"`
		Reason string `json:"reason"`
		By     string `json:"by"`
		Until  string `json:"until"`
	}
)

func (c *Catalog) written() writtenCatalog {
	out := writtenCatalog{
		Version: formatVersion, Registry: c.Registry, Internal: c.Internal,
		Images: make([]writtenImage, len(c.Images)),
	}
	for _, m := range c.Mapping {
		out.Mapping = append(out.Mapping, writtenMapping(m))
	}
	for i := range c.Images {
		im := &c.Images[i]
		versions := make([]writtenVersion, len(im.Versions))
		for j := range im.Versions {
			versions[j] = im.Versions[j].written()
		}
		out.Images[i] = writtenImage{im.Name, im.License, im.Owner, versions}
	}
	for _, a := range c.Accepted {
		out.Accepted = append(out.Accepted, writtenAccepted{a.ID, a.Image, a.Status, a.Reason, a.By, a.Until.String()})
	}
	return out
}

func (v *Version) written() writtenVersion {
	out := writtenVersion{
		Tag: v.Tag, Digest: v.Digest, Private: v.Private, Status: cmp.Or(v.Status, Approved), Scope: slices.Clone(v.Scope),
		ApprovedBy: v.ApprovedBy, ApprovedAt: written(v.ApprovedAt), Expires: v.Expires.String(), Ticket: v.Ticket,
		ReplacedBy: v.ReplacedBy, Reason: v.Reason,
	}
	if out.Scope == nil {
		out.Scope = []string{}
	}
	if len(v.Platforms) > 0 {
		out.Platforms = make(map[string]writtenPlatform, len(v.Platforms))
		for name, p := range v.Platforms {
			out.Platforms[name] = writtenPlatform(p)
		}
	}
	for i := range v.Evidence {
		out.Evidence = append(out.Evidence, v.Evidence[i].written())
	}
	if v.Details != (Details{}) {
		out.Details = (*writtenDetails)(&v.Details)
	}
	return out
}

func (e *Evidence) written() writtenEvidence {
	out := writtenEvidence{
		Scanner: e.Scanner, Version: e.Version, DB: written(e.DB), ScannedAt: written(e.ScannedAt), Format: e.Format,
		Binding: e.Binding, Platforms: e.Platforms, OS: e.OS,
		Findings: writtenCounts(e.Findings), Fixable: writtenCounts(e.Fixable), SHA256: e.SHA256,
	}
	for _, a := range e.SetAside {
		out.SetAside = append(out.SetAside, writtenSetAside{a.ID, a.Severity.String(), a.Fixable, a.VEX})
	}
	return out
}

// written is a time as the file has it, "" for none.
func written(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
