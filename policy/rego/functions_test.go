package rego

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

const someDigest = "sha256:0000000000000000000000000000000000000000000000000000000000000001"

// sourcesByKind are what the functions are called about, by the kind of input and
// what is known of it.
var sourcesByKind = map[string]policy.Request{
	"image": {Source: source.Raw{ID: "docker-image://docker.io/library/alpine:3@" + someDigest}, Platform: "linux/amd64"},
	"local": {Source: source.Raw{ID: "local://context"}},
	"git":   {Source: source.Raw{ID: "git://example.com/a.git"}},
	"http":  {Source: source.Raw{ID: "https://example.com/f"}},
	"http with checksum": {
		Source: source.Raw{ID: "https://example.com/f"}, Metadata: &policy.Metadata{HTTP: &policy.HTTPMetadata{Checksum: someDigest}},
	},
	"http with bad checksum": {
		Source: source.Raw{ID: "https://example.com/f"}, Metadata: &policy.Metadata{HTTP: &policy.HTTPMetadata{Checksum: "md5"}},
	},
	"git with commit": {
		Source: source.Raw{ID: "git://example.com/a.git"}, Metadata: &policy.Metadata{Git: &policy.GitMetadata{
			Ref: "refs/heads/main", Checksum: "b20c7c732884d43a0db0e0ca447858270864529f", CommitObject: []byte(unsigned),
		}},
	},
}

const unsigned = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n\nm\n"

type verifierFunc func(d digest.Digest, bundle []byte) (map[string]any, error)

func (f verifierFunc) VerifyArtifact(ctx context.Context, d digest.Digest, bundle []byte) (map[string]any, error) {
	if _, ok := ctx.Deadline(); !ok {
		return nil, errors.New("the evaluation is not bounded")
	}
	return f(d, bundle)
}

type functionCall struct {
	function, about string
	first           any // own, commit or a value
	rest            []any
	want            any // nil for undefined
	asked, err      string
}

// own stands for the object judged.
const own = "the object judged"

// TestFunctionsSayWhatBuildxSays calls every function with every kind of wrong
// argument. The order of the checks shows in what is false, what is undefined
// and what is asked for.
func TestFunctionsSayWhatBuildxSays(t *testing.T) {
	t.Parallel()
	for _, c := range []functionCall{
		{"load_json", "local", 1, nil, nil, "", "load_json: expected string path, got ast.Number"},
		{"load_json", "local", "good.json", nil, map[string]any{"a": []any{1, "b"}}, "", ""},
		{"load_json", "local", "bad", nil, nil, "", `load_json: invalid JSON in "bad": invalid character 'x' looking for beginning of value`},
		{"load_json", "local", "none", nil, nil, "", `failed opening file "none": open none: file does not exist`},
		{"load_json", "local", "../bad", nil, nil, "", `failed opening file "../bad": open ../bad: file does not exist`},

		{"pin_image", "local", 1, []any{2}, false, "", ""},
		{"pin_image", "image", 1, []any{2}, nil, "", "pin_image: expected object, got ast.Number"},
		{"pin_image", "image", map[string]any{}, []any{2}, nil, "", "pin_image: first argument is not the same as input image"},
		{"pin_image", "image", own, []any{2}, nil, "", "pin_image: expected string path, got ast.Number"},
		{"pin_image", "image", own, []any{"x"}, nil, "", "pin_image: invalid digest: invalid checksum digest format"},
		{"pin_image", "image", own, []any{someDigest}, true, "", ""},

		{"verify_git_signature", "http", 1, []any{2}, false, "", ""},
		{"verify_git_signature", "git", 1, []any{2}, false, "git.commit", ""},
		{"verify_git_signature", "git with commit", 1, []any{2}, nil, "", "verify_git_signature: expected object, got ast.Number"},
		{"verify_git_signature", "git with commit", own, []any{2}, nil, "", "verify_git_signature: object is neither commit nor tag"},
		{"verify_git_signature", "git with commit", "commit", []any{2}, nil, "", "verify_git_signature: expected string path, got ast.Number"},
		{"verify_git_signature", "git with commit", "commit", []any{"none"}, nil, "", `failed opening file "none": open none: file does not exist`},
		{"verify_git_signature", "git with commit", "commit", []any{"bad"}, nil, "", "verify_git_signature: verification failes: git object is not signed"},

		{"verify_http_pgp_signature", "git", 1, []any{2, 3}, false, "", ""},
		{"verify_http_pgp_signature", "http", 1, []any{2, 3}, nil, "", "verify_http_pgp_signature: expected object, got ast.Number"},
		{"verify_http_pgp_signature", "http", map[string]any{}, []any{2, 3}, nil, "", "verify_http_pgp_signature: first argument is not the same as input http"},
		{"verify_http_pgp_signature", "http", own, []any{2, 3}, nil, "", "verify_http_pgp_signature: expected string signature path, got ast.Number"},
		{"verify_http_pgp_signature", "http", own, []any{"none", 3}, nil, "", "verify_http_pgp_signature: expected string pubkey path, got ast.Number"},
		{"verify_http_pgp_signature", "http", own, []any{"none", "none"}, nil, "", `failed opening file "none": open none: file does not exist`},
		{"verify_http_pgp_signature", "http", own, []any{"bad", "bad"}, nil, "", "verify_http_pgp_signature: failed to parse detached signature: failed to decode armored signature: EOF"},

		{"artifact_attestation", "git", 1, []any{2}, nil, "", ""},
		{"artifact_attestation", "http", 1, []any{2}, nil, "", "artifact_attestation: expected object, got ast.Number"},
		{"artifact_attestation", "http", map[string]any{}, []any{2}, nil, "", "artifact_attestation: first argument is not the same as input http"},
		{"artifact_attestation", "http", own, []any{2}, nil, "", "artifact_attestation: expected string path, got ast.Number"},
		{"artifact_attestation", "http", own, []any{"none"}, nil, "http.checksum", ""},
		{"artifact_attestation", "http with bad checksum", own, []any{"none"}, nil, "", "artifact_attestation: invalid checksum: invalid checksum digest format"},
		{"artifact_attestation", "http with checksum", own, []any{"none"}, nil, "", `failed opening file "none": open none: file does not exist`},
		{"artifact_attestation", "http with checksum", own, []any{"bad"}, nil, "", ""},
		{"artifact_attestation", "http with checksum", own, []any{"good.json"}, map[string]any{"of": someDigest}, "", ""},

		{"github_attestation", "image", 1, []any{2}, nil, "", ""},
		{"github_attestation", "http", 1, []any{2}, nil, "", "github_attestation: expected object, got ast.Number"},
		{"github_attestation", "http", map[string]any{}, []any{2}, nil, "", "github_attestation: first argument is not the same as input http"},
		{"github_attestation", "http", own, []any{2}, nil, "", "github_attestation: expected repository name string, got ast.Number"},
		{"github_attestation", "http", own, []any{"a/b"}, nil, "http.checksum", ""},
		{"github_attestation", "http with checksum", own, []any{"a/b"}, nil, "", "github_attestation: source resolver is not configured"},
	} {
		ev := evaluationAbout(t, sourcesByKind[c.about])
		first := ast.MustInterfaceToValue(c.first)
		switch c.first {
		case own:
			first = ev.object
		case "commit":
			first = ev.object.(ast.Object).Get(ast.StringTerm("commit")).Value
		}
		got, err := invoke(t.Context(), ev, c.function, append([]ast.Value{first}, astValues(c.rest)...))
		compareCall(t, c.function+" about "+c.about, got, err, c.want, c.err)
		if asked := ev.runtimeNeeds(); len(asked) > 1 || len(asked) == 1 != (c.asked != "") || c.asked != "" && asked[0] != c.asked {
			t.Errorf("%s about %s asks for %q, want %q", c.function, c.about, asked, c.asked)
		}
	}
}

