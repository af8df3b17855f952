package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

// The minor versions of docker/dockerfile 1 from which ADD takes a checksum.
const (
	checksumOfDownload = 6
	checksumOfGit      = 16
)

var frontendTag = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^1(\.([0-9]{1,4})(\.[0-9]+)*)?(-labs)?$`) })

// tooOld says why the frontend that the file asks for may not know something
// that came with a minor version of docker/dockerfile 1, "" where it does. A
// file that asks for none gets the builder's own, which is taken to be new.
func tooOld(p *lint.Pass, minor int) string {
	for i := range p.Inputs {
		in := &p.Inputs[i]
		if in.Instruction != "syntax" {
			if !in.Span.Empty() {
				break // the frontend stands above all else
			}
			continue
		}
		img, ok := in.Source.(source.Image)
		if !ok {
			return "what the frontend knows cannot be told"
		}
		shown := img.Short()
		if img.Tag() != "" {
			shown = img.ShortName() + ":" + img.Tag()
		}
		needed := fmt.Sprintf("needs docker/dockerfile:1.%d or newer, and the frontend of this file is %s", minor, shown)
		name, ok := strings.CutPrefix(img.Name(), "docker.io/docker/dockerfile")
		tag := frontendTag().FindStringSubmatch(img.Tag())
		switch {
		case !ok || name != "" && name != "-upstream":
			return needed
		case img.Tag() == "latest" || img.Tag() == "labs" || name != "" && strings.HasPrefix(img.Tag(), "master"):
			return ""
		case tag == nil:
			return needed
		case tag[2] == "":
			return ""
		}
		if have, err := strconv.Atoi(tag[2]); err != nil || have < minor {
			return needed
		}
		return ""
	}
	return ""
}
