package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/document"
)

func registriesForm() *Form {
	return &Form{
		Name:    "registries-conf",
		Summary: "registries.conf of Podman, Buildah, Skopeo and CRI-O, by which public images come from private copies alone",
		Use:     "put it into /etc/containers/registries.conf.d",
		Cannot: []string{
			"It knows names, and neither versions nor dates: an image is approved by being in the private registry, so take out what is revoked or has expired.",
			"Registries that it does not name are asked as ever: containers-policy denies those.",
			"It says nothing about downloads and git repositories.",
		},
		write: writeRegistries,
	}
}

func writeRegistries(p *Policy) ([]File, []string, error) {
	st, err := p.static(true)
	if err != nil {
		return nil, nil, err
	}
	if st.open {
		return nil, nil, errNoImages
	}
	r := p.routes(st)
	// Of several prefixes the longest counts.
	all := maps.Clone(r.mirrors)
	maps.Copy(all, r.apart)
	if len(all) == 0 {
		return nil, nil, fmt.Errorf("no approved image has a private copy, so there is nothing to send elsewhere")
	}
	var b strings.Builder
	b.WriteString("# The registry itself is blocked, so that its mirror alone is asked.\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "\n[[registry]]\nprefix = %s\nlocation = %[1]s\nblocked = true\n\n[[registry.mirror]]\nlocation = %s\n", document.Quote(name), document.Quote(all[name]))
	}
	var limits []string
	for _, name := range r.missing {
		limits = append(limits, fmt.Sprintf("%s is not found: it has no private copy, and its registry is not asked.", name))
	}
	return []File{{Name: "registries.conf", Text: []byte(b.String()), comment: "#"}}, limits, nil
}
