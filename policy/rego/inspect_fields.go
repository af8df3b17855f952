package rego

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/imgpolicy/imgpolicy/policy"
)

// findUnknownFields finds fields that no input has.
func (s *scope) findUnknownFields() {
	s.walkTerms(func(t *ast.Term) {
		ref, ok := t.Value.(ast.Ref)
		if !ok {
			return
		}
		f, ok := s.field(t)
		if !ok || len(f.keys) == 0 {
			return
		}
		n, at := schema().find(f.keys)
		// Where an alias is wrong, it is so once, at its own place.
		if at == len(f.keys) || at < len(f.keys)-(len(ref)-1) {
			return
		}
		s.report(s.module, t.Location, unknownField(f, n, at))
	})
}

// findUnknownImports finds imports of input fields that there are none of.
func (in *inspector) findUnknownImports() {
	for _, m := range in.modules {
		for _, i := range m.ast.Imports {
			f, ok := m.aliases[string(i.Name())]
			if !ok {
				continue
			}
			if n, at := schema().find(f.keys); at < len(f.keys) {
				in.report(m, i.Path.Location, unknownField(f, n, at))
			}
		}
	}
}

func unknownField(f field, n *node, at int) policy.Flaw {
	parent, key := field{keys: f.keys[:at]}.String(), f.keys[at]
	names := sortedKeys(n.fields)
	flaw := policy.Flaw{Rule: "rego-unknown-field"}
	if len(names) == 0 {
		flaw.Message = fmt.Sprintf("%s is always undefined: %s is a plain value", f, parent)
		flaw.Help = fmt.Sprintf("write `%s`", parent)
		return flaw
	}
	flaw.Message = fmt.Sprintf("%s is always undefined: %s has no field %s", f, parent, key)
	if better := meantField(f.keys[:at], key, names); better != "" {
		keys := slices.Concat(f.keys[:at], []string{better}, f.keys[at+1:])
		if _, n := schema().find(keys); n < len(keys) {
			keys = keys[:at+1]
		}
		flaw.Help = fmt.Sprintf("write `%s`", field{keys: keys})
	}
	flaw.Notes = []string{fmt.Sprintf("the fields of %s are %s", parent, strings.Join(names, ", "))}
	return flaw
}

// otherNames are what people call fields elsewhere, by the path they stand at.
var otherNames = map[string]string{
	"image.registry": "host", "image.domain": "host", "image.repository": "fullRepo", "image.name": "fullRepo",
	"image.digest": "checksum", "image.architecture": "arch", "image.created": "createdTime",
	"image.reference": "ref", "image.workdir": "workingDir", "image.signature": "signatures", "image.attestations": "signatures",
	"image.provenance.builder": "builderID", "image.isDigest": "isCanonical",
	"http.scheme": "schema", "http.hostname": "host", "http.digest": "checksum", "http.uri": "url",
	"git.scheme": "schema", "git.hostname": "host", "git.url": "remote", "git.repo": "remote", "git.repository": "remote",
	"git.sha": "commitChecksum", "git.subdirectory": "subDir", "git.dir": "subDir",
	"local.path": "name", "env.buildArgs": "args", "env.dockerfile": "filename", "env.stage": "target",
}

// meantField is the field of names that key most likely stands for, or "".
func meantField(parent []string, key string, names []string) string {
	if other := otherNames[strings.Join(append(slices.Clone(parent), key), ".")]; slices.Contains(names, other) {
		return other
	}
	plain := func(s string) string { return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(s)) }
	best, least := "", 3
	for _, name := range names {
		d := editDistance(plain(key), plain(name))
		if d < least && d < min(len(key), len(name))/2+1 {
			best, least = name, d
		}
	}
	return best
}

// editDistance is the number of bytes to insert, remove or replace to make b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
