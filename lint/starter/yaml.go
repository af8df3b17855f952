package starter

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Config is what an .imgpolicy.yaml says besides what is allowed.
type Config struct {
	// Schema is where editors find the schema.
	Schema string
	// Extends is the path of the config in force so far, or "".
	Extends string
	// BuildArgs, Platforms and Targets are those of the build that was looked
	// at, as far as flags gave them.
	BuildArgs          map[string]string
	Platforms, Targets []string
}

// YAML is the .imgpolicy.yaml.
func (s *Starter) YAML(c Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# yaml-language-server: $schema=%s
#
# What the Dockerfiles here may fetch. "imgpolicy init" wrote it from what they
# fetch today, and nothing else is allowed: review it, then edit it as you like.
# "imgpolicy lint" checks by it.
`, c.Schema)
	if c.Extends != "" {
		b.WriteString("\n# The config in force so far stays so: both must allow.\n")
		fmt.Fprintf(&b, "extends: %s\n", yamlText(c.Extends))
	}
	s.writeRegistries(&b)
	s.writeHosts(&b)
	s.writeWhitelist(&b)
	c.writeBuild(&b)
	return b.String()
}

func (s *Starter) writeRegistries(b *strings.Builder) {
	b.WriteString(`
# Where images may come from: a registry with the first part of the path, which says
# whose images they are. An entry stands for all below it and for no longer name:
# ghcr.io/acme is not ghcr.io/acme-x.
`)
	var items []line
	for _, r := range s.registries {
		items = append(items, line{item: r.prefix})
	}
	writeList(b, "registries", items)
}

func (s *Starter) writeHosts(b *strings.Builder) {
	b.WriteString("\n# Hosts that files and git repositories may come from, each with its first use.\n")
	var items []line
	for _, h := range s.hosts() {
		items = append(items, line{item: h.name, place: h.first.place()})
	}
	writeList(b, "hosts", items)
}

func (s *Starter) writeWhitelist(b *strings.Builder) {
	b.WriteString(`
# The images, by regular expressions on their full names, each with its first use.
# [:@] ends the name: any tag and any digest of the image will do.
`)
	var items []line
	for _, r := range s.registries {
		items = append(items, line{heading: r.prefix})
		for _, repo := range r.repositories {
			items = append(items, line{item: Pattern(repo.image.Name()), place: repo.first.place()})
		}
	}
	writeList(b, "whitelist", items)
	b.WriteString("defaultAllow: false\n")
}

// Pattern is the entry of a whitelist for all images of a full name and for no
// others. A tag follows ":", a digest "@" or, as the Docker API sends it, ":".
func Pattern(name string) string { return "^" + regexp.QuoteMeta(name) + "[:@]" }

func (c Config) writeBuild(b *strings.Builder) {
	if len(c.BuildArgs)+len(c.Platforms)+len(c.Targets) == 0 {
		return
	}
	b.WriteString("\n# The build that was looked at, as the flags of \"imgpolicy init\" gave it.\n")
	if len(c.BuildArgs) > 0 {
		b.WriteString("build-args:\n")
		for _, name := range slices.Sorted(maps.Keys(c.BuildArgs)) {
			fmt.Fprintf(b, "  %s: %s\n", yamlKey(name), yamlText(c.BuildArgs[name]))
		}
	}
	for _, list := range []struct {
		key    string
		values []string
	}{{"platforms", c.Platforms}, {"targets", c.Targets}} {
		var items []line
		for _, v := range list.values {
			items = append(items, line{item: v})
		}
		if len(items) > 0 {
			writeList(b, list.key, items)
		}
	}
}

// line is an item of a list, with the place of its first use if it has one, or a
// heading between items.
type line struct{ item, place, heading string }

// widest is how far to the right places are moved at most.
const widest = 60

// writeList writes a list, the places of its items below each other. One without
// items has to be written as such: it allows nothing.
func writeList(b *strings.Builder, key string, lines []line) {
	if len(lines) == 0 {
		fmt.Fprintf(b, "%s: []\n", key)
		return
	}
	width := 0
	for _, l := range lines {
		if n := len(yamlText(l.item)); l.heading == "" && n <= widest {
			width = max(width, n)
		}
	}
	fmt.Fprintf(b, "%s:\n", key)
	for _, l := range lines {
		switch {
		case l.heading != "":
			fmt.Fprintf(b, "  # %s\n", l.heading)
		case l.place == "":
			fmt.Fprintf(b, "  - %s\n", yamlText(l.item))
		default:
			fmt.Fprintf(b, "  - %-*s  # %s\n", width, yamlText(l.item), l.place)
		}
	}
}
