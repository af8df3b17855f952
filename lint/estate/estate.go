// Package estate says what all the Dockerfiles of an organization use together:
// which images, in which versions, from which registries, on which operating
// systems, and how each stands with the catalog of approved images.
//
// It is plain data that shows no credentials. The package does no I/O beyond the
// writer it is given.
package estate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

// VersionSprawl is the rule of an image that is used in too many versions.
const VersionSprawl = "version-sprawl"

// Estate is what Dockerfiles use. Its JSON form is an interface of the program.
type Estate struct {
	Version int `json:"version"`
	// Date is the day of the report, YYYY-MM-DD.
	Date   string `json:"date"`
	Files  int    `json:"files"`
	Inputs int    `json:"inputs"`
	// Unknown are inputs whose source could not be known, which are in no other
	// number here.
	Unknown int     `json:"unknown"`
	Images  []Image `json:"images"`
	// Downloads and Repositories count the files from servers and the git
	// repositories that are fetched.
	Downloads    int     `json:"downloads"`
	Repositories int     `json:"repositories"`
	Registries   []Count `json:"registries"`
	Systems      []Count `json:"systems"`
	// Standings count the uses of images by how these stand with the catalogs in
	// force; none where no catalog is.
	Standings []Count `json:"standings"`
	// Sprawl are the images in more versions than MaxVersions.
	MaxVersions int      `json:"maxVersions"`
	Sprawl      []Sprawl `json:"sprawl"`
}

// Image is one image in all its versions, the most used first.
type Image struct {
	Name     string    `json:"image"` // the full name
	Short    string    `json:"-"`
	Registry string    `json:"registry"`
	Uses     int       `json:"uses"`
	Files    int       `json:"files"`
	Versions []Version `json:"versions"`
}

// Version is one tag or digest of an image.
type Version struct {
	Ref    string `json:"ref"` // tag, or digest where there is no tag
	Digest string `json:"digest"`
	Pinned bool   `json:"pinned"`
	// Standing is how it stands: "approved", the ID of the gravest rule that finds
	// something, "internal", or "" where no catalog is in force.
	Standing string `json:"standing"`
	System   string `json:"system"` // "debian 12.4", "" where no evidence tells
	Uses     []Use  `json:"uses"`
}

// Use is one place that uses a version.
type Use struct {
	File        string `json:"file"`
	Line        int    `json:"line"` // 0 for what is given by a flag
	Instruction string `json:"instruction"`
	Reached     bool   `json:"reached"`
}

// Count is how often there is something.
type Count struct {
	Name string `json:"name"`
	N    int    `json:"count"`
}

// Sprawl is an image in too many versions.
type Sprawl struct {
	Image    string   `json:"image"`
	Versions []string `json:"versions"`
	Files    int      `json:"files"`
	Message  string   `json:"message"`
	// First is the place where it is used first.
	First Use `json:"first"`
}

// Survey gathers what files use. The zero value is ready.
type Survey struct {
	estate Estate
	images map[string]*gathered
	others map[string]bool
}

type gathered struct {
	image    Image
	versions map[string]*Version
	files    map[string]bool
}

// Add takes in a file by what its builds use. What they have in common counts
// once. judge is that of the file, nil for none.
func (s *Survey) Add(f *dockerfile.File, builds []*dockerfile.Resolution, judge *approval.Judge) {
	if s.images == nil {
		s.images, s.others = map[string]*gathered{}, map[string]bool{}
	}
	s.estate.Files++
	seen := map[string]bool{}
	for _, b := range builds {
		for i := range b.Inputs {
			in := &b.Inputs[i]
			id := fmt.Sprint(in.Span, in.Instruction)
			if in.Source != nil {
				id += in.Source.Identifier()
			}
			if !seen[id] {
				seen[id] = true
				s.add(f, in, judge)
			}
		}
	}
}

func (s *Survey) add(f *dockerfile.File, in *dockerfile.Input, judge *approval.Judge) {
	s.estate.Inputs++
	switch src := in.Source.(type) {
	case nil:
		s.estate.Unknown++
	case source.Image:
		s.addImage(f, in, src, judge)
	case source.HTTP:
		s.estate.Downloads++
	case source.Git:
		s.estate.Repositories++
	}
}

