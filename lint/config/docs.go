package config

import (
	"fmt"
	"strings"
)

// Docs is the documentation of all keys, in Markdown.
func Docs(known Known) string {
	var b strings.Builder
	b.WriteString(`# The config

Made from the keys themselves by ` + "`make generate`" + `.

` + "`.imgpolicy.yaml` or `.imgpolicy.json`" + `, beside a Dockerfile or in a directory above it up to the root of its
repository, says how the Dockerfile is linted; of several the nearest counts, and builds on another only where
it says ` + "`extends`. `imgpolicy config PATH`" + ` shows what it comes to, ` + "`imgpolicy schema`" + ` prints the JSON Schema
(also [here](../../examples/imgpolicy.schema.json)). Unknown keys are errors. Flags count before all of it, but
switch off no rule that is locked.

| key | for some files | is |
|---|---|---|
`)
	for _, k := range keys() {
		some := "yes"
		if k.whole {
			some = ""
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.name, some, strings.ReplaceAll(k.doc, "|", `\|`))
	}
	b.WriteString("\n`ignores` has the keys:\n\n| key | is |\n|---|---|\n")
	properties, _ := ignoresForm(&known)["properties"].(schema)
	for _, name := range ignoresKeys() {
		s, _ := properties[name].(schema)
		fmt.Fprintf(&b, "| `%s` | %v |\n", name, s["description"])
	}
	b.WriteString(`
` + "```yaml" + `
# yaml-language-server: $schema=https://raw.githubusercontent.com/imgpolicy/imgpolicy/main/examples/imgpolicy.schema.json
registries: [docker.io/library, ghcr.io/acme]
hosts: [github.com, "*.example.com"]
rules:
  missing-checksum: error
locked: [policy-denied, untrusted-registry]
ignores:
  require-reason: true
  max-days: 90
exclude: [vendor, testdata]
per-file:
  - files: ["*.dev", .devcontainer]
    rules:
      unpinned-image: warning
` + "```\n")
	return b.String()
}
