package rego

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// TestResult is what a unit test came to.
type TestResult struct {
	Pass bool
	// Allow and DenyMessages are those of the decision in the test's package
	// about the test's input; Allow is nil where there is no such decision.
	Allow        *bool
	DenyMessages []string
	// Input and Decision are JSON in Buildx's order of fields, nil where there
	// is none.
	Input, Decision json.RawMessage
	// MissingInput are the fields that the policy names and the input lacks, and
	// MetadataResolve the kinds of source whose metadata would give them.
	MissingInput, MetadataResolve []string
	// Printed are the lines of print.
	Printed []string
	// Err is why the test could not be evaluated, DecisionErr why the decision
	// could not. Buildx ends the whole run for the one and hides the other.
	Err, DecisionErr error
}

// Run runs a test on the input it mocks and on nothing else: what Buildx
// resolves from a registry for a mocked image is not asked for. cov may be nil.
func (t *Tests) Run(ctx context.Context, test Test, cov *Coverage) TestResult {
	in, err := t.input(test)
	if err != nil {
		return TestResult{Err: err}
	}
	doc, value, err := in.document()
	if err != nil {
		return TestResult{Err: err}
	}
	var r TestResult
	if in != nil {
		r.Input, r.Err = json.Marshal(in)
	}
	ev := t.evaluation(doc, value)
	query := "data." + test.Package + "." + test.Name
	result, err := t.evaluate(ctx, ev, query, value)
	if err != nil {
		r.Err = err
		return r
	}
	r.Pass, r.Printed = result == true, ev.printed
	if cov != nil {
		// Once more, since every rule shall be tried and print nothing. What goes
		// wrong in it, such as a timeout, only keeps rules from being counted.
		_, _ = t.evaluate(ctx, t.evaluation(doc, value), query, value, cov.options()...)
	}
	asked := t.decide(ctx, test, &r, doc, value)
	t.missing(test, &r, doc, value, slices.Concat(ev.runtimeNeeds(), asked))
	return r
}

func (t *Tests) evaluation(doc *document, value ast.Value) *evaluation {
	ev := &evaluation{policy: t.policy, doc: doc, asked: map[string]bool{}, pins: map[string]bool{}}
	if all, ok := value.(ast.Object); ok {
		if own := all.Get(ast.StringTerm(doc.kind)); own != nil {
			ev.object = own.Value
		}
	}
	return ev
}

// decide finds what the policy decides about the input, and what it asked for
// meanwhile.
func (t *Tests) decide(ctx context.Context, test Test, r *TestResult, doc *document, value ast.Value) []string {
	ev := t.evaluation(doc, value)
	result, err := t.evaluate(ctx, ev, "data."+test.Package+".decision", value)
	if err != nil {
		r.DecisionErr = err
		return ev.runtimeNeeds()
	}
	fields, ok := result.(map[string]any)
	if !ok {
		return ev.runtimeNeeds()
	}
	var d struct {
		Allow        *bool           `json:"allow,omitempty"`
		DenyMessages []string        `json:"deny_msg,omitempty"`
		Caps         map[string]bool `json:"caps,omitempty"`
	}
	if allow, ok := fields["allow"].(bool); ok {
		d.Allow = &allow
	}
	// A plain string counts here, though a build ignores it.
	switch v := fields["deny_msg"].(type) {
	case string:
		d.DenyMessages = []string{v}
	case []any:
		for _, m := range v {
			if text, ok := m.(string); ok {
				d.DenyMessages = append(d.DenyMessages, text)
			}
		}
	}
	if caps, ok := fields["caps"].(map[string]any); ok {
		d.Caps = map[string]bool{}
		for k, v := range caps {
			if on, ok := v.(bool); ok {
				d.Caps[k] = on
			}
		}
	}
	r.Allow, r.DenyMessages = d.Allow, d.DenyMessages
	r.Decision, r.DecisionErr = json.Marshal(d)
	return ev.runtimeNeeds()
}

// missing finds the fields that the policy of the test's package names, and
// those its functions asked for, which the input lacks.
func (t *Tests) missing(test Test, r *TestResult, doc *document, value ast.Value, asked []string) {
	own := inPackage(t.own, test.Package)
	if len(own) == 0 {
		return // Buildx tells nothing of a test in a package of its own
	}
	keys := map[string]bool{}
	for _, m := range own {
		ast.WalkRefs(m, func(ref ast.Ref) bool {
			if ref.HasPrefix(ast.InputRootRef) {
				keys[trimKey(ref.String())] = true
			}
			return true
		})
	}
	for _, key := range asked {
		if key != "http.signature" {
			keys[key] = true
		}
	}
	for _, key := range sortedKeys(keys) {
		if !hasPath(value, key) {
			r.MissingInput = append(r.MissingInput, key)
		}
	}
	r.MetadataResolve = resolvable(r.MissingInput)
}

func hasPath(v ast.Value, path string) bool {
	for key := range strings.SplitSeq(path, ".") {
		fields, ok := v.(ast.Object)
		if !ok {
			return false
		}
		next := fields.Get(ast.StringTerm(key))
		if next == nil {
			return false
		}
		v = next.Value
	}
	return true
}

// resolvable are the kinds of source whose metadata has all the fields: none if
// a single field is in no metadata (policy.AddUnknowns).
func resolvable(fields []string) []string {
	found := map[string]bool{}
	for _, f := range fields {
		switch f {
		case "image", "git", "http", "local", "http.checksum":
		case "image.checksum", "image.labels", "image.user", "image.volumes", "image.workingDir", "image.env",
			"image.hasProvenance", "image.provenance", "image.signatures":
			found["image"] = true
		case "git.ref", "git.checksum", "git.commitChecksum", "git.isAnnotatedTag", "git.isSHA256", "git.tagName",
			"git.branch", "git.commit", "git.tag":
			found["git"] = true
		default:
			if !strings.HasPrefix(f, "image.provenance.") {
				return nil
			}
			found["image"] = true
		}
	}
	return sortedKeys(found)
}

// options make an evaluation tell the coverage of every rule. An index would
// pass over rules that are false, and an early exit over those after a true one.
func (c *Coverage) options() []rego.EvalOption {
	return []rego.EvalOption{rego.EvalQueryTracer(c.tracer()), rego.EvalRuleIndexing(false), rego.EvalEarlyExit(false)}
}
