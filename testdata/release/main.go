// Release writes what belongs to the binaries of a release: an SPDX document of
// the modules that are linked into them, and the licences of those.
//
//	go run . ROOT DIR
//
// ROOT is the module, and DIR has the binaries, one to a platform. The document is
// DIR/imgpolicy.spdx.json, the licences DIR/licenses. SOURCE_DATE_EPOCH is the time
// of the document, so that it is the same for the same binaries.
package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/licensecheck"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: release ROOT DIR")
		os.Exit(2)
	}
	if err := release(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func release(root, dir string) error {
	binaries, err := filepath.Glob(filepath.Join(dir, "imgpolicy_*"))
	if err != nil || len(binaries) == 0 {
		return fmt.Errorf("%s has no binaries: %v", dir, err)
	}
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	own, modules, err := linked(binaries)
	if err != nil {
		return err
	}
	if err := locate(root, modules); err != nil {
		return err
	}
	for _, m := range modules {
		if err := m.readLicences(); err != nil {
			return err
		}
		if err := m.saveLicences(filepath.Join(dir, "licenses")); err != nil {
			return err
		}
	}
	return writeDocument(filepath.Join(dir, "imgpolicy.spdx.json"), own, modules, time.Unix(seconds, 0).UTC())
}

// module is one that is linked in.
type module struct {
	path, version string
	dir           string
	licences      []licence
}

// licence is a text of a module that says under what it is, and what that is.
type licence struct {
	file string // below the directory of the module
	text []byte
	ids  []string // of SPDX; none where it was not recognized
}

// linked are the modules of all binaries, sorted, the standard library among them.
func linked(binaries []string) (own *module, all []*module, err error) {
	found := map[string]*module{}
	for _, file := range binaries {
		info, err := buildinfo.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		own = &module{path: info.Main.Path, version: info.Main.Version}
		found["std"] = &module{path: "std", version: info.GoVersion}
		for _, dep := range info.Deps {
			if dep.Replace != nil {
				dep = dep.Replace
			}
			found[dep.Path+"@"+dep.Version] = &module{path: dep.Path, version: dep.Version}
		}
	}
	for _, m := range found {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *module) int { return strings.Compare(a.path+"@"+a.version, b.path+"@"+b.version) })
	return own, all, nil
}

// locate finds the directories of modules.
func locate(root string, modules []*module) error {
	goRoot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	for _, m := range modules {
		if m.path == "std" {
			m.dir = strings.TrimSpace(string(goRoot))
			continue
		}
		cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", m.path+"@"+m.version)
		cmd.Dir = root
		out, err := cmd.Output()
		if m.dir = strings.TrimSpace(string(out)); err != nil || m.dir == "" {
			return fmt.Errorf("finding %s %s: %v", m.path, m.version, err)
		}
	}
	return nil
}

// licenceName is what files are called that say under what a module is.
var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|unlicense)([-._].*)?$`)

// readLicences reads the texts at the top of a module. One without any is an error:
// nobody may pass it on.
func (m *module) readLicences() error {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !licenceName.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") || !e.Type().IsRegular() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.dir, e.Name()))
		if err != nil {
			return err
		}
		l := licence{file: e.Name(), text: text}
		for _, match := range licensecheck.Scan(text).Match {
			if !match.IsURL && !slices.Contains(l.ids, match.ID) {
				l.ids = append(l.ids, match.ID)
			}
		}
		m.licences = append(m.licences, l)
	}
	if len(m.licences) == 0 {
		return fmt.Errorf("%s %s has no licence in %s", m.path, m.version, m.dir)
	}
	return nil
}

func (m *module) saveLicences(dir string) error {
	at := filepath.Join(dir, filepath.FromSlash(m.path)+"@"+m.version)
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	for _, l := range m.licences {
		if err := os.WriteFile(filepath.Join(at, l.file), l.text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// declared is the expression of SPDX for what a module is under: all that its texts
// name. Which of them may be chosen, texts do not say.
func (m *module) declared() string {
	var ids []string
	for _, l := range m.licences {
		for _, id := range l.ids {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return "NOASSERTION"
	}
	slices.Sort(ids)
	return strings.Join(ids, " AND ")
}
