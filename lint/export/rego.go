package export

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// levelRego is what every build policy ends with.
//
//go:embed level.rego
var levelRego string

func regoForm() *Form {
	return &Form{
		Name:    "rego",
		Summary: "build policies of Buildx, one for each level, all of which must allow",
		Use:     "docker buildx build --policy filename=cwd://FILE.rego for each, with the .json files at the root of the context",
		levels:  true,
		Cannot: []string{
			"It judges what a build fetches: how a Dockerfile is written (unpinned-image, missing-checksum, insecure-url and the like) only lint sees.",
			"load_json reads from the build context: the .json files must lie at its root, and who can write there can change them. Keep the .rego elsewhere, and lint in CI as well.",
			"Of a git repository the lists see the remote, and not git://HOST/PATH#REF.",
			"What holds for some Dockerfiles only (per-file, ignore directives) is not in it.",
		},
		write: writeRego, decide: decideRego,
	}
}

func writeRego(p *Policy) ([]File, []string, error) {
	s, err := p.survey()
	if err != nil {
		return nil, nil, err
	}
	var files []File
	names := map[string]bool{}
	for i := range p.Levels {
		name := fileName(p.Levels[i].Level, names)
		if !p.chosen(i) {
			continue
		}
		data, id, err := encode(name, s.data(i))
		if err != nil {
			return nil, nil, err
		}
		text, err := s.constants(i, data, id)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, File{Name: name + ".rego", Text: []byte(text + levelRego), comment: "#"})
		files = append(files, data...)
	}
	var limits []string
	if p.Mixed {
		limits = append(limits, "One of other-version and approved-digest-mismatch is no error here: which of them a digest is that some catalogs approve and others do not is not always told apart.")
	}
	return files, limits, nil
}

// constants are what the build policies of levels differ in.
func (s *survey) constants(at int, data []File, id string) (string, error) {
	l := &s.policy.Levels[at]
	var b strings.Builder
	b.WriteString("package docker\n")
	constant := func(comment, name, value string) {
		fmt.Fprintf(&b, "\n# %s\n%s := %s\n", comment, name, value)
	}
	title := l.String()
	constant("The level.", "level_title", document.Quote(title))
	constant("Whether it denies: a level in a dry run does not.", "enforced", fmt.Sprint(!l.DryRun))
	var names []string
	for _, f := range data {
		names = append(names, f.Name)
	}
	constant("What is known of approvals, and the export that it is of.", "data_files", regoList(names))
	fmt.Fprintf(&b, "\nexport_id := %s\n", document.Quote(id))
	constant("What is said of images that no catalog has; \"\" where they are allowed.", "unlisted", document.Quote(s.unlisted[at]))
	constant("The organization's own images, which need no approval.", "internal_images", regoList(s.policy.internal(at)))
	constant("Image policies, each of which must allow.", "image_policies", regoObjects(l.Lists, writeLists))
	constant("Where images may come from: each list must allow.", "registries", regoObjects(l.Registries, places(registryPattern)))
	constant("Hosts of downloads and git repositories: each list must allow.", "hosts", regoObjects(l.Hosts, places(hostPattern)))
	exceptions := s.policy.listExceptions(at)
	constant("Exceptions from the lists above, to the end of their last day.", "exceptions", regoObjects(exceptions, writeException))
	return b.String(), nil
}

func regoList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = document.Quote(t)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func regoObjects[T any](all []T, write func(T) string) string {
	if len(all) == 0 {
		return "[]"
	}
	var b strings.Builder
	b.WriteString("[\n")
	for _, v := range all {
		b.WriteString("\t{" + write(v) + "},\n")
	}
	return b.String() + "]"
}

func writeLists(l Lists) string {
	return fmt.Sprintf("\"place\": %s, \"whitelist\": %s, \"blacklist\": %s, \"default_allow\": %t",
		document.Quote(l.Place), regoList(l.Whitelist), regoList(l.Blacklist), l.DefaultAllow)
}

func places(pattern func(string) string) func(Places) string {
	return func(p Places) string {
		var patterns []string
		for _, e := range p.Entries {
			patterns = append(patterns, pattern(e))
		}
		const most = 8
		told := strings.Join(p.Entries[:min(len(p.Entries), most)], ", ")
		switch more := len(p.Entries) - most; {
		case len(p.Entries) == 0:
			told = "the list is empty"
		case more > 0:
			told += fmt.Sprintf(" and %d more", more)
		}
		return fmt.Sprintf("\"place\": %s, \"told\": %s, \"patterns\": %s", document.Quote(p.Place), document.Quote(told), regoList(patterns))
	}
}

// registryPattern matches the names that an entry of registries stands for, their
// host in lower case.
func registryPattern(entry string) string {
	host, path, _ := strings.Cut(entry, "/")
	if path != "" {
		path = "/" + path
	}
	return "^" + glob(strings.ToLower(host), `[^/]*`) + glob(path, `[^/]*`) + "(/|$)"
}

// hostPattern matches the hosts that an entry of hosts stands for, in lower case
// and without the dot of the root.
func hostPattern(entry string) string {
	host := strings.ToLower(entry)
	if name, port, found := strings.Cut(host, ":"); found && !strings.HasPrefix(host, "[") {
		host = strings.TrimSuffix(name, ".") + ":" + port
	}
	return "^" + glob(strings.TrimSuffix(host, "."), ".*") + "$"
}

func glob(text, star string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, star)
}

// exception is one that waives what is not about approvals.
type exception struct {
	rule, source string
	until        catalog.Date
}

func writeException(e exception) string {
	return fmt.Sprintf("\"rule\": %s, \"source\": %s, \"until\": %s", document.Quote(e.rule), document.Quote(e.source), document.Quote(e.until.String()))
}
