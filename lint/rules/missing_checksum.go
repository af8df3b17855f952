package rules

import (
	"fmt"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func missingChecksum() *lint.Rule {
	return &lint.Rule{
		ID:               "missing-checksum",
		Summary:          "download without a checksum",
		Severity:         lint.Warning,
		SecuritySeverity: "5.5",
		Unpinned:         true,
		Doc: "What a URL serves can change without its name changing. With\n" +
			"`ADD --checksum=sha256:…` the build stops when it does. One `ADD` takes a checksum\n" +
			"for one source only, so several downloads need several instructions.\n\n" +
			"Git sources are `unpinned-git`'s.",
		Bad: "FROM scratch\nADD https://example.com/tool.tgz /\n",
		Good: "FROM scratch\nADD --checksum=sha256:" +
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 https://example.com/tool.tgz /\n",
		Check: func(p *lint.Pass) {
			for i := range p.Inputs {
				in := &p.Inputs[i]
				h, ok := in.Source.(source.HTTP)
				if !ok || h.Pinned() || in.Instruction != "ADD" {
					continue
				}
				found := fmt.Sprintf("\n%s prints the checksum", command("curl -fsSL "+shellQuote(withoutUserInfo(h.URL))+" | sha256sum"))
				sum := "sha256:<checksum>"
				if pin := p.Pins[i]; !pin.IsZero() && !p.Varies(i) {
					sum, found = pin.Digest, knownFrom(pin)
				}
				help := checksumHelp(in, sum) + found + needsNewer(p, checksumOfDownload)
				p.ReportInput(i, lint.Diagnostic{
					Message: fmt.Sprintf("%s is downloaded without a checksum", h.URL), Help: help, Fixes: pinDownload(p, i),
				})
			}
		},
	}
}

// checksumHelp says how to write a checksum. BuildKit takes one only for an ADD
// with a single source.
func checksumHelp(in *dockerfile.Input, checksum string) string {
	write := fmt.Sprintf("write `ADD --checksum=%s %s …`", checksum, withoutUserInfo(in.Word))
	if in.Words > 1 {
		write += "; an ADD of its own, since a checksum goes with one source only"
	}
	return write
}

// needsNewer says that the frontend of the file may not take a checksum.
func needsNewer(p *lint.Pass, minor int) string {
	if old := tooOld(p, minor); old != "" {
		return "\n--checksum " + old
	}
	return ""
}
