package rego

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/moby/buildkit/util/pgpsign"
	"github.com/open-policy-agent/opa/v1/ast"
	"golang.org/x/crypto/ssh"

	"github.com/imgpolicy/imgpolicy/policy"
)

// fileArgument is an argument of a function that names a file.
type fileArgument struct {
	index int
	limit int64
	what  string
	check func([]byte) bool
}

// fileArguments are those of Buildx's functions that read files.
var fileArguments = map[string][]fileArgument{
	"load_json":                    {{0, maxJSON, "JSON", json.Valid}},
	"verify_git_signature":         {{1, maxGitKey, "a PGP or SSH public key", isGitKey}},
	"verify_http_pgp_signature":    {{1, maxPGP, "an armored PGP signature", isSignature}, {2, maxPGP, "an armored PGP public key", isPGPKey}},
	"artifact_attestation":         {{1, maxBundle, "a sigstore bundle", json.Valid}},
	"docker_github_builder_bundle": {{1, maxBundle, "a sigstore bundle", json.Valid}},
}

func isPGPKey(data []byte) bool {
	keys, err := pgpsign.ReadAllArmoredKeyRings(data)
	return err == nil && len(keys) > 0
}

func isGitKey(data []byte) bool {
	_, _, _, _, err := ssh.ParseAuthorizedKey(data)
	return err == nil || isPGPKey(data)
}

func isSignature(data []byte) bool {
	_, _, err := pgpsign.ParseArmoredDetachedSignature(data)
	return err == nil
}

// findMissingFile finds files that are read and cannot be.
func (s *scope) findMissingFile(c call) {
	if s.policy.root == nil {
		return
	}
	for _, arg := range fileArguments[c.name] {
		if arg.index >= len(c.args) {
			continue
		}
		for _, t := range s.literals(c.args[arg.index]) {
			if name, ok := text(t); ok {
				s.checkFile(c, t, name, arg)
			}
		}
	}
}

func (s *scope) checkFile(c call, t *ast.Term, name string, arg fileArgument) {
	data, err := s.policy.readFile(name, arg.limit)
	f := policy.Flaw{Rule: "rego-missing-file"}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Message = fmt.Sprintf("%s reads %q, which does not exist", c.name, name)
	case errors.Is(err, fs.ErrInvalid):
		f.Message = fmt.Sprintf("%s reads %q, which is no path below the build context", c.name, name)
	case err != nil:
		f.Message = fmt.Sprintf("%s reads %q, which cannot be read", c.name, name)
	case !arg.check(data):
		f.Message = fmt.Sprintf("%s reads %q, which is not %s", c.name, name, arg.what)
		if int64(len(data)) == arg.limit {
			f.Notes = append(f.Notes, fmt.Sprintf("only the first %d KiB of the file are read", arg.limit>>10))
		}
	default:
		return
	}
	f.Message += ": the call is undefined, without an error"
	if c.negated {
		f.Message += ", so `not` lets everything pass"
	}
	if err != nil {
		f.Help = "name a file by its path from the root of the build context, with slashes"
	}
	s.report(s.moduleOf(t), t.Location, f)
}
