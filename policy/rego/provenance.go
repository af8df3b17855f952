package rego

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/policy"
)

// Predicates of in-toto statements that tell how an image was built.
const (
	slsa02 = "https://slsa.dev/provenance/v0.2"
	slsa1  = "https://slsa.dev/provenance/v1"
)

// resource is something that a build used, or was told by.
type resource struct {
	URI        string            `json:"uri"`
	Digest     map[string]string `json:"digest"`
	Path       string            `json:"path"`
	EntryPoint string            `json:"entryPoint"`
}

// request is what a frontend of BuildKit was asked.
type request struct {
	Frontend string            `json:"frontend"`
	Args     map[string]string `json:"args"`
}

type builder struct {
	ID string `json:"id"`
}

// predicate1 and predicate02 are the parts of BuildKit's predicates that
// policies see.
type predicate1 struct {
	BuildDefinition struct {
		BuildType          string `json:"buildType"`
		ExternalParameters struct {
			ConfigSource resource `json:"configSource"`
			Request      request  `json:"request"`
		} `json:"externalParameters"`
		ResolvedDependencies []resource `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
	RunDetails struct {
		Builder  builder `json:"builder"`
		Metadata *struct {
			InvocationID string     `json:"invocationId"`
			StartedOn    *time.Time `json:"startedOn"`
			FinishedOn   *time.Time `json:"finishedOn"`
			Reproducible bool       `json:"buildkit_reproducible"`
			Hermetic     bool       `json:"buildkit_hermetic"`
			Completeness struct {
				Request              bool `json:"request"`
				ResolvedDependencies bool `json:"resolvedDependencies"`
			} `json:"buildkit_completeness"`
		} `json:"metadata"`
	} `json:"runDetails"`
}

type predicate02 struct {
	BuildType  string  `json:"buildType"`
	Builder    builder `json:"builder"`
	Invocation struct {
		ConfigSource resource `json:"configSource"`
		Parameters   request  `json:"parameters"`
	} `json:"invocation"`
	Materials []resource `json:"materials"`
	Metadata  *struct {
		BuildInvocationID string     `json:"buildInvocationID"`
		BuildStartedOn    *time.Time `json:"buildStartedOn"`
		BuildFinishedOn   *time.Time `json:"buildFinishedOn"`
		Reproducible      bool       `json:"reproducible"`
		Hermetic          bool       `json:"https://mobyproject.org/buildkit@v1#hermetic"`
		Completeness      struct {
			Parameters  bool `json:"parameters"`
			Environment bool `json:"environment"`
			Materials   bool `json:"materials"`
		} `json:"completeness"`
	} `json:"metadata"`
}

// provenance is input.image.provenance and the materials in it, nil where the
// statement is none (policy.parseProvenanceBlob).
func provenance(meta *policy.ImageMetadata) (fields map[string]any, materials []resource) {
	var s struct {
		PredicateType string          `json:"predicateType"`
		Predicate     json.RawMessage `json:"predicate"`
	}
	if len(meta.Provenance) == 0 || json.Unmarshal(meta.Provenance, &s) != nil || len(s.Predicate) == 0 {
		return nil, nil
	}
	switch kind := cmp.Or(s.PredicateType, meta.ProvenanceType); kind {
	case slsa1:
		return provenance1(s.Predicate)
	case slsa02:
		return provenance02(s.Predicate)
	}
	return nil, nil
}

func provenance1(text json.RawMessage) (map[string]any, []resource) {
	var p predicate1
	if json.Unmarshal(text, &p) != nil || p.BuildDefinition.BuildType == "" && p.RunDetails.Builder.ID == "" {
		return nil, nil
	}
	d := p.BuildDefinition
	fields := provenanceFields(slsa1, d.BuildType, p.RunDetails.Builder.ID, d.ExternalParameters.ConfigSource, d.ExternalParameters.ConfigSource.Path, d.ExternalParameters.Request)
	if m := p.RunDetails.Metadata; m != nil {
		putRun(fields, m.InvocationID, m.StartedOn, m.FinishedOn, m.Reproducible, m.Hermetic)
		fields["completeness"] = map[string]any{"parameters": m.Completeness.Request, "materials": m.Completeness.ResolvedDependencies}
	}
	return fields, d.ResolvedDependencies
}

func provenance02(text json.RawMessage) (map[string]any, []resource) {
	var p predicate02
	if json.Unmarshal(text, &p) != nil || p.BuildType == "" && p.Builder.ID == "" {
		return nil, nil
	}
	fields := provenanceFields(slsa02, p.BuildType, p.Builder.ID, p.Invocation.ConfigSource, p.Invocation.ConfigSource.EntryPoint, p.Invocation.Parameters)
	if m := p.Metadata; m != nil {
		putRun(fields, m.BuildInvocationID, m.BuildStartedOn, m.BuildFinishedOn, m.Reproducible, m.Hermetic)
		fields["completeness"] = map[string]any{"parameters": m.Completeness.Parameters, "environment": m.Completeness.Environment, "materials": m.Completeness.Materials}
	}
	return fields, p.Materials
}

func provenanceFields(predicate, buildType, builderID string, config resource, path string, asked request) map[string]any {
	fields := map[string]any{"predicateType": predicate}
	put(fields, "buildType", buildType)
	put(fields, "builderID", builderID)
	put(fields, "frontend", asked.Frontend)
	from := map[string]any{}
	put(from, "uri", config.URI)
	put(from, "path", path)
	putMap(from, "digest", config.Digest)
	fields["configSource"] = from
	buildArgs := map[string]string{}
	for k, v := range asked.Args {
		if name, ok := strings.CutPrefix(k, "build-arg:"); ok && name != "" {
			buildArgs[name] = v
		}
	}
	putMap(fields, "buildArgs", buildArgs)
	putMap(fields, "rawArgs", asked.Args)
	return fields
}

func putRun(fields map[string]any, id string, started, finished *time.Time, reproducible, hermetic bool) {
	put(fields, "invocationID", id)
	for key, t := range map[string]*time.Time{"startedOn": started, "finishedOn": finished} {
		if t != nil {
			fields[key] = t.UTC().Format(time.RFC3339)
		}
	}
	fields["reproducible"], fields["hermetic"] = reproducible, hermetic
}

func putMap(fields map[string]any, key string, m map[string]string) {
	if len(m) == 0 {
		return
	}
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[jsonText(k)] = jsonText(v)
	}
	fields[key] = out
}

// putProvenance sets input.image.provenance. Each material is an input of its
// own, of which nothing is known but its name.
func (p *Policy) putProvenance(d *document, r policy.Request, meta *policy.ImageMetadata) error {
	fields, resources := provenance(meta)
	if fields == nil {
		return nil
	}
	d.fields["provenance"], d.fields["hasProvenance"] = fields, true
	var materials []any
	for _, m := range resources {
		src, platform, err := material(m)
		if err != nil {
			continue // Buildx leaves out what it does not know
		}
		child, err := p.newDocument(policy.Request{Source: src, Platform: cmp.Or(platform, r.Platform), Env: r.Env})
		if err != nil {
			return materialError(m.URI, err)
		}
		env := envDocument(r.Env, false)
		env["depth"] = json.Number("1")
		d.unknown = slices.Concat(d.unknown, nested(child.unknown, len(materials)))
		materials = append(materials, child.value(env))
	}
	if len(materials) > 0 {
		fields["materials"] = materials
	}
	return nil
}
