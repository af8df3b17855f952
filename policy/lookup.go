package policy

import (
	"context"
	"errors"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Question is what is to be found out about a source.
type Question struct {
	Source source.Source
	// Platform is the platform an image is fetched for, as in Request.
	Platform string
	// Needs are the fields, as in Decision. They decide what the answer has.
	Needs []string
	// Signature is the digest that the need http.signature is about, as in
	// Decision.
	Signature *SignatureRequest
	// Repositories are those of GitHub that a file's attestations are wanted from,
	// "owner/name"; the need for them is "http.attestations".
	Repositories []string
}

// Lookup finds out about a source what a policy needs. The answer must not be
// changed. The package itself looks nothing up: it is given to those who may.
type Lookup func(ctx context.Context, q Question) (*Metadata, error)

// ErrUnsupported is why a Lookup fails for what is not looked up at all, however
// often it is asked.
var ErrUnsupported = errors.New("not supported")
