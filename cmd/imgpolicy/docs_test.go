package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// TestDocs keeps what the documents show equal to what the program does;
// -update rewrites them.
func TestDocs(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	_, output, _ := runIn(t.Context(), root, nil, nil, "lint", "examples/quickstart")
	text, err := os.ReadFile(filepath.Join(root, "examples/quickstart/Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	readme := read(t, filepath.Join(root, "README.md"))
	readme = replaceBlock(t, readme, "quickstart: Dockerfile", "```dockerfile\n"+string(text)+"```\n")
	readme = replaceBlock(t, readme, "quickstart: output", "```console\n"+output+"```\n")
	readme = replaceBlock(t, readme, "formats", formatTable())
	readme = replaceBlock(t, readme, "rules", ruleTable())
	keep(t, filepath.Join(root, "README.md"), readme)
	keep(t, filepath.Join(root, "lint/rules/README.md"), ruleDocs())
	keep(t, filepath.Join(root, "lint/config/README.md"), config.Docs(known()))
	keep(t, filepath.Join(root, "examples/imgpolicy.schema.json"), string(config.Schema(known(), schemaID)))
	keep(t, filepath.Join(root, "examples/catalog.schema.json"), string(catalog.Schema(catalogSchemaID)))
	if n := strings.Count(readme, "\n"); n > 300 {
		t.Errorf("README.md has %d lines, at most 300 are read", n)
	}
}

// TestConfigExample reads the config that the documentation shows.
func TestConfigExample(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(config.Docs(known()), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if _, err := config.Read("example.yaml", "/example.yaml", []byte(example), known()); err != nil || !ok {
		t.Error(err)
	}
}

// TestExamples compares what lint says of every example with its expected.txt.
func TestExamples(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "examples/*/Dockerfile"))
	if err != nil || len(files) < 3 {
		t.Fatalf("found %d examples: %v", len(files), err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			_, output, stderr := runIn(t.Context(), dir, nil, nil, "lint")
			keep(t, filepath.Join(dir, "expected.txt"), output+stderr)
		})
	}
}

func formatTable() string {
	var b strings.Builder
	b.WriteString("| format | is |\n|---|---|\n")
	for _, f := range report.Formats() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.Name, f.Summary)
	}
	return b.String()
}

// ruleAreas group the rules for the README by what they are about; a rule
// belongs to the first area that holds its ID, and the last one holds all.
var ruleAreas = []struct{ name, ids string }{
	{"whether it stays the same", `^(unpinned|missing|digest|stale|latest|moved)-`},
	{"where it comes from", `^(untrusted|insecure|credentials)-`},
	{"what policies say", `^policy-`},
	{"build policies", `^rego-`},
	{"image policies", `^pattern-`},
	{"ignore comments", `-ignore$|^ignore-|^unknown-rule$`},
	{"approved images", `^approv|^level-|-exception$|-approved$|^(deprecated|revoked)-image$|^(evidence|findings|license|other|out|public|too)-`},
	{"whether it builds", ``},
}

// ruleTable names every rule in few lines: what each finds stands in
// lint/rules/README.md.
func ruleTable() string {
	rows := make([][2][]string, len(ruleAreas)) // errors, and all others
	for _, r := range rules.All() {
		area := slices.IndexFunc(ruleAreas, func(a struct{ name, ids string }) bool { return regexp.MustCompile(a.ids).MatchString(r.ID) })
		link, column := fmt.Sprintf("[%s](lint/rules/README.md#%[1]s)", r.ID), 0
		if r.Severity != lint.Error {
			column = 1
		}
		if r.Severity == lint.Info {
			link += " (info)"
		}
		if r.Optional {
			link += " (off)"
		}
		rows[area][column] = append(rows[area][column], link)
	}
	var b strings.Builder
	b.WriteString("| about | errors | warnings |\n|---|---|---|\n")
	for i, row := range rows {
		if len(row[0])+len(row[1]) > 0 {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", ruleAreas[i].name, strings.Join(row[0], ", "), strings.Join(row[1], ", "))
		}
	}
	return b.String()
}

func ruleDocs() string {
	var b strings.Builder
	b.WriteString("# The rules\n\nMade from the rules themselves by `make generate`.\n")
	for _, r := range rules.All() {
		language := r.Language()
		fmt.Fprintf(&b, "\n## %s\n\n%s (%s)\n\n%s\n\nReported:\n\n```%s\n%s```\n\nFine:\n\n```%s\n%s```\n",
			r.ID, r.Summary, shownSeverity(r), r.Doc, language, r.Bad, language, r.Good)
	}
	return b.String()
}

// replaceBlock puts text between <!-- name --> and the next <!-- end -->.
func replaceBlock(t *testing.T, document, name, text string) string {
	t.Helper()
	head, rest, ok := strings.Cut(document, "<!-- "+name+" -->\n")
	_, tail, end := strings.Cut(rest, "<!-- end -->")
	if !ok || !end {
		t.Fatalf("the document has no block %q", name)
	}
	return head + "<!-- " + name + " -->\n" + text + "<!-- end -->" + tail
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// keep compares a file with what it should hold.
func keep(t *testing.T, path, want string) {
	t.Helper()
	if read(t, path) == want {
		return
	}
	if !*update {
		t.Errorf("%s is stale: run make generate and look at the difference", path)
		return
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
