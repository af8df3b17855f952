// Package authz decides what a Docker daemon may do, as an authorization plugin
// is asked: by the request that somebody makes of the daemon's API.
//
// It finds the images and plugins that a request has the daemon fetch, reading
// the request as the daemon does, and puts them to an image policy and to a
// catalog of approved images. What cannot be read, or would be read in two ways,
// is denied. The package decides from the request alone and does no I/O.
//
// The API is Docker's, https://docs.docker.com/reference/api/engine; how its
// daemon reads it is moby's daemon/server/router.
package authz

import (
	"context"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

// Options say what is denied whatever the policy says. The zero value allows no
// import and no pull of all tags.
type Options struct {
	// Strict denies what can bring in images that are not seen here, rather than
	// allow it and say so.
	Strict bool
	// AllowImport allows `docker import`, which makes an image of any archive.
	AllowImport bool
	// AllowAllTags has a pull of all tags judged by the name alone. The tags are
	// not known here.
	AllowAllTags bool
}

// Guard decides requests. Nothing changes it, and it is safe for concurrent use.
type Guard struct {
	Options
	// Policy is an image policy, never nil.
	Policy policy.Policy
	// Judge judges by a catalog of approved images, nil where there is none.
	Judge *approval.Judge
}

// Request is a request to the daemon, as it tells a plugin of it (moby's
// pkg/authorization, AuthZReq).
type Request struct {
	User            string            `json:"User"`
	UserAuthNMethod string            `json:"UserAuthNMethod"`
	Method          string            `json:"RequestMethod"`
	URI             string            `json:"RequestURI"`
	Body            []byte            `json:"RequestBody"`
	Headers         map[string]string `json:"RequestHeaders"`
}

// Verdict is the answer to a request. The zero value denies.
type Verdict struct {
	Allow bool
	// Endpoint is what was asked of the daemon, such as "images/create", and "" for
	// what has it fetch nothing: that is allowed and of no interest.
	Endpoint string
	// Unseen tells that what the daemon will fetch is not to be seen here.
	Unseen bool
	// Message says in one line what is denied and why, or what is not seen. It is
	// fit to be shown.
	Message string
	// Spellings are those of the images that were judged.
	Spellings []string
	// Entry is the entry that decided, "FILE:LINE ENTRY", "" where none did.
	Entry string
}

// unreadable is the endpoint of a request that does not say clearly what it is for.
const unreadable = "unreadable"

// Decide decides a request.
func (g *Guard) Decide(ctx context.Context, r *Request) Verdict {
	c, err := newCall(r)
	if err != nil {
		return Verdict{Endpoint: unreadable, Message: printable(err.Error())}
	}
	if c.endpoint == nil {
		return Verdict{Allow: true}
	}
	v, err := c.endpoint.decide(ctx, g, c)
	if err != nil {
		v = Verdict{Message: err.Error()}
	}
	v.Endpoint = c.endpoint.name
	v.Message = printable(v.Message)
	return v
}

// EndpointNames are all that Verdict.Endpoint can be, but "".
func EndpointNames() []string {
	names := []string{unreadable}
	for _, e := range endpoints() {
		names = append(names, e.name)
	}
	return names
}

// unseen is the verdict on what cannot be looked into.
func (g *Guard) unseen(what, why string) Verdict {
	if g.Strict {
		return Verdict{Unseen: true, Message: what + " is denied: " + why + ", and --strict denies what cannot be seen"}
	}
	return Verdict{Allow: true, Unseen: true, Message: what + ": " + why}
}

// join puts the verdicts on several images of one request together: each must be
// allowed.
func join(verdicts []Verdict) Verdict {
	out := Verdict{Allow: len(verdicts) > 0}
	var messages []string
	for _, v := range verdicts {
		out.Spellings = append(out.Spellings, v.Spellings...)
		switch {
		case !v.Allow && out.Allow:
			out.Allow, out.Entry, messages = false, v.Entry, []string{v.Message}
		case v.Allow == out.Allow:
			messages = append(messages, v.Message)
			if out.Entry == "" {
				out.Entry = v.Entry
			}
		}
	}
	out.Message = strings.Join(messages, "; ")
	return out
}
