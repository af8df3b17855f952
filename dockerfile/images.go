package dockerfile

import (
	"fmt"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// resolveImages gives every image input its source (resolveBaseImage). The
// reference is parsed for all states, reached or not: BuildKit refuses a bad
// one anywhere.
func (r *resolver) resolveImages() {
	for _, st := range r.states {
		if st.input < 0 || r.inputs[st.input].Source != nil {
			continue
		}
		in := &r.inputs[st.input].Input
		if !in.Unknown.IsZero() {
			if st.baseName == "" {
				r.unknownBase(st)
			}
			continue
		}
		if in.Err != nil || st.baseName == "" {
			continue
		}
		img, err := source.ParseImage(st.baseName)
		if err != nil {
			in.Err = err
			r.reportReference(st.baseName, err, in, st.input)
			r.problems[len(r.problems)-1].Downstream = st.downstream
			continue
		}
		in.Source = img
		if st.context == nil && !st.closed {
			st.context = r.lookupImageContext(img, in.Platform)
		}
		if st.context != nil {
			r.replace(st, in)
		}
	}
}

// unknownBase reports what BuildKit would say of a base whose name is not
// known, were it built without anything more.
func (r *resolver) unknownBase(st *state) {
	in := &r.inputs[st.input].Input
	if in.Value == "" || in.Value == scratch {
		return
	}
	if _, isStage := r.byName[in.Value]; isStage {
		return
	}
	if _, err := source.ParseImage(in.Value); err != nil {
		r.reportReference(in.Value, err, in, st.input)
	}
}

func (r *resolver) reportReference(name string, err error, in *Input, input int) {
	r.report(ReferenceProblem, fmt.Sprintf("failed to parse stage name %q: %v", name, err), in.Span, input)
}

// replace puts a named context in the place of an image.
func (r *resolver) replace(st *state, in *Input) {
	in.Context = st.context.name
	src, unknown, err := st.context.load()
	in.Source, in.Unknown = src, unknown
	if src == nil {
		in.Kind = ""
	} else {
		in.Kind = src.Kind()
	}
	if in.Kind != source.KindImage && in.Kind != source.KindOCILayout {
		in.Platform = ""
	}
	if err != nil {
		in.Err = err
		r.reportIn(st, err.Error(), in.Span, st.input)
	}
}
