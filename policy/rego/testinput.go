package rego

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
)

// testInput is the input that a unit test mocks, as Buildx reads it
// (policy.Input): a field that Buildx does not know is dropped, one of another
// type is an error, and what is empty is absent. The fields stand in Buildx's
// order, which is the order they are printed in.
type testInput struct {
	Env   testEnv    `json:"env,omitzero"`
	Local *testLocal `json:"local,omitempty"`
	Image *testImage `json:"image,omitempty"`
	HTTP  *testHTTP  `json:"http,omitempty"`
	Git   *testGit   `json:"git,omitempty"`
}

type testEnv struct {
	Args        map[string]*string `json:"args,omitempty"`
	Labels      map[string]string  `json:"labels,omitempty"`
	Filename    string             `json:"filename,omitempty"`
	Target      string             `json:"target,omitempty"`
	CapsRequest bool               `json:"capsRequest,omitempty"`
	Depth       int                `json:"depth"`
}

type testLocal struct {
	Name string `json:"name,omitempty"`
}

type testHTTP struct {
	URL      string              `json:"url,omitempty"`
	Schema   string              `json:"schema,omitempty"`
	Host     string              `json:"host,omitempty"`
	Path     string              `json:"path,omitempty"`
	Query    map[string][]string `json:"query,omitempty"`
	HasAuth  bool                `json:"hasAuth,omitempty"`
	Checksum string              `json:"checksum,omitempty"`
}

type testGit struct {
	Schema         string      `json:"schema,omitempty"`
	Host           string      `json:"host,omitempty"`
	Remote         string      `json:"remote,omitempty"`
	FullURL        string      `json:"fullURL,omitempty"`
	TagName        string      `json:"tagName,omitempty"`
	Branch         string      `json:"branch,omitempty"`
	Ref            string      `json:"ref,omitempty"`
	SubDir         string      `json:"subDir,omitempty"`
	IsCommitRef    bool        `json:"isCommitRef,omitempty"`
	IsSHA256       bool        `json:"isSHA256,omitempty"`
	Checksum       string      `json:"checksum,omitempty"`
	CommitChecksum string      `json:"commitChecksum,omitempty"`
	IsAnnotatedTag bool        `json:"isAnnotatedTag,omitempty"`
	Tag            *testTag    `json:"tag,omitempty"`
	Commit         *testCommit `json:"commit,omitempty"`
}

type testActor struct {
	Name  string     `json:"name,omitempty"`
	Email string     `json:"email,omitempty"`
	When  *time.Time `json:"when,omitempty"`
}

type testCommit struct {
	Tree         string    `json:"tree,omitempty"`
	Parents      []string  `json:"parents,omitempty"`
	Author       testActor `json:"author,omitzero"`
	Committer    testActor `json:"committer,omitzero"`
	Message      string    `json:"message,omitempty"`
	PGPSignature *testPGP  `json:"pgpSignature,omitempty"`
	SSHSignature *testSSH  `json:"sshSignature,omitempty"`
}

type testTag struct {
	Object       string    `json:"object,omitempty"`
	Type         string    `json:"type,omitempty"`
	Tag          string    `json:"tag,omitempty"`
	Tagger       testActor `json:"tagger,omitzero"`
	Message      string    `json:"message,omitempty"`
	PGPSignature *testPGP  `json:"pgpSignature,omitempty"`
	SSHSignature *testSSH  `json:"sshSignature,omitempty"`
}

type testPGP struct {
	Version int    `json:"version,omitempty"`
	KeyID   string `json:"keyID,omitempty"`
}

type testSSH struct {
	Version int    `json:"version,omitempty"`
	PubKey  string `json:"pubKey,omitempty"`
}

// document is the input as the functions see it, and its value for OPA. A test
// without input has neither: not even an env.
func (in *testInput) document() (*document, ast.Value, error) {
	if in == nil {
		return &document{}, nil, nil
	}
	text, err := json.Marshal(in)
	if err != nil {
		return nil, nil, err
	}
	var all map[string]any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&all); err != nil {
		return nil, nil, err
	}
	value, err := ast.InterfaceToValue(all)
	if err != nil {
		return nil, nil, err
	}
	doc := &document{}
	for _, kind := range []string{"image", "http", "git", "local"} {
		if fields, ok := all[kind].(map[string]any); ok {
			doc.kind, doc.fields = kind, fields
			break
		}
	}
	if in.HTTP != nil {
		doc.checksum = in.HTTP.Checksum
	}
	return doc, value, nil
}
