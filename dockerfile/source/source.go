// Package source describes what a build may fetch: images, files over HTTP,
// git repositories, named local directories and OCI layouts, each with the
// identifier and attributes BuildKit gives it.
//
// It parses references and URLs as written after variable expansion. It knows
// nothing of Dockerfiles, policies or the network, and does no I/O.
package source

// Kind is the type of a source, named as Buildx names the keys of a policy's
// input document. The zero value is no kind.
type Kind string

// The kinds of sources.
const (
	KindImage     Kind = "image"
	KindHTTP      Kind = "http"
	KindGit       Kind = "git"
	KindLocal     Kind = "local"
	KindOCILayout Kind = "oci-layout"
)

// Source is one thing a build would fetch. The concrete types are Image, HTTP,
// Git, Local and OCILayout.
type Source interface {
	Kind() Kind
	// Identifier is BuildKit's identifier, for instance
	// "docker-image://docker.io/library/alpine:3.20". It may hold credentials:
	// pass it through Redact before showing it.
	Identifier() string
	// Attrs are the attributes BuildKit attaches to the source operation; nil
	// when there are none.
	Attrs() map[string]string
	// Pinned tells whether the content can never change: an image with a
	// digest, a download with a checksum, a git source with a full commit.
	Pinned() bool
}
