package catalog

import "encoding/json"

// schema is a JSON Schema, draft 7: the one that editors know best.
type schema map[string]any

// Schema is the JSON Schema of catalogs, under an ID. It takes what Read does, but
// for what a schema cannot say, such as that nothing is there twice.
func Schema(id string) []byte {
	s := newForms().catalog.schema()
	s["$schema"], s["$id"] = "http://json-schema.org/draft-07/schema#", id
	s["title"] = "A catalog of approved images for imgpolicy"
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // maps of texts can be encoded
	}
	return append(text, '\n')
}

func (f *fields[T]) schema() schema {
	properties, required := schema{}, []string{}
	for _, field := range f.all {
		one := schema{"type": "string"}
		switch {
		case field.of != nil:
			one = field.of()
		case field.form.pattern != "":
			one["pattern"] = field.form.pattern
		}
		if field.many {
			one = schema{"type": "array", "items": one}
			if field.of == nil {
				one["uniqueItems"] = true
			}
		}
		one["description"] = field.doc
		properties[field.name] = one
		if field.needed {
			required = append(required, field.name)
		}
	}
	out := schema{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func (f *forms) platformsSchema() schema {
	return schema{"type": "object", "propertyNames": schema{"pattern": platformForm.pattern}, "additionalProperties": f.platform.schema()}
}

func boolSchema() schema  { return schema{"type": "boolean"} }
func oneSchema() schema   { return schema{"const": formatVersion} }
func countSchema() schema { return schema{"type": "integer", "minimum": 0, "maximum": int(1e9)} }
