// Package policy compares imgpolicy's Rego policies with Buildx's own engine:
// the same question to both, and every word of the answers.
package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/containerd/platforms"
	buildx "github.com/docker/buildx/policy"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	spb "github.com/moby/buildkit/sourcepolicy/pb"
	"github.com/moby/buildkit/sourcepolicy/policysession"
	"github.com/sirupsen/logrus"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// Question is what both engines are asked.
type Question struct {
	// Modules are the files of the policy, the first of them Dockerfile.rego.
	Modules []policy.File
	// Files are what the policy may read, beside its modules.
	Files    fstest.MapFS
	Source   string
	Platform string
	Attrs    map[string]string
	Env      policy.Env
	Metadata *policy.Metadata
}

// Answer is what an engine answers.
type Answer struct {
	Action   string // ALLOW, DENY, CONVERT, NEEDS or ERROR
	Messages []string
	Needs    []string // sorted
	Convert  string
	Error    string
	Probe    string   // "ok", or the error
	Print    []string // the lines of print
	Input    string   // the document, as JSON with sorted keys
}

// needSignature is what needs say of the digest that a detached signature
// signs. Buildx has no name for it: it is a request of its own.
const needSignature = "http.signature"

// Ours is imgpolicy's answer.
func Ours(ctx context.Context, q Question) Answer {
	p, err := rego.Load(q.Modules, q.Files, rego.Options{OldHost: true})
	if err != nil {
		text := err.Error()
		if bad, ok := err.(*policy.LoadError); ok {
			text = bad.Whole
		}
		return Answer{Action: "ERROR", Error: text, Probe: text}
	}
	a := Answer{Probe: "ok"}
	if err := p.Probe(ctx, q.Env); err != nil {
		a.Probe = err.Error()
	}
	c, err := p.Check(ctx, q.Request())
	a.Input, a.Print = document(c.Input), c.Printed
	if err != nil {
		a.Action, a.Error = "ERROR", err.Error()
		return a
	}
	a.Action = actions[c.Outcome]
	a.Messages, a.Convert = c.Messages, c.ConvertedTo
	a.Needs = slices.Sorted(slices.Values(c.Needs))
	return a
}

var actions = map[policy.Outcome]string{
	policy.Allow: "ALLOW", policy.Deny: "DENY", policy.Convert: "CONVERT", policy.Unknown: "NEEDS",
}

// Request is the question as imgpolicy takes it.
func (q Question) Request() policy.Request {
	return policy.Request{
		Source: source.Raw{ID: q.Source, Attributes: q.Attrs}, Platform: q.Platform,
		Env: q.Env, Metadata: q.Metadata,
	}
}

// document is a JSON document with sorted keys; lists of volumes, which Buildx
// leaves in the order of a Go map, sorted too.
func document(v any) string {
	text, err := json.Marshal(v)
	if err != nil || v == nil {
		return ""
	}
	return sortedDocument(text)
}

