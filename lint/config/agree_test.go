package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
)

// validates tells whether a schema takes a value, as far as our schemas go.
func validates(t *testing.T, s map[string]any, v any) bool {
	t.Helper()
	text, isText := v.(string)
	number, isNumber := v.(float64)
	object, isObject := v.(map[string]any)
	list, isList := v.([]any)
	_, isBool := v.(bool)
	of := map[string]bool{"string": isText, "number": isNumber, "integer": isNumber && number == float64(int(number)), "boolean": isBool, "object": isObject, "array": isList}
	sub := func(s, v any) bool {
		inner, ok := s.(map[string]any)
		return ok && validates(t, inner, v)
	}
	for key, want := range s {
		ok := true
		switch key {
		case "type":
			types, several := want.([]any)
			if !several {
				types = []any{want}
			}
			ok = slices.ContainsFunc(types, func(name any) bool { return of[name.(string)] })
		case "enum":
			ok = slices.Contains(want.([]any), v)
		case "pattern":
			ok = !isText || regexp.MustCompile(want.(string)).MatchString(text)
		case "minimum":
			ok = !isNumber || number >= want.(float64)
		case "maximum":
			ok = !isNumber || number <= want.(float64)
		case "minItems":
			ok = !isList || float64(len(list)) >= want.(float64)
		case "items":
			ok = !slices.ContainsFunc(list, func(item any) bool { return !sub(want, item) })
		case "required":
			ok = !isObject || !slices.ContainsFunc(want.([]any), func(name any) bool { return object[name.(string)] == nil })
		case "propertyNames":
			for name := range object {
				ok = ok && sub(want, name)
			}
		case "properties", "additionalProperties":
			known, _ := s["properties"].(map[string]any)
			for name, value := range object {
				if inner, have := known[name]; have {
					ok = ok && sub(inner, value)
				} else if rest := s["additionalProperties"]; rest == false || rest != nil && !sub(rest, value) {
					ok = false
				}
			}
		case "description", "title", "$id", "$schema":
		default:
			t.Fatalf("the schema says %s, which this test does not know", key)
		}
		if !ok {
			return false
		}
	}
	return true
}

// TestSchemaAgrees gives every key every kind of value: the schema takes what the
// reader takes. Values that only the reader can judge, such as a registry, are
// right where they are texts: the rule has an ID that could be a host.
func TestSchemaAgrees(t *testing.T) {
	t.Parallel()
	known := Known{
		Rules:    []*lint.Rule{{ID: "latest.tag", Severity: lint.Warning}, {ID: "parse-error", Severity: lint.Error, Mandatory: true}},
		Platform: func(p string) (string, error) { return p, nil },
	}
	var schema map[string]any
	if err := json.Unmarshal(Schema(known, "x"), &schema); err != nil {
		t.Fatal(err)
	}
	values := []string{
		`null`, `true`, `false`, `1`, `1.5`, `""`, `" "`, `"docker.io"`, `[]`, `{}`, `[1]`, `[null]`, `[""]`, `["docker.io"]`, `["latest.tag"]`, `[[]]`,
		`{"x": 1}`, `{"A": "x", "B": 1, "C": true}`, `{"A": null}`, `{"": "x"}`, `{"A=B": "x"}`,
		`{"latest.tag": "off"}`, `{"latest.tag": false}`, `{"latest.tag": true}`, `{"latest.tag": "on"}`, `{"latest.tag": "warning"}`,
		`{"parse-error": "error"}`, `{"parse-error": "info"}`, `{"parse-error": "off"}`, `{"parse-error": false}`,
		`{"allow": true}`, `{"allow": 1}`, `{"require-reason": false}`, `{"max-days": 1}`, `{"max-days": 0}`, `{"max-days": 36500}`, `{"max-days": 36501}`, `{"max-days": "1"}`, `{"max-days": 1.5}`,
		`[{}]`, `[{"files": []}]`, `[{"files": ["a"]}]`, `[{"files": [" "]}]`, `[{"files": "a"}]`, `[{"x": []}]`,
	}
	var configs []string
	for _, k := range append(keys(), key{name: "other"}) {
		if k.lists && k.name != "other" {
			continue // policy/regex judges those
		}
		for _, v := range values {
			configs = append(configs, fmt.Sprintf(`{%q: %s}`, k.name, v), fmt.Sprintf(`{"per-file": [{"files": ["a"], %q: %s}]}`, k.name, v))
		}
	}
	agreed := 0
	for _, text := range append(configs, values...) {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(errors.Join(errors.New(text), err))
		}
		_, err := Read("c.json", "/c.json", []byte(text), known)
		if takes := validates(t, schema, v); takes != (err == nil) {
			t.Errorf("%s\nthe schema takes it: %v, the reader says %v", text, takes, err)
		} else if takes {
			agreed++
		}
	}
	if agreed < len(keys()) {
		t.Errorf("only %d configs are right", agreed)
	}
}
