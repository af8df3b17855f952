package rego

import (
	"encoding/json"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// maxValue is how much of a value or an expression is shown, in runes.
const maxValue = 120

// display makes text of a policy or a value fit to be shown: without credentials,
// without the digests that stand for one that is not known, on one line, and not
// too long.
func display(text string) string {
	return cut(source.Redact(hideDigest(strings.Join(strings.Fields(text), " "))))
}

// hideDigest puts words in the place of the digests that nothing has.
func hideDigest(text string) string {
	return strings.NewReplacer(anyDigest, shownDigest, otherDigest, shownDigest).Replace(text)
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxValue {
		return string(runes[:maxValue-1]) + "…"
	}
	return text
}

// showTerm writes a value as JSON does; sets are lists.
func (x *explainer) showTerm(t *ast.Term) string {
	if s, ok := t.Value.(ast.String); ok {
		// Blanks of a text are part of it, and its credentials are found before
		// it is quoted: a quote ends them.
		return quote(cut(x.redact(hideDigest(string(s)))))
	}
	v, err := ast.JSON(t.Value)
	if err != nil {
		return display(t.String())
	}
	return display(quote(x.redactAll(v)))
}

// redact takes credentials and secrets out of a value.
func (x *explainer) redact(text string) string {
	text = source.Redact(text)
	for _, secret := range x.secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}

// redactAll takes the credentials out of every text of a value.
func (x *explainer) redactAll(v any) any {
	switch v := v.(type) {
	case string:
		return x.redact(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = x.redactAll(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[x.redact(k)] = x.redactAll(v[k])
		}
		return out
	}
	return v
}

// quote is v as JSON for people: < and > stay as they are.
func quote(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// written is the text of a term or an expression as it stands in the policy.
func written(x interface {
	Loc() *ast.Location
	String() string
},
) string {
	if at := x.Loc(); at != nil && len(at.Text) > 0 {
		return display(string(at.Text))
	}
	return display(x.String())
}

// secretArgs are the values of build args that are secrets by their name. Args
// should hold none, but they do; others are shown. Short values are no secrets,
// and would tear other text apart.
func secretArgs(args map[string]string) []string {
	var out []string
	for _, name := range sortedKeys(args) {
		upper := strings.ToUpper(name)
		for _, word := range []string{"TOKEN", "SECRET", "PASS", "KEY", "CRED", "AUTH"} {
			if strings.Contains(upper, word) && len(args[name]) >= 4 {
				out = append(out, args[name])
				break
			}
		}
	}
	return out
}
