package dockerfile

import (
	"fmt"
	"strings"

	"github.com/containerd/platforms"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// readFrontend lists the image that will read the file: BUILDKIT_SYNTAX, or the
// file's own directive (frontend/dockerfile/builder/build.go, and Buildx, which
// takes the build arg first).
func (r *resolver) readFrontend() {
	word, span := r.file.frontend.word, r.file.frontend.span
	given, ok := r.opt.BuildArgs["BUILDKIT_SYNTAX"]
	if ok && given == "" {
		r.report(BuildProblem, "empty BUILDKIT_SYNTAX build-arg is invalid, use --build-arg BUILDKIT_SYNTAX without '=' for optional behavior", Span{}, -1)
	}
	written := r.file.Text[span.Start:span.End]
	if ok && given != "" {
		word, _, _ = strings.Cut(given, " ")
		span, written = Span{}, ""
	}
	if word == "" {
		return
	}
	in := Input{Instruction: "syntax", Stage: -1, Word: written, Value: word, Span: span, Kind: source.KindImage}
	input := r.addInput(nil, in)
	r.inputs[input].always = true
	img, err := source.ParseImage(word)
	if err != nil {
		r.inputs[input].Err = err
		r.report(ReferenceProblem, fmt.Sprintf("invalid context name %s: %v", word, err), span, input)
		return
	}
	p := &r.inputs[input].Input
	p.Source = img
	if ctx := r.lookupImageContext(img, platforms.FormatAll(r.target)); ctx != nil {
		r.replace(&state{context: ctx, reached: true, input: input}, p)
	}
	p.Platform = ""
	if name := img.Name(); name != "docker.io/docker/dockerfile" && name != "docker.io/docker/dockerfile-upstream" {
		p.Notes = append(p.Notes, "this frontend reads the file its own way; the inputs listed are those docker/dockerfile would find")
	}
}