func sortedDocument(text []byte) string {
	var in map[string]any
	if json.Unmarshal(text, &in) != nil || in == nil {
		return ""
	}
	if image, ok := in["image"].(map[string]any); ok {
		if volumes, ok := image["volumes"].([]any); ok {
			slices.SortFunc(volumes, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
	out, err := json.Marshal(in)
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// Buildx is Buildx's answer.
func Buildx(ctx context.Context, q Question) Answer {
	log := &journal{}
	p := NewBuildx(q, log.add)
	a := Answer{Probe: "ok"}
	if _, err := p.CheckCaps(ctx); err != nil {
		a.Probe = err.Error()
	}
	*log = journal{}
	decision, request, err := p.CheckPolicy(ctx, CheckRequest(q))
	a.Input, a.Print = log.input, log.printed
	switch {
	case err != nil:
		a.Action, a.Error = "ERROR", err.Error()
	case request != nil:
		a.Action, a.Needs = "NEEDS", needs(log.missing, request)
	default:
		a.Action = decision.Action.String()
		for _, m := range decision.DenyMessages {
			a.Messages = append(a.Messages, m.Message)
		}
		if decision.Action == spb.PolicyAction_CONVERT {
			a.Convert = decision.Update.Identifier
		}
	}
	return a
}

// NewBuildx is the policy of a question in Buildx's engine.
func NewBuildx(q Question, log func(logrus.Level, string)) *buildx.Policy {
	return newBuildx(q, log, nil)
}

func newBuildx(q Question, log func(logrus.Level, string), verifier buildx.PolicyVerifierProvider) *buildx.Policy {
	opt := buildx.Opt{
		VerifierProvider: verifier,
		Env: buildx.Env{
			Args: map[string]*string{}, Labels: q.Env.Labels,
			Filename: q.Env.Filename, Target: q.Env.Target,
		},
		Log: log,
		FS:  func() (fs.StatFS, func() error, error) { return q.Files, func() error { return nil }, nil },
	}
	for k, v := range q.Env.Args {
		opt.Env.Args[k] = &v
	}
	for _, f := range q.Modules {
		opt.Files = append(opt.Files, buildx.File{Filename: f.Name, Data: f.Text})
	}
	return buildx.NewPolicy(opt)
}

// CheckRequest is the question as BuildKit puts it.
func CheckRequest(q Question) *policysession.CheckPolicyRequest {
	req := &policysession.CheckPolicyRequest{
		Source: &gwpb.ResolveSourceMetaResponse{Source: &pb.SourceOp{Identifier: q.Source, Attrs: q.Attrs}},
	}
	if q.Platform != "" {
		if p, err := platforms.Parse(q.Platform); err == nil {
			req.Platform = &pb.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}
		}
	}
	m := q.Metadata
	if m == nil {
		return req
	}
	if m.Image != nil {
		req.Source.Image = &gwpb.ResolveSourceImageResponse{Digest: m.Image.Digest, Config: m.Image.Config}
		if string(m.Image.Config) == "null" {
			req.Source.Image.Config = nil
		}
		if m.Image.HasChain {
			req.Source.Image.AttestationChain = &gwpb.AttestationChain{AttestationManifest: m.Image.AttestationManifest, Blobs: provenanceBlobs(m.Image)}
		}
	}
	if m.Git != nil {
		req.Source.Git = &gwpb.ResolveSourceGitResponse{
			Ref: m.Git.Ref, Checksum: m.Git.Checksum, CommitChecksum: m.Git.CommitChecksum,
			CommitObject: m.Git.CommitObject, TagObject: m.Git.TagObject,
		}
	}
	if m.HTTP != nil {
		req.Source.HTTP = &gwpb.ResolveSourceHTTPResponse{Checksum: m.HTTP.Checksum}
		if s := m.HTTP.Signature; s != nil {
			req.Source.HTTP.ChecksumResponse = &gwpb.ChecksumResponse{Digest: s.Digest, Suffix: s.Suffix}
		}
	}
	return req
}

// provenanceBlobs is the statement as BuildKit hands it over.
func provenanceBlobs(m *policy.ImageMetadata) map[string]*gwpb.Blob {
	if len(m.Provenance) == 0 {
		return nil
	}
	return map[string]*gwpb.Blob{"provenance": {
		Descriptor_: &gwpb.Descriptor{Annotations: map[string]string{"in-toto.io/predicate-type": m.ProvenanceType}},
		Data:        m.Provenance,
	}}
}

// journal takes Buildx's log apart: only there are the input, the printed lines
// and the names of the missing fields.
type journal struct {
	input   string
	printed []string
	missing []string
}

var (
	printLine   = regexp.MustCompile(`^[^ ]+\.rego:\d+: `)
	missingLine = regexp.MustCompile(`(?s)^policy decision for source .*: resolve missing fields \[(.*)\]$`)
)

func (j *journal) add(_ logrus.Level, text string) {
	if input, ok := strings.CutPrefix(text, "policy input: "); ok {
		j.input = sortedDocument([]byte(input))
		return
	}
	if m := missingLine.FindStringSubmatch(text); m != nil {
		j.missing = strings.Fields(m[1])
		return
	}
	if printLine.MatchString(text) {
		j.printed = append(j.printed, text)
	}
}

// needs are the names that Buildx logs, which must be what it requests.
func needs(missing []string, request *gwpb.ResolveSourceMetaRequest) []string {
	var again gwpb.ResolveSourceMetaRequest
	if err := buildx.AddUnknowns(&again, missing); err != nil {
		return []string{err.Error()}
	}
	if !again.Image.EqualVT(request.Image) || !again.Git.EqualVT(request.Git) {
		return []string{fmt.Sprintf("request %v is not for %v", request, missing)}
	}
	if request.HTTP != nil && request.HTTP.ChecksumRequest != nil {
		missing = append(missing, needSignature)
	}
	return slices.Sorted(slices.Values(missing))
}
