package starter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/document"
)

// Rego is a build policy for the Dockerfile of a name, which it stands beside.
func (s *Starter) Rego(dockerfile string) string {
	var b strings.Builder
	name := document.Printable(dockerfile)
	fmt.Fprintf(&b, `# What builds of %s may fetch. "imgpolicy init" wrote it from what is fetched
# today, and nothing else is allowed: review it, then edit it as you like.
# "docker buildx build" and "imgpolicy lint" find it by its name, %[1]s.rego.
package docker

# Images by their full name. Any tag and any digest of them will do: a build asks
# about an image with a tag twice, by the tag and then by its digest.
`, name)
	var images []line
	for _, r := range s.registries {
		for _, repo := range r.repositories {
			images = append(images, line{item: repo.image.Name(), place: repo.first.place()})
		}
	}
	writeSet(&b, "repositories", images)
	b.WriteString("\n# Hosts that files are downloaded from.\n")
	writeSet(&b, "download_hosts", formsOf(s.downloads))
	b.WriteString("\n# Hosts that git repositories are fetched from.\n")
	writeSet(&b, "git_hosts", formsOf(s.remotes))
	b.WriteString(`
default allow := false

# The build context and the Dockerfile itself, which every build reads.
allow if input.local

allow if input.image.fullRepo in repositories

allow if input.http.host in download_hosts

allow if input.git.host in git_hosts

# What a build prints when it is denied something. Addresses may hold credentials,
# so only their host is named.
deny_msg contains msg if {
	not allow
	msg := sprintf("image %s is not allowed: %s is not in repositories", [input.image.ref, input.image.fullRepo])
}

deny_msg contains msg if {
	not allow
	msg := sprintf("download from %s is not allowed: the host is not in download_hosts", [input.http.host])
}

deny_msg contains msg if {
	not allow
	msg := sprintf("git repository on %s is not allowed: the host is not in git_hosts", [input.git.host])
}

decision := {"allow": allow, "deny_msg": deny_msg}
`)
	return b.String()
}

func formsOf(hosts []host) []line {
	var out []line
	for _, h := range hosts {
		for _, form := range h.forms {
			// example.com and example.com:443 may both come to one form.
			if !slices.ContainsFunc(out, func(l line) bool { return l.item == form }) {
				out = append(out, line{item: form, place: h.first.place()})
			}
		}
	}
	return out
}

// writeSet writes a set of texts; one without elements is no {}, which is an
// object.
func writeSet(b *strings.Builder, name string, lines []line) {
	if len(lines) == 0 {
		fmt.Fprintf(b, "%s := set()\n", name)
		return
	}
	fmt.Fprintf(b, "%s := {\n", name)
	for _, l := range lines {
		fmt.Fprintf(b, "\t%s, # %s\n", regoText(l.item), l.place)
	}
	b.WriteString("}\n")
}
