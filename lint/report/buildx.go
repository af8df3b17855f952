package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

func buildxFormat() Format {
	return Format{Name: "buildx", Summary: "denials only, in the words of docker buildx build", Write: writeBuildx}
}

// writeBuildx writes what Buildx prints of a source that a policy denies, the
// lines of its builder and its excerpt apart. A build ends at the first; here
// are all, each once, however many instructions name it.
func writeBuildx(w io.Writer, r *lint.Result, opt Options) error {
	var text strings.Builder
	var order []string
	denials := map[string]lint.Denial{}
	for i := range r.Diagnostics {
		d := r.Diagnostics[i].Denial
		if d == nil {
			continue
		}
		failure := buildxFailure(d)
		have, ok := denials[failure]
		if !ok {
			order = append(order, failure)
		}
		for _, m := range d.Messages {
			if !slices.Contains(have.Messages, m) {
				have.Messages = append(slices.Clip(have.Messages), m)
			}
		}
		denials[failure] = have
	}
	for _, failure := range order {
		for _, m := range denials[failure].Messages {
			text.WriteString("Policy: " + oneLine(m) + "\n")
		}
		text.WriteString("ERROR: failed to build: failed to solve: " + oneLine(failure) + "\n")
	}
	return writeWhole(w, runnerSafe(text.String(), opt))
}

// buildxFailure is why the build fails. Images are denied while their names are
// resolved, the rest when the build is loaded; an image denied only by digest,
// which happens later, still reads as one.
func buildxFailure(d *lint.Denial) string {
	denied := fmt.Sprintf("source %q not allowed by policy: action DENY", d.Source)
	name, image := strings.CutPrefix(d.Source, "docker-image://")
	switch {
	case image:
		return joined(": ", d.Name, "failed to resolve source metadata for "+name, "could not resolve image due to policy", denied)
	case d.Source == "local://dockerfile":
		return "failed to read dockerfile: failed to load LLB: error evaluating the source policy: " + denied
	default:
		return "failed to load LLB: error evaluating the source policy: " + denied
	}
}
