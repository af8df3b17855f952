// Package inventory lists what Dockerfiles fetch: every input with its source,
// for people, programs and spreadsheets. It judges nothing.
//
// An inventory is plain data that shows no credentials. This package does no
// I/O beyond the writer it is given.
package inventory

import (
	"cmp"
	"io"
	"slices"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/report"
)

// Inventory is the inputs of some Dockerfiles. Its JSON form is an interface of
// the program: every key is always there.
type Inventory struct {
	Version int    `json:"version"`
	Files   []File `json:"files"`
}

// File is one Dockerfile.
type File struct {
	Name   string    `json:"file"`
	Inputs []Input   `json:"inputs"`
	Errors []Problem `json:"errors"`
}

// Input is one place that makes a build fetch something.
type Input struct {
	Kind        source.Kind       `json:"kind"`
	Identifier  string            `json:"identifier"`
	Ref         string            `json:"ref"`
	URL         string            `json:"url"`
	Remote      string            `json:"remote"`
	GitRef      string            `json:"gitRef"`
	Subdir      string            `json:"subdir"`
	Checksum    string            `json:"checksum"`
	Attrs       map[string]string `json:"attrs"`
	Platform    string            `json:"platform"`
	Instruction string            `json:"instruction"`
	Word        string            `json:"word"`
	Stage       string            `json:"stage"`
	Reached     bool              `json:"reached"`
	Pinned      bool              `json:"pinned"`
	Onbuild     bool              `json:"onbuild"`
	// Range is the empty range at the start of the file for an input that has no
	// text there, such as a frontend given by a build arg.
	Range     report.JSONRange `json:"range"`
	Variables []Variable       `json:"variables"`
	Unknown   string           `json:"unknown"`
}

// Variable is a variable that an input's word used.
type Variable struct {
	Name  string            `json:"name"`
	Value string            `json:"value"`
	From  dockerfile.Origin `json:"from"`
	Range *report.JSONRange `json:"range"`
}

// Problem is why BuildKit would refuse the build.
type Problem struct {
	Message string            `json:"message"`
	Range   *report.JSONRange `json:"range"`
}

// Format is a way to write an inventory.
type Format struct {
	Name, Summary string
	Write         func(io.Writer, *Inventory) error
}

// Formats lists all formats, the default first.
func Formats() []Format {
	return []Format{
		{"table", "for people", writeTable},
		{"json", "for programs", func(w io.Writer, inv *Inventory) error { return report.WriteJSON(w, inv) }},
		{"csv", "for spreadsheets", writeCSV},
	}
}

// Of takes the inventory of one file under several builds: a place is listed
// once for each platform that makes a difference. reachedOnly leaves out the
// inputs of stages that no target needs, but none of their credentials show.
func Of(f *dockerfile.File, resolutions []*dockerfile.Resolution, reachedOnly bool) File {
	out := File{Name: f.Name, Inputs: []Input{}, Errors: []Problem{}}
	for _, r := range resolutions {
		secrets := dockerfile.NewSecrets(f, r.Inputs)
		if reachedOnly {
			r.DropUnreached()
		}
		for i := range r.Inputs {
			out.Inputs = append(out.Inputs, describe(f, r, &r.Inputs[i], &secrets))
		}
		for _, p := range r.Problems {
			if p.Kind != dockerfile.UndefinedProblem && !p.Downstream {
				out.Errors = append(out.Errors, Problem{secrets.Redact(p.Message), rangeOf(f, p.Span)})
			}
		}
	}
	slices.SortStableFunc(out.Inputs, func(a, b Input) int { return cmp.Compare(a.Range.Start.Offset, b.Range.Start.Offset) })
	out.Inputs = unique(out.Inputs, keyOf)
	slices.SortStableFunc(out.Errors, func(a, b Problem) int { return cmp.Compare(offset(a.Range), offset(b.Range)) })
	out.Errors = unique(out.Errors, func(p Problem) problemKey { return problemKey{offset(p.Range), p.Message} })
	return out
}

func offset(r *report.JSONRange) int {
	if r == nil {
		return -1
	}
	return r.Start.Offset
}

type problemKey struct {
	offset  int
	message string
}

// unique drops repetitions, which need not stand side by side.
func unique[T any, K comparable](all []T, key func(T) K) []T {
	seen := map[K]bool{}
	return slices.DeleteFunc(all, func(x T) bool {
		k := key(x)
		repeated := seen[k]
		seen[k] = true
		return repeated
	})
}

// inputKey tells inputs apart: a place may ask for several things, one for each
// platform.
type inputKey struct {
	offset                                                  int
	identifier, platform, stage, instruction, word, unknown string
}

func keyOf(in Input) inputKey {
	return inputKey{in.Range.Start.Offset, in.Identifier, in.Platform, in.Stage, in.Instruction, in.Word, in.Unknown}
}

func describe(f *dockerfile.File, r *dockerfile.Resolution, in *dockerfile.Input, secrets *dockerfile.Secrets) Input {
	out := Input{
		Kind: in.Kind, Platform: in.Platform, Instruction: in.Instruction, Word: secrets.Redact(in.Word),
		Stage: r.StageName(in.Stage), Reached: in.Reached, Onbuild: in.Onbuild, Range: *report.ToJSONRange(f.Range(in.Span)),
		Variables: []Variable{}, Attrs: map[string]string{}, Unknown: secrets.Redact(in.Unknown.Reason),
	}
	for _, v := range in.Variables {
		out.Variables = append(out.Variables, Variable{v.Name, secrets.Value(v), v.Origin, rangeOf(f, v.Span)})
	}
	if in.Source == nil {
		return out
	}
	out.Identifier, out.Pinned = secrets.Redact(in.Source.Identifier()), in.Source.Pinned()
	for k, v := range in.Source.Attrs() {
		out.Attrs[k] = secrets.Redact(v)
	}
	switch s := in.Source.(type) {
	case source.Image:
		out.Ref = s.Ref()
	case source.HTTP:
		out.URL, out.Checksum = secrets.Redact(s.URL), s.Checksum.String()
	case source.Git:
		out.Remote, out.GitRef, out.Subdir, out.Checksum = secrets.Redact(s.Remote), s.Ref, s.Subdir, s.Checksum
	}
	return out
}

func rangeOf(f *dockerfile.File, s dockerfile.Span) *report.JSONRange {
	if s.Empty() {
		return nil
	}
	return report.ToJSONRange(f.Range(s))
}
