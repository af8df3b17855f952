// Package policy decides whether a build may fetch a source.
//
// It holds what all policy languages share; the languages themselves are in the
// packages below it, and the list of them is the program's. A policy decides
// about a source and never about a Dockerfile.
package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Outcome is a policy's answer. The zero value denies, so that a forgotten
// field fails closed.
type Outcome int

// The outcomes.
const (
	Deny Outcome = iota
	Unknown
	Allow
	// Convert allows another source in place of the one asked about.
	Convert
)

// String is the outcome in lower case.
func (o Outcome) String() string {
	switch o {
	case Allow:
		return "allow"
	case Convert:
		return "convert"
	case Unknown:
		return "unknown"
	default:
		return "deny"
	}
}

// Request is what a policy is asked about.
type Request struct {
	Source source.Source
	// Platform is the platform an image is fetched for, such as "linux/amd64";
	// "" where there is none.
	Platform string
	Env      Env
	// Metadata is what has been found out about the source; nil is nothing.
	Metadata *Metadata
	// Lookup finds out what is needed and not known; nil where nothing may, as
	// offline.
	Lookup Lookup
	// Once tells that the build asks about the source only as it is written: an
	// image that a named context stands for is not asked about again by digest.
	Once bool
}

// Env is what the build was asked to do, beyond the source.
type Env struct {
	Args     map[string]string // --build-arg
	Labels   map[string]string // --label
	Filename string            // the base name of the Dockerfile, - for standard input
	Target   string            // --target
}

// Metadata is what resolving a source tells about it. Its JSON form is that of
// recorded metadata files.
type Metadata struct {
	Image *ImageMetadata `json:"image"`
	Git   *GitMetadata   `json:"git"`
	HTTP  *HTTPMetadata  `json:"http"`
}

// ImageMetadata is what a registry tells about an image.
type ImageMetadata struct {
	Digest string `json:"digest"`
	// Config is the OCI image config; empty where it was not asked for.
	Config json.RawMessage `json:"config"`
	// HasChain tells that the attestations were asked for, and
	// AttestationManifest what was found of them.
	HasChain            bool   `json:"hasChain"`
	AttestationManifest string `json:"attestationManifest"`
	// Provenance is the in-toto statement that tells how the image was built, and
	// ProvenanceType the type of its predicate as the manifest has it; empty where
	// it was not asked for or is none.
	Provenance     json.RawMessage `json:"provenance,omitempty"`
	ProvenanceType string          `json:"provenanceType,omitempty"`
	// Signatures are those that were verified, as policies see them.
	Signatures []map[string]any `json:"signatures,omitempty"`
}

// GitMetadata is what a git remote tells about a ref.
type GitMetadata struct {
	Ref            string `json:"ref"`
	Checksum       string `json:"checksum"`       // of the tag object for an annotated tag
	CommitChecksum string `json:"commitChecksum"` // of the commit
	CommitObject   []byte `json:"commitObject"`   // raw, base64 in JSON; empty where not asked for
	TagObject      []byte `json:"tagObject"`
}

// HTTPMetadata is what downloading a file tells about it.
type HTTPMetadata struct {
	Checksum string `json:"checksum"`
	// Signature is nil where no signature was asked about.
	Signature *HTTPSignature `json:"signature,omitempty"`
	// Attestations are the sigstore bundles that GitHub has of the file, by
	// repository, "owner/name". One that was not asked is not there; one that has
	// none is, with nothing.
	Attestations map[string][]json.RawMessage `json:"attestations,omitempty"`
}

// HTTPSignature is what the owner of a file computes for a detached PGP
// signature of it. Such a signature signs the file followed by bytes of its own,
// so the file's checksum does not do, and the file itself is not kept.
type HTTPSignature struct {
	Digest string `json:"digest"` // of file and suffix, by the signature's hash
	Suffix []byte `json:"suffix"` // of the signature; base64 in JSON
}

// SignatureRequest asks for the digest that a detached PGP signature signs: that
// of a file followed by the signature's suffix.
type SignatureRequest struct {
	Algorithm string // sha256, sha384 or sha512
	Suffix    []byte
}

// Entry is a place in a policy file.
type Entry struct {
	File string // as the user named it
	Line int    // 1-based; 0 for the file as a whole
	Text string // the entry as written, for instance "defaultAllow": false
}

// Decision is a policy's whole answer about one source.
type Decision struct {
	Outcome Outcome
	// Messages says why a source is denied, one sentence each without a
	// trailing period. Rego policies may deny without one.
	Messages []string
	// MessagesBy are the entries that the messages come from, one for each
	// message in the same order; nil where By is the entry of all of them.
	MessagesBy []Entry
	// Why says what kept the policy from allowing a source that it denies
	// without a message: one line for each way to be allowed, "file:line: " and
	// what failed there, the nearest to success first. It is fit to be shown:
	// without credentials, and no line is long.
	Why []string
	// Needs are the fields of the source's metadata that are needed first, such
	// as "image.labels".
	Needs []string
	// Signature says what the need http.signature asks for, nil where it is none of
	// the needs.
	Signature *SignatureRequest
	// LookupErr is why Needs could not be found out, nil where nobody tried.
	LookupErr error
	// ConvertedTo is the identifier allowed in place of the source, where the
	// outcome is Convert.
	ConvertedTo string
	// By is the entry that decided.
	By Entry
	// Help says what the policy would allow instead, or is empty.
	Help string
	// Notes add what a reader of the decision should know.
	Notes []string
}

// Error is a policy that fails a build instead of deciding about it.
type Error struct {
	By Entry
	// Whole tells that it fails before any source is asked about, so that no
	// build gets through.
	Whole bool
	Err   error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Policy is one loaded policy. Decide is safe for concurrent use. Its values can
// be compared: two are equal only if they are the same policy.
type Policy interface {
	Decide(ctx context.Context, r Request) (Decision, error)
}

// Language is a way to write policies.
type Language struct {
	Name string
	// Match tells whether a file of this base name is written in the language.
	Match func(base string) bool
	// Rootless tells that policies read nothing but their own files, so that one
	// is the same whatever its root.
	Rootless bool
	// Load compiles the files of one policy, at least one. root is what the
	// policy may read besides, nil for nothing. Errors that point into a text
	// are of type *LoadError.
	Load func(files []File, root fs.FS) (Policy, error)
}

// File is a policy file. Name is used in messages and decisions.
type File struct {
	Name string
	Text []byte
}

// LoadError says where and why a policy file cannot be used.
type LoadError struct {
	File         string
	Line, Column int    // 1-based, columns in code points; 0 where unknown
	Entry        string // the entry as written, or ""
	Message      string
	// Whole is the error in the words of the language's engine, "" where they
	// are ours.
	Whole string
}

func (e *LoadError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
	}
	if e.Entry != "" {
		return fmt.Sprintf("%s: %s: %s", where, e.Message, e.Entry)
	}
	return where + ": " + e.Message
}