func astValues(list []any) []ast.Value {
	out := make([]ast.Value, len(list))
	for i, v := range list {
		out[i] = ast.MustInterfaceToValue(v)
	}
	return out
}

// evaluationAbout is the state in which functions find themselves.
func evaluationAbout(t *testing.T, r policy.Request) *evaluation {
	t.Helper()
	p := &Policy{
		root: fstest.MapFS{
			"good.json": &fstest.MapFile{Data: []byte(`{"a": [1, "b"]}`)},
			"bad":       &fstest.MapFile{Data: []byte("x")},
		},
		opt: Options{Verifier: verifierFunc(func(d digest.Digest, bundle []byte) (map[string]any, error) {
			if string(bundle) == "x" {
				return nil, nil
			}
			return map[string]any{"of": d.String()}, nil
		})},
	}
	doc, err := p.newDocument(r)
	if err != nil {
		t.Fatal(err)
	}
	object := ast.MustInterfaceToValue(doc.fields)
	return &evaluation{policy: p, doc: doc, object: object, asked: map[string]bool{}, pins: map[string]bool{}}
}

func invoke(ctx context.Context, ev *evaluation, name string, args []ast.Value) (*ast.Term, error) {
	ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
	defer cancel()
	return map[string]implementation{
		nameLoadJSON: loadJSON, namePinImage: pinImage, nameVerifyGitSignature: verifyGitSignature,
		nameVerifyHTTPSignature: verifyHTTPSignature, nameArtifactAttestation: artifactAttestation, nameGithubAttestation: githubAttestation,
	}[name](ctx, ev, args)
}

func compareCall(t *testing.T, what string, got *ast.Term, err error, want any, wantErr string) {
	t.Helper()
	message := ""
	if err != nil {
		message = err.Error()
	}
	if message != wantErr {
		t.Errorf("%s: error %q\nwant %q", what, message, wantErr)
	}
	if want == nil {
		if got != nil {
			t.Errorf("%s is %v, want undefined", what, got)
		}
		return
	}
	if got == nil || got.Value.Compare(ast.MustInterfaceToValue(want)) != 0 {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// TestWithoutVerifier is the state of things offline.
func TestWithoutVerifier(t *testing.T) {
	t.Parallel()
	ev := evaluationAbout(t, sourcesByKind["http with checksum"])
	ev.policy.opt.Verifier = nil
	got, err := invoke(t.Context(), ev, nameArtifactAttestation, []ast.Value{ev.object, ast.String("good.json")})
	compareCall(t, "artifact_attestation", got, err, nil, "artifact_attestation: policy verifier is not configured")
	ev.policy.root = nil
	got, err = invoke(t.Context(), ev, nameLoadJSON, []ast.Value{ast.String("good.json")})
	compareCall(t, "load_json", got, err, nil, "no policy FS defined for reading context files")
}
