package rules

import (
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

// ofApproval are the rules about approved images.
func ofApproval() []*lint.Rule {
	return []*lint.Rule{
		approvalExpired(),
		approvalExpiring(),
		approvedDigestMismatch(),
		approverNotAllowed(),
		deprecatedImage(),
		evidenceStale(),
		findingsOverLimit(),
		imageNotApproved(),
		licenseNotAllowed(),
		otherVersion(),
		outOfScope(),
		publicRegistry(),
		revokedImage(),
		tooFewScanners(),
	}
}

// ofCatalogs makes a rule of what package approval says about images.
func ofCatalogs(r lint.Rule) *lint.Rule {
	r.Approval = true
	r.Check = func(p *lint.Pass) {
		if p.Levels == nil || p.Levels.Judge == nil {
			return
		}
		for i := range p.Inputs {
			for _, s := range p.Approval(i) {
				for _, f := range s.Flaws {
					if f.Rule == r.ID {
						reportFlaw(p, i, f)
					}
				}
			}
		}
	}
	return &r
}

func reportFlaw(p *lint.Pass, index int, f approval.Flaw) {
	p.ReportInput(index, lint.Diagnostic{
		Message: f.Message, Help: f.Help, Notes: append([]string(nil), f.Notes...), Level: f.Of,
		Policy: &lint.PolicyEntry{File: f.File, Line: f.Line, Text: f.Entry},
		Fixes:  insteadFix(p, index, f),
	})
}

// insteadFix writes an approved reference in the place of the one that is there.
// It is safe where the catalog names a copy of what is meant, and not where
// something else is built.
func insteadFix(p *lint.Pass, index int, f approval.Flaw) []lint.Fix {
	in := &p.Inputs[index]
	w, ok := writtenWord(p, in)
	if f.Instead == "" || !ok || !w.oneLine() || in.NearStage != "" || given(in) || p.Varies(index) {
		return nil
	}
	fix := lint.Fix{Title: "write " + f.Instead, Safe: f.Rule == approval.PublicRegistry}
	if !strings.Contains(w.text, "$") {
		fix.Edits = []lint.Edit{w.replace(0, len(w.text), f.Instead)}
		return []lint.Fix{fix}
	}
	v, ok := soleVariable(in)
	if !ok || v.Origin != dockerfile.FromArgDefault {
		return nil
	}
	if at, safe := defaultEnd(p, in, v); at >= 0 && safe {
		fix.Title = "write " + f.Instead + " as the default of " + v.Name
		fix.Edits = []lint.Edit{{Span: dockerfile.Span{Start: at - len(v.Value), End: at}, New: f.Instead}}
		return []lint.Fix{fix}
	}
	return nil
}

// copyOf is the private copy that public-registry asks to write in the place of an
// image, and where that stands; "" where it asks for none, or for several.
func copyOf(p *lint.Pass, index int) (reference, from string) {
	if flaw := copyFlaw(p, index); flaw != nil {
		return flaw.Instead, fmt.Sprintf("%s:%d", flaw.File, flaw.Line)
	}
	return "", ""
}

func copyFlaw(p *lint.Pass, index int) *approval.Flaw {
	if !p.Active(approval.PublicRegistry) {
		return nil
	}
	var found *approval.Flaw
	for _, s := range p.Approval(index) {
		for i := range s.Flaws {
			if s.Flaws[i].Rule != approval.PublicRegistry {
				continue
			}
			if found != nil {
				return nil // two catalogs with copies of their own
			}
			found = &s.Flaws[i]
		}
	}
	return found
}

// copyFix is the fix of public-registry for an image that is to be pinned, nil
// where there is none: the copy has the digest, too.
func copyFix(p *lint.Pass, index int) []lint.Fix {
	flaw := copyFlaw(p, index)
	if flaw == nil {
		return nil
	}
	return insteadFix(p, index, *flaw)
}

// exampleApproved is a catalog with one version of an image, of which fields are
// some keys, beside a Dockerfile.
func exampleApproved(fields, dockerfile string) string {
	return exampleWith("", fields, dockerfile)
}

// exampleWith is that, with a config that has some keys of its own.
func exampleWith(config, fields, dockerfile string) string {
	if !strings.Contains(fields, `"scope"`) {
		fields += `, "scope": ["organization"]`
	}
	if !strings.Contains(fields, `"evidence"`) {
		fields += ",\n     " + `"evidence": [{"scanner": "grype", "findings": {}}, {"scanner": "trivy", "findings": {}}]`
	}
	if config != "" {
		config = "-- .imgpolicy.yaml --\nlevel: organization\ncatalog: catalog.json\n" + config + "\n"
	}
	return config + `-- catalog.json --
{"version": 1, "images": [
  {"image": "docker.io/library/node", "license": ["MIT"], "versions": [
    {"tag": "20.11.1", "digest": "sha256:` + exampleDigest + `",
     ` + fields + `,
     "approvedBy": "security@example.com", "approvedAt": "2026-05-01T09:00:00Z"}]}]}
-- Dockerfile --
` + dockerfile
}

// The Dockerfiles of the examples: an image in the catalog, one that is not, and
// one of another version.
const (
	exampleNode      = "FROM node:20.11.1@sha256:" + exampleDigest + "\n"
	exampleStranger  = "FROM nodejs/node:20@sha256:" + exampleDigest + "\n"
	exampleOtherNode = "FROM node:18@sha256:2222222222222222222222222222222222222222222222222222222222222222\n"
	exampleSameTag   = "FROM node:20.11.1@sha256:2222222222222222222222222222222222222222222222222222222222222222\n"
	exampleFields    = `"status": "approved"`
)
