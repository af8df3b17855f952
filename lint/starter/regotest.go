package starter

import (
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// otherHost is a host that is not in use: of those that belong to nobody
// (RFC 2606).
func (s *Starter) otherHost() string {
	used := map[string]bool{}
	for _, h := range s.hosts() {
		used[h.name] = true
	}
	for _, r := range s.registries {
		host, _, _ := strings.Cut(r.prefix, "/")
		used[host] = true
	}
	name := "evil.example"
	for n := 2; used[name]; n++ {
		name = fmt.Sprintf("evil%d.example", n)
	}
	return name
}

// RegoTest is the unit tests of the policy that Rego writes. A test has one
// input: Buildx takes no more.
func (s *Starter) RegoTest(dockerfile string) string {
	t := &tests{names: map[string]bool{}}
	name := document.Printable(dockerfile)
	fmt.Fprintf(&t.text, `# The tests of %[1]s.rego. "imgpolicy test%[2]s" and
# "docker buildx policy test%[2]s ." run them where they are.
package docker

`, name, filenameFlag(dockerfile))
	t.allows("dockerfile", `{"local": {"name": "dockerfile"}}`)
	t.allows("context", `{"local": {"name": "context"}}`)
	for _, r := range s.registries {
		for _, repo := range r.repositories {
			t.image(repo.image)
		}
	}
	for _, h := range s.downloads {
		for _, form := range h.forms {
			t.allows("download_from_"+form, download(h.scheme, form))
		}
	}
	for _, h := range s.remotes {
		for _, form := range h.forms {
			t.allows("git_on_"+form, remote(h.scheme, form))
		}
	}
	s.denials(t)
	return strings.TrimSuffix(t.text.String(), "\n")
}

func filenameFlag(dockerfile string) string {
	if dockerfile == "Dockerfile" {
		return ""
	}
	return " --filename " + document.Printable(dockerfile)
}

// denials are what must not pass: something else, and what looks like the first
// of what may.
func (s *Starter) denials(t *tests) {
	other := s.otherHost()
	t.deniesImage("other_image", other+"/x")
	if len(s.registries) > 0 {
		name := s.registries[0].repositories[0].image.Name()
		t.deniesImage("longer_name", name+"-evil-copy")
		t.deniesImage("name_on_another_registry", other+"/"+name)
	}
	t.denies("other_download", download("https", other))
	if len(s.downloads) > 0 {
		t.denies("longer_download_host", download("https", longer(s.downloads[0], other)))
	}
	t.denies("other_git_repository", remote("https", other))
	if len(s.remotes) > 0 {
		t.denies("longer_git_host", remote("https", longer(s.remotes[0], other)))
	}
}

// longer is another host that begins with the name of one.
func longer(h host, other string) string {
	name, _, _ := strings.Cut(strings.Trim(h.forms[0], "[]"), ":")
	return name + "." + other
}

// tests are the tests written so far.
type tests struct {
	text  strings.Builder
	names map[string]bool
}

func (t *tests) allows(what, input string) { t.add("allows_"+what, "decision.allow", input) }
func (t *tests) denies(what, input string) { t.add("denies_"+what, "not decision.allow", input) }

func (t *tests) add(what, expression, input string) {
	base := "test_" + identifier(what)
	name := base
	for n := 2; t.names[name]; n++ {
		name = fmt.Sprintf("%s_%d", base, n)
	}
	t.names[name] = true
	fmt.Fprintf(&t.text, "%s if {\n\t%s with input as %s\n}\n\n", name, expression, input)
}

// identifier makes a name for a test of any text.
func identifier(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "_")
}

// image tests both questions of a build: by tag, if the Dockerfile has one, and
// by digest.
func (t *tests) image(img source.Image) {
	if img.Digest() == "" {
		t.allows(img.Name()+" by tag", image(img))
		pinned, err := img.WithDigest("sha256:" + strings.Repeat("0123456789abcdef", 4))
		if err != nil {
			return
		}
		img = pinned
	}
	t.allows(img.Name()+" by digest", image(img))
}

// deniesImage tests that a made-up name is denied, if it is one.
func (t *tests) deniesImage(what, name string) {
	if img, err := source.ParseImage(name); err == nil {
		t.denies(what, image(img))
	}
}

// image is the input that Buildx makes for an image.
func image(img source.Image) string {
	fields := []string{
		`"ref": ` + regoText(img.Ref()), `"host": ` + regoText(img.Host()),
		`"repo": ` + regoText(img.FamiliarName()), `"fullRepo": ` + regoText(img.Name()),
	}
	if img.Tag() != "" {
		fields = append(fields, `"tag": `+regoText(img.Tag()))
	}
	if img.Digest() != "" {
		fields = append(fields, `"isCanonical": true`, `"checksum": `+regoText(img.Digest()))
	}
	return `{"image": {` + strings.Join(fields, ", ") + `}}`
}

// download is the input of a download: its address is not the one that the
// Dockerfile has, which may hold credentials.
func download(scheme, host string) string {
	return fmt.Sprintf(`{"http": {"url": %s, "schema": %s, "host": %s, "path": "/"}}`,
		regoText(scheme+"://"+host+"/"), regoText(scheme), regoText(host))
}

func remote(scheme, host string) string {
	return fmt.Sprintf(`{"git": {"schema": %s, "host": %s}}`, regoText(scheme), regoText(host))
}
