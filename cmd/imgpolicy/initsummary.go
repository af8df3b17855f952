package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/document"
)

// summary says what was written, what it leaves out, and what to do next.
func (i *initialization) summary(files []newFile, g *gathered, otherConfig string) string {
	var b strings.Builder
	verb := "Wrote"
	if i.dryRun {
		verb = "Would write"
	}
	var names []string
	for _, f := range files {
		names = append(names, i.shown(f.path))
	}
	fmt.Fprintf(&b, "%s %s, allowing %s of %s.\n", verb, strings.Join(names, " and "), countOf(g.covered(), "input", "inputs"), countOf(g.files(), "Dockerfile", "Dockerfiles"))
	if i.above != "" {
		fmt.Fprintf(&b, "It extends %s, which must allow everything too.\n", i.shown(i.above))
	}
	if g.elsewhere > 0 {
		fmt.Fprintf(&b, "Left out: %s with a config or a repository of their own.\n", countOf(g.elsewhere, "Dockerfile", "Dockerfiles"))
	}
	tellUncovered(&b, g)
	i.tellSecrets(&b, g)
	if i.isRego() {
		i.tellOthers(&b, files[0], g)
	}
	if n := len(g.unpinned); n > 0 {
		fmt.Fprintf(&b, "\nNot pinned, which lint reports: %s. Pin them, or have `imgpolicy baseline write`\nlist those of today for `imgpolicy lint --baseline`.\n", countOf(n, "input", "inputs"))
	}
	if otherConfig != "" && !i.isRego() {
		fmt.Fprintf(&b, "\nIMGPOLICY_CONFIG is set: lint reads %s and not this file.\n", visible(otherConfig))
	}
	fmt.Fprintf(&b, "\nNext: %s\n", i.next(files[0]))
	return b.String()
}

func (i *initialization) shown(path string) string { return visible(shownName(i.dir, path)) }

// covered is how many inputs the policy allows.
func (g *gathered) covered() int {
	n := len(g.inputs)
	for _, u := range g.uncovered {
		if g.inputs[u.inputPlace] {
			n--
		}
	}
	return n
}

// toldInputs is how many inputs are listed at most.
const toldInputs = 20

func tellUncovered(b *strings.Builder, g *gathered) {
	if len(g.uncovered) == 0 {
		return
	}
	fmt.Fprintf(b, "\nNot allowed, because what they fetch cannot be known:\n")
	for _, u := range g.uncovered[:min(len(g.uncovered), toldInputs)] {
		fmt.Fprintf(b, "  %s:%d:%d: %s: %s\n", visible(u.file), u.line, u.column, document.Printable(u.word), visible(u.why))
	}
	if more := len(g.uncovered) - toldInputs; more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
	if g.needsArgs {
		b.WriteString("Give build args with --build-arg NAME=VALUE and --force to have them in it.\n")
	}
}

// tellSecrets says which build args lint has to be given again.
func (i *initialization) tellSecrets(b *strings.Builder, g *gathered) {
	if len(g.secrets) == 0 || i.isRego() {
		return
	}
	fmt.Fprintf(b, "\nNot written down, as it may be secret: the value of %s.\nGive lint the same --build-arg.\n",
		visible(strings.Join(slices.Sorted(maps.Keys(g.secrets)), ", ")))
}

// tellOthers says how to use a build policy for the Dockerfiles that it is not
// found for.
func (i *initialization) tellOthers(b *strings.Builder, main newFile, g *gathered) {
	own := strings.TrimSuffix(main.path, regoEnding)
	others := g.files()
	if slices.Contains(g.paths, own) {
		others--
	}
	if others == 0 {
		return
	}
	name := visible(filepath.Base(main.path))
	fmt.Fprintf(b, `
A build finds %s by itself for %s alone; for %s, name it:
  docker buildx build --policy filename=%[1]s …     (below the build context)
  imgpolicy lint --policy %[1]s                     (or policies: [%[1]s] in %[4]s)
`, name, visible(filepath.Base(own)), countOf(others, "other Dockerfile", "other Dockerfiles"), configNames()[0])
}

// next is what to type now.
func (i *initialization) next(main newFile) string {
	command := programName + " lint"
	if i.isRego() {
		test := programName + " test"
		if name := strings.TrimSuffix(filepath.Base(main.path), regoEnding); name != "Dockerfile" {
			test += " --filename " + shellWord(visible(name))
		}
		command = test + " && " + command
	}
	if i.root != i.dir {
		command = "cd " + shellWord(i.shown(i.root)) + " && " + command
	}
	return command
}
