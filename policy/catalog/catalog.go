// Package catalog holds an organization's catalog of approved images: which
// versions of which public images may be used, where their private copies are,
// who approved them, until when, and what several scanners found in them.
//
// It knows images by reference and no Dockerfiles, and does no I/O: the program
// reads and writes the files.
package catalog

import (
	"time"

	"github.com/imgpolicy/imgpolicy/policy"
)

// Catalog is the one file of a policy repository that lists what is approved.
type Catalog struct {
	// File is the text it was read from, under the name people know it by.
	File policy.File
	// Registry is where private copies are kept, "registry.example.com/approved";
	// "" for none.
	Registry string
	// Mapping says where the private copy of an image goes, the longest From that
	// begins its name first.
	Mapping []Mapping
	// Internal are the organization's own images, HOST or HOST/PATH as whole parts
	// of the path, which the catalog does not judge.
	Internal []string
	// Images are sorted by Name.
	Images []Image
	// Accepted are findings that were judged and may remain, sorted by ID and
	// Image.
	Accepted []Accepted
}

// Mapping replaces the start of a public name by that of a private one.
type Mapping struct{ From, To string }

// Image is a repository of which versions are approved.
type Image struct {
	Name     string   // normalized: "docker.io/library/node"
	License  []string // SPDX identifiers, nil where not known
	Owner    string
	Versions []Version // sorted by Tag, then by ApprovedAt
	Line     int       // in the file, 1-based
}

// Version is one approved content of an image.
type Version struct {
	Tag    string
	Digest string // of the index, or of the only manifest
	// Private is the tagged reference of the private copy, "" for none.
	Private string
	// Platforms are the images of the index by platform, "linux/amd64".
	Platforms map[string]Platform
	Status    Status
	// Scope says who may use it: "organization", "program:payments",
	// "project:payments/checkout" or "application:payments/checkout/api".
	Scope      []string
	ApprovedBy string
	ApprovedAt time.Time // UTC, whole seconds
	// Expires is the last day on which the approval holds; zero is never.
	Expires Date
	Ticket  string
	// ReplacedBy is what a deprecated or revoked version gives way to: a tag of
	// the same image, or another reference; "" for nothing.
	ReplacedBy string
	// Reason says why it is deprecated or revoked.
	Reason   string
	Evidence []Evidence // sorted by Scanner, then by ScannedAt
	// Details is the file with all that the scanners found.
	Details Details
	Line    int
}

// Platform is the image for one platform, by its digests.
type Platform struct{ Manifest, Config string }

// Details names a file beside the catalog, and its SHA-256 in hex.
type Details struct{ File, SHA256 string }

// Evidence is what one scanner found in a version, as far as rules that look
// nothing up need it.
type Evidence struct {
	Scanner string // the family, normalized: "trivy", "grype"
	Version string
	DB      time.Time // of the vulnerability database; zero where not told
	// ScannedAt is zero where the report does not tell; such evidence is stale
	// wherever an age is set.
	ScannedAt time.Time
	Format    string // "trivy-json"
	// Binding says which digest of the image the report names: "index",
	// "manifest", "config", or "asserted" for one that names none.
	Binding   string
	Platforms []string // those that were scanned
	OS        string   // "debian 12.4", "" where not told
	// Findings count what remains by severity, Fixable those of them for which
	// there is a fix.
	Findings, Fixable Counts
	// SetAside are the findings that neither counts.
	SetAside []SetAside
	SHA256   string // of the report, in hex
}

// SetAside is a finding that does not count, because the catalog accepts it
// (Catalog.Accepted) or because the VEX statement of its supplier says so.
type SetAside struct {
	ID       string
	Severity Severity
	Fixable  bool
	// VEX is the status that a VEX document gives, "not_affected" or "fixed"; ""
	// for what holds only as long as the catalog accepts it.
	VEX string
}

// Counts are numbers of findings by severity.
type Counts struct{ Critical, High, Medium, Low, Negligible, Unknown int }

// Accepted is a finding that may remain in an image until a day.
type Accepted struct {
	ID string
	// Image is the normalized name that it is accepted in, "" for every image.
	Image  string
	Status string // of OpenVEX: "not_affected", "affected", …; "" is "affected"
	Reason string
	By     string
	Until  Date // the last day; never zero
	Line   int
}

// Status is what an approval has come to.
type Status string

// The statuses of a version.
const (
	Approved   Status = "approved"
	Deprecated Status = "deprecated"
	Revoked    Status = "revoked"
)
