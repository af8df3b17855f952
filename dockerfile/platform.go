package dockerfile

import (
	"strings"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// DefaultPlatform is what is built for where nothing else is said: the same on
// every machine.
const DefaultPlatform = "linux/amd64"

// NormalizePlatform parses a platform as BuildKit does and writes it in its
// normal form: "linux/arm64/v8" is "linux/arm64".
func NormalizePlatform(text string) (string, error) {
	p, err := parsePlatform(text)
	if err != nil {
		return "", err
	}
	return platforms.FormatAll(platforms.Normalize(p)), nil
}

// parsePlatform is platforms.Parse, but a lone system or architecture is
// completed from DefaultPlatform and not from the machine that runs.
func parsePlatform(text string) (ocispecs.Platform, error) {
	p, err := platforms.Parse(text)
	if err != nil || strings.Contains(text, "/") {
		return p, err
	}
	full := DefaultPlatform[:strings.IndexByte(DefaultPlatform, '/')+1] + text
	if q, err := platforms.Parse(full); err == nil && isArchitecture(text) {
		return q, nil
	}
	return platforms.Parse(text + DefaultPlatform[strings.IndexByte(DefaultPlatform, '/'):])
}

// isArchitecture tells a lone architecture from a lone system: the system of
// an architecture alone is the machine's, whatever it is.
func isArchitecture(text string) bool {
	p, err := platforms.Parse(text)
	host := platforms.DefaultSpec()
	return err == nil && p.OS == host.OS && !strings.EqualFold(p.OS, text)
}

// platformArgs are the variables that every build has before its first stage
// (dockerfile2llb defaultArgs).
func platformArgs(build, target ocispecs.Platform, stage string) [][2]string {
	return [][2]string{
		{"BUILDPLATFORM", platforms.Format(build)},
		{"BUILDOS", build.OS},
		{"BUILDOSVERSION", build.OSVersion},
		{"BUILDARCH", build.Architecture},
		{"BUILDVARIANT", build.Variant},
		{"TARGETPLATFORM", platforms.FormatAll(target)},
		{"TARGETOS", target.OS},
		{"TARGETOSVERSION", target.OSVersion},
		{"TARGETARCH", target.Architecture},
		{"TARGETVARIANT", target.Variant},
		{"TARGETSTAGE", stage},
	}
}