func (s *Survey) addImage(f *dockerfile.File, in *dockerfile.Input, img source.Image, judge *approval.Judge) {
	name := strings.Clone(img.Name())
	g := s.images[name]
	if g == nil {
		g = &gathered{image: Image{Name: name, Short: strings.Clone(img.ShortName()), Registry: strings.Clone(img.Host())}, versions: map[string]*Version{}, files: map[string]bool{}}
		s.images[name] = g
	}
	ref := cmp.Or(img.Tag(), img.Digest())
	key := ref + "@" + img.Digest()
	v := g.versions[key]
	if v == nil {
		v = &Version{Ref: strings.Clone(ref), Digest: strings.Clone(img.Digest()), Pinned: img.Pinned()}
		v.Standing, v.System = standing(judge, img)
		g.versions[key] = v
	}
	use := Use{File: f.Name, Instruction: in.Instruction, Reached: in.Reached}
	if !in.Span.Empty() {
		use.Line = f.Range(in.Span).Start.Line
	}
	v.Uses = append(v.Uses, use)
	g.image.Uses++
	g.files[f.Name] = true
}

// standing is how an image stands with the catalogs, and the operating system that
// scanners found in it.
func standing(judge *approval.Judge, img source.Image) (string, string) {
	if judge == nil {
		return "", ""
	}
	all := judge.Of(img)
	if len(all) == 0 {
		return "internal", ""
	}
	worst, system := "approved", ""
	for _, s := range all {
		if s.Version != nil {
			for _, e := range s.Version.Evidence {
				system = cmp.Or(system, e.OS)
			}
		}
		for _, f := range s.Flaws {
			if f.Rule == approval.PublicRegistry {
				if worst == "approved" {
					worst = f.Rule
				}
				continue
			}
			if worst == "approved" || worst == approval.PublicRegistry || worst == approval.ApprovalExpiring {
				worst = f.Rule
			}
		}
	}
	return worst, system
}

// Estate is what was gathered, as of a day. An image in more than most versions is
// one too many; 0 is no limit.
func (s *Survey) Estate(date string, most int) *Estate {
	e := s.estate
	e.Version, e.Date, e.MaxVersions = 1, date, most
	e.Images, e.Sprawl = []Image{}, []Sprawl{}
	registries, systems, standings := map[string]int{}, map[string]int{}, map[string]int{}
	for _, g := range s.images {
		image := g.image
		image.Files = len(g.files)
		for _, v := range g.versions {
			image.Versions = append(image.Versions, *v)
			registries[image.Registry] += len(v.Uses)
			if v.System != "" {
				systems[v.System] += len(v.Uses)
			}
			if v.Standing != "" {
				standings[v.Standing] += len(v.Uses)
			}
		}
		slices.SortFunc(image.Versions, func(a, b Version) int {
			return cmp.Or(cmp.Compare(len(b.Uses), len(a.Uses)), strings.Compare(a.Ref, b.Ref), strings.Compare(a.Digest, b.Digest))
		})
		for i := range image.Versions {
			slices.SortFunc(image.Versions[i].Uses, func(a, b Use) int { return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
		}
		e.Images = append(e.Images, image)
	}
	slices.SortFunc(e.Images, func(a, b Image) int { return cmp.Or(cmp.Compare(b.Uses, a.Uses), strings.Compare(a.Name, b.Name)) })
	e.Registries, e.Systems, e.Standings = counts(registries), counts(systems), counts(standings)
	for i := range e.Images {
		if sprawl, ok := e.sprawl(&e.Images[i]); ok {
			e.Sprawl = append(e.Sprawl, sprawl)
		}
	}
	return &e
}

// sprawl tells whether an image is used in too many versions: a tag with a digest
// and without one is the same version.
func (e *Estate) sprawl(im *Image) (Sprawl, bool) {
	var refs []string
	first := im.Versions[0].Uses[0]
	for _, v := range im.Versions {
		if !slices.Contains(refs, v.Ref) {
			refs = append(refs, v.Ref)
		}
		if u := v.Uses[0]; u.File < first.File || u.File == first.File && u.Line < first.Line {
			first = u
		}
	}
	if e.MaxVersions == 0 || len(refs) <= e.MaxVersions {
		return Sprawl{}, false
	}
	return Sprawl{
		Image: im.Name, Versions: refs, Files: im.Files, First: first,
		Message: fmt.Sprintf("%s is used in %d versions in %s, and %d are the most: %s", im.Short, len(refs), plural(im.Files, "file"), e.MaxVersions, listed(refs)),
	}, true
}

// shown is how many items fit a message.
const shown = 8

func listed(items []string) string {
	if more := len(items) - shown; more > 0 {
		return strings.Join(items[:shown], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(items, ", ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// counts are the numbers, the largest first.
func counts(of map[string]int) []Count {
	out := []Count{}
	for name, n := range of {
		out = append(out, Count{name, n})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Name, b.Name)) })
	return out
}
