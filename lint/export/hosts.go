package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/document"
)

func hostsForm() *Form {
	return &Form{
		Name:    "hosts-toml",
		Summary: "certs.d/HOST/hosts.toml of containerd and Docker Engine from 28 on, for builds and pulls",
		Use:     "put certs.d into /etc/docker, or where config_path of containerd points",
		Cannot: []string{
			"It knows hosts, and neither versions nor dates: an image is approved by being in the private registry, so take out what is revoked or has expired.",
			"It says nothing about downloads and git repositories.",
			"Registries are asked by https.",
			"containerd takes a hosts.toml that it cannot read for none at all, and asks the public registry: change none by hand.",
		},
		write: writeHosts,
	}
}

// routes are where images come from, for the forms that send a registry elsewhere.
type routes struct {
	// mirrors are the places of private copies by public registry, direct the
	// registries that are asked themselves.
	mirrors map[string]string
	direct  []string
	// apart are the images whose copies are elsewhere than those of their registry
	// by public name, missing those that have none.
	apart   map[string]string
	missing []string
	private []string // the registries of private copies
}

// routes sends the registry of each image to where the catalogs keep copies.
func (p *Policy) routes(st *static) *routes {
	r := &routes{mirrors: map[string]string{}, apart: map[string]string{}}
	add := func(list *[]string, name string) {
		if !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
	}
	for _, im := range st.images {
		host := hostOf(im.name)
		switch to := p.mirror(host); {
		case im.copy:
			add(&r.private, host)
		case im.private != "":
			add(&r.private, hostOf(im.private))
			if im.private == to+strings.TrimPrefix(im.name, host) {
				r.mirrors[host] = to
			} else {
				r.apart[im.name] = im.private
			}
		}
	}
	for _, im := range st.images {
		switch host := hostOf(im.name); {
		case im.copy || im.private != "" || slices.Contains(r.private, host):
		case r.mirrors[host] != "":
			add(&r.missing, im.name)
		default:
			add(&r.direct, host)
		}
	}
	for _, prefix := range st.prefixes {
		if r.mirrors[hostOf(prefix)] == "" {
			add(&r.direct, hostOf(prefix))
		}
	}
	slices.Sort(r.missing)
	return r
}

// mirror is where the catalogs keep the copies of a whole registry, "" for
// nowhere.
func (p *Policy) mirror(host string) string {
	const name = "a/b"
	for _, l := range p.Levels {
		for _, c := range l.Catalogs {
			if to, ok := strings.CutSuffix(c.PrivateName(host+"/"+name), "/"+name); ok {
				return to
			}
		}
	}
	return ""
}

func writeHosts(p *Policy) ([]File, []string, error) {
	st, err := p.static(true)
	if err != nil {
		return nil, nil, err
	}
	if st.open {
		return nil, nil, errNoImages
	}
	r := p.routes(st)
	texts := map[string]string{}
	var limits []string
	for host, to := range r.mirrors {
		texts[host] = hostsText("https://"+hostOf(to)+"/v2"+strings.TrimPrefix(to, hostOf(to)), true, `["pull", "resolve"]`)
	}
	direct := map[string]bool{}
	for _, host := range slices.Concat(r.direct, r.private) {
		direct[host] = true
	}
	for host := range direct {
		switch {
		case strings.Contains(host, "*"):
			limits = append(limits, fmt.Sprintf("%s is many hosts, and each needs a directory of its own: it is denied.", host))
		case texts[host] == "":
			server := host
			if host == "docker.io" {
				server = "registry-1.docker.io"
			}
			texts[host] = hostsText("https://"+server, false, `["pull", "resolve", "push"]`)
			limits = append(limits, fmt.Sprintf("All of %s is let through.", host))
		}
	}
	// No host stands for no server here: containerd would fill in the one asked for,
	// with everything that it can do.
	texts["_default"] = hostsText("https://denied.invalid", false, `["push"]`)
	for name, private := range r.apart {
		limits = append(limits, fmt.Sprintf("%s is found by its private name alone: its copy is %s, apart from those of its registry.", name, private))
	}
	for _, name := range r.missing {
		limits = append(limits, fmt.Sprintf("%s is not found: it has no private copy, and its registry is not asked.", name))
	}
	slices.Sort(limits)
	var files []File
	for host, text := range texts {
		files = append(files, File{Name: "certs.d/" + hostDirectory(host) + "/hosts.toml", Text: []byte(text), comment: "#"})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, limits, nil
}

func hostsText(server string, override bool, capabilities string) string {
	text := fmt.Sprintf("server = %s\ncapabilities = %s\n", document.Quote(server), capabilities)
	if override {
		text += "override_path = true\n"
	}
	return text
}

// hostDirectory is the directory that containerd looks for a host in, on Windows,
// too (core/remotes/docker/config/hosts.go).
func hostDirectory(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > 0 {
		return host[:i] + "_" + host[i+1:] + "_"
	}
	return host
}
