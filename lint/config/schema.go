package config

import (
	"encoding/json"
	"maps"
	"strings"
)

// schema is a JSON Schema, draft 7: the one that editors know best.
type schema map[string]any

// form makes the schema of a value.
type form func(k *Known) schema

func text(*Known) schema     { return schema{"type": "string", "pattern": `\S`} }
func boolean(*Known) schema  { return schema{"type": "boolean"} }
func ruleID(k *Known) schema { return schema{"type": "string", "enum": k.ruleIDs()} }

// configPath is the path of another config, or a pinned reference to one.
func configPath(*Known) schema {
	return schema{"type": "string", "pattern": strings.Join([]string{
		`^[^:#]*\.([Yy][Aa]?[Mm][Ll]|[Jj][Ss][Oo][Nn])$`,
		`^https://[^#@]+#sha256=[0-9a-f]{64}$`,
		`^(https://|ssh://|[A-Za-z0-9._-]+@)[^#]+#([0-9a-f]{40}|[0-9a-f]{64})(:.+)?$`,
		`^oci://[^#@]+@sha256:[0-9a-f]{64}(#.+)?$`,
	}, "|")}
}

// pattern is an entry of an image policy: an empty one matches all.
func pattern(*Known) schema { return schema{"type": "string"} }

func listOf(item form) form {
	return func(k *Known) schema { return schema{"type": "array", "items": item(k)} }
}

func textMap(*Known) schema {
	return schema{
		"type": "object", "additionalProperties": schema{"type": []string{"string", "number", "boolean"}},
		"propertyNames": schema{"pattern": "^[^=]+$"},
	}
}

func ruleMap(k *Known) schema {
	properties := schema{}
	for _, r := range k.Rules {
		allowed := []any{}
		for _, s := range severities() {
			if !r.Mandatory || s == r.Severity.String() {
				allowed = append(allowed, s)
			}
		}
		if !r.Mandatory {
			allowed = append(allowed, false) // off, as some programs write it
		}
		properties[r.ID] = schema{"enum": allowed, "description": r.Summary}
	}
	return object(properties)
}

func ignoresForm(*Known) schema {
	described := func(s schema, text string) schema {
		s["description"] = text
		return s
	}
	return object(schema{
		"allow":          described(boolean(nil), "Whether there may be any."),
		"require-reason": described(boolean(nil), "Whether each says why: rule ignore-without-reason."),
		"max-days":       described(schema{"type": "integer", "minimum": 1, "maximum": maxDays}, "How many days one may hold at most."),
	})
}

func perFileForm(k *Known) schema {
	files := listOf(text)(k)
	files["minItems"] = 1
	properties := schema{filesKey: files}
	for _, key := range keys() {
		if !key.whole {
			properties[key.name] = key.form(k)
		}
	}
	item := object(properties)
	item["required"] = []string{filesKey}
	return schema{"type": "array", "items": item}
}

func object(properties schema) schema {
	return schema{"type": "object", "additionalProperties": false, "properties": properties}
}

// Schema is the JSON Schema of a config, for editors to complete by. It ends
// with a newline.
func Schema(known Known, id string) []byte {
	properties := schema{}
	for _, k := range keys() {
		s := maps.Clone(k.form(&known))
		s["description"] = k.doc
		properties[k.name] = s
	}
	root := object(properties)
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["$id"] = id
	root["title"] = "Config of imgpolicy"
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic(err) // it is made of texts, numbers and lists of them
	}
	return []byte(b.String())
}
