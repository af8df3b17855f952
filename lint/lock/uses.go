package lock

import (
	"fmt"
	"maps"
	"slices"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

// Uses are the names that Dockerfiles fetch by, and what they pin them to. The
// zero value has none. It is a Book, too: what one Dockerfile pins tells of the
// others.
type Uses struct {
	byName map[string]*Use
	// Unknown counts the inputs that are not known, and what else may hide one.
	Unknown int
}

// Use is one name that Dockerfiles fetch by.
type Use struct {
	Name string
	// Source is fetched by that name, without a pin.
	Source source.Source
	// Platforms are those an image is fetched for.
	Platforms []string
	// Place is the first that uses it, "api/Dockerfile:3".
	Place string
	// Plain is the name of the same file over plain HTTP, where only that is used:
	// to know that https has it makes its fix safe. Else it is "".
	Plain string

	pins []usedPin
}

// usedPin is a pin in a Dockerfile, and the first place it stands.
type usedPin struct{ digest, platform, place string }

// Add takes in the inputs of a build of a Dockerfile.
func (u *Uses) Add(f *dockerfile.File, r *dockerfile.Resolution) {
	if u.byName == nil {
		u.byName = map[string]*Use{}
	}
	for _, p := range r.Problems {
		if p.Kind != dockerfile.UndefinedProblem && p.Input < 0 {
			u.Unknown++
		}
	}
	for i := range r.Inputs {
		in := &r.Inputs[i]
		if in.Source == nil {
			if in.Err != nil || !in.Unknown.IsZero() {
				u.Unknown++
			}
			continue
		}
		name, pin := source.Unpin(in.Source)
		if name == "" {
			continue
		}
		place := f.Name
		if !in.Span.Empty() {
			place = fmt.Sprintf("%s:%d", f.Name, f.Range(in.Span).Start.Line)
		}
		use := u.byName[name]
		if use == nil {
			use = &Use{Name: name, Source: unpinned(in.Source), Place: place}
			u.byName[name] = use
		}
		use.Plain = "" // should another one be there over plain HTTP, too
		use.add(platform(in), pin, place)
		u.addSecure(use)
	}
}

// addSecure takes in what a file that is fetched over plain HTTP is over https.
func (u *Uses) addSecure(plain *Use) {
	h, ok := plain.Source.(source.HTTP)
	if !ok {
		return
	}
	if h, ok = h.OverHTTPS(); !ok {
		return
	}
	if name, _ := source.Unpin(h); name != "" && u.byName[name] == nil {
		u.byName[name] = &Use{Name: name, Source: h, Place: plain.Place, Plain: plain.Name}
	}
}

func (u *Use) add(platform, pin, place string) {
	if platform != "" && !slices.Contains(u.Platforms, platform) {
		u.Platforms = append(u.Platforms, platform)
		slices.Sort(u.Platforms)
	}
	same := func(p usedPin) bool { return p.digest == pin && p.platform == platform }
	if pin != "" && !slices.ContainsFunc(u.pins, same) {
		u.pins = append(u.pins, usedPin{pin, platform, place})
	}
}

// platform is the platform that an input is fetched for, which for a frontend is
// the builder's own.
func platform(in *dockerfile.Input) string {
	if in.Platform == "" && in.Kind == source.KindImage {
		return dockerfile.DefaultPlatform
	}
	return in.Platform
}

// unpinned is a source by its name alone.
func unpinned(src source.Source) source.Source {
	switch s := src.(type) {
	case source.Image:
		if img, err := source.ParseImage(s.Name() + ":" + s.Tag()); err == nil {
			return img
		}
	case source.HTTP:
		s.Checksum = ""
		return s
	case source.Git:
		s.Checksum = ""
		return s
	}
	return src
}

// All are the uses, sorted by name.
func (u *Uses) All() []*Use {
	var all []*Use
	for _, name := range slices.Sorted(maps.Keys(u.byName)) {
		all = append(all, u.byName[name])
	}
	return all
}

// Pin is what Dockerfiles pin a name to for a platform, or for any where it is
// "": the digest may be that of the image for one of them alone. Where they do
// not agree none of them is right.
func (u *Uses) Pin(name, platform string) (lint.Pin, bool) {
	use := u.byName[name]
	if use == nil {
		return lint.Pin{}, false
	}
	if platform == "" || len(use.Platforms) == 0 { // what is no image has none
		return agreed(use.pins)
	}
	return agreed(use.pinsFor(platform))
}

func (u *Use) pinsFor(platform string) []usedPin {
	return slices.DeleteFunc(slices.Clone(u.pins), func(p usedPin) bool { return p.platform != platform })
}

// pin is what all that use a name pin it to, if some do for each platform.
func (u *Use) pin() (lint.Pin, bool) {
	if slices.ContainsFunc(u.Platforms, func(platform string) bool { return len(u.pinsFor(platform)) == 0 }) {
		return lint.Pin{}, false
	}
	return agreed(u.pins)
}

func agreed(pins []usedPin) (lint.Pin, bool) {
	if len(pins) == 0 || slices.ContainsFunc(pins, func(p usedPin) bool { return p.digest != pins[0].digest }) {
		return lint.Pin{}, false
	}
	return lint.Pin{Digest: pins[0].digest, From: pins[0].place}, true
}
