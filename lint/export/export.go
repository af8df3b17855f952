// Package export writes what the levels of an organization allow in the forms
// that other programs enforce: a build policy of Buildx, a source policy of
// BuildKit, the hosts of containerd, the policy and the registries of Podman and
// Skopeo, the lists of docker-image-policy.
//
// It judges nothing by itself: whether an image is allowed it asks the linter, so
// that what it writes and what lint says cannot part. It does no I/O: forms are
// texts with names, for the program to write.
package export

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// Mark begins what is written, as a comment where there are any: a file that has
// it may be written anew.
const Mark = "Exported by imgpolicy"

// Limits is the ending of the file beside one that has no comments, with all
// that it cannot express.
const Limits = ".limits.md"

// Policy is what is exported.
type Policy struct {
	// Levels are those in force, the highest first. Chosen are the indexes of those
	// that forms with a file for each level write; nil is all of them.
	Levels []Level
	Chosen []int
	// Today is the day that forms are written for which know no dates.
	Today catalog.Date
	// Expiring tells that an approval which is about to expire makes lint fail.
	Expiring bool
	// Mixed tells that only one of other-version and approved-digest-mismatch makes
	// lint fail.
	Mixed bool
	// Judge says why an image may not be used on a day, with an entry for each
	// finding that makes lint fail; none where it may. The reference is a full one,
	// "docker.io/library/node:20".
	Judge func(reference string, today catalog.Date) ([]Finding, error)
}

// Level is what one level says.
type Level struct {
	*level.Level
	// Lists must each allow an image, a download or a git remote.
	Lists []Lists
	// Registries must each allow where an image comes from, Hosts the host of
	// every download and git remote.
	Registries, Hosts []Places
	// Left are parts of the level that no form has, such as a policy in Rego: each
	// is a sentence for people.
	Left []string
}

// Lists are those of an image policy: a whitelist hit allows, else a blacklist
// hit denies, else DefaultAllow decides, about images alone.
type Lists struct {
	Place                string // "acme/.imgpolicy.yaml"
	Whitelist, Blacklist []string
	DefaultAllow         bool
}

// Places are hosts, or the starts of image names, with "*" for any text within
// one part of a name.
type Places struct {
	Place   string // "acme/.imgpolicy.yaml:7"
	Entries []string
}

// Finding is why an image is denied.
type Finding struct {
	Rule    string
	Message string
	// Level is the index in Policy.Levels that it is a finding of, -1 for none.
	Level int
	// Approval tells that it is about the catalogs, and not about lists, registries
	// or hosts.
	Approval bool
}

// Form is one way to write a policy down.
type Form struct {
	Name    string
	Summary string
	// Use says where the files go.
	Use string
	// Cannot is what the form can never express, one sentence each.
	Cannot []string
	// write makes the files, and says what it could not express of this policy.
	write func(*Policy) (files []File, limits []string, err error)
	// decide reads files of the form, nil where only another program can.
	decide func(ctx context.Context, p *Policy, dir fs.FS, names []string) (decide, error)
	// converts tells that a private copy takes the place of a public name.
	converts bool
	// levels tells that there is a file for each level, or of one.
	levels bool
}

// File is a file to be written, its name relative and with slashes.
type File struct {
	Name string
	Text []byte
	// comment begins its comment lines, "" where it has none and Limits stand in a
	// file beside it; bare is for one that has no limits of its own.
	comment string
	bare    bool
}

// Forms are all forms, in the order of the help.
func Forms() []*Form {
	return []*Form{regoForm(), sourcePolicyForm(), hostsForm(), containersPolicyForm(), registriesForm(), imagePolicyForm()}
}

// Export is a policy in a form: its files, and all that they do not express.
type Export struct {
	Files  []File
	Limits []string
}

// ByLevel tells whether Policy.Chosen means anything to the form.
func (f *Form) ByLevel() bool { return f.levels }

// Export writes the policy in the form.
func (f *Form) Export(p *Policy) (*Export, error) {
	files, limits, err := f.write(p)
	if err != nil {
		return nil, err
	}
	for _, l := range p.Levels {
		limits = append(limits, l.Left...)
	}
	limits = append(append([]string(nil), f.Cannot...), limits...)
	out := &Export{Limits: limits}
	for _, file := range files {
		switch {
		case file.bare:
		case file.comment != "":
			file.Text = append([]byte(f.header(p, file.comment+" ", limits)), file.Text...)
		default:
			beside := File{Name: file.Name + Limits, Text: []byte(f.beside(p, file.Name, limits))}
			out.Files = append(out.Files, file, beside)
			continue
		}
		out.Files = append(out.Files, file)
	}
	return out, nil
}

// title says what was exported, and when.
func (f *Form) title(p *Policy) string {
	return fmt.Sprintf("%s --to %s on %s: %s.", Mark, f.Name, p.Today, f.Summary)
}

func (f *Form) header(p *Policy, comment string, limits []string) string {
	var b strings.Builder
	add := func(text string) {
		for _, line := range wrapped(text, 88) {
			b.WriteString(strings.TrimRight(comment+line, " ") + "\n")
		}
	}
	add(f.title(p))
	add("To use it: " + f.Use + ".")
	add("Do not edit it: change the catalog and the levels, and export again.")
	add("What it cannot express:")
	for _, l := range limits {
		for i, line := range wrapped(l, 84) {
			bullet := "  "
			if i == 0 {
				bullet = "- "
			}
			b.WriteString(comment + bullet + line + "\n")
		}
	}
	return b.String() + "\n"
}

func (f *Form) beside(p *Policy, name string, limits []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What %s cannot express\n\n%s\n\n", plain(name), strings.Join(wrapped(plain(f.title(p)), 88), "\n"))
	fmt.Fprintf(&b, "To use it: %s.\n\n", plain(f.Use))
	b.WriteString("It cannot hold comments, so they stand here. Do not edit it: change the catalog and\nthe levels, and export again.\n\n")
	for _, l := range limits {
		b.WriteString("- " + strings.Join(wrapped(plain(l), 86), "\n  ") + "\n")
	}
	return b.String()
}

// wrapped breaks a text into lines of at most so many bytes, words kept whole.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(plain(text)) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// chosen tells whether the files of a level are written.
func (p *Policy) chosen(i int) bool {
	if p.Chosen == nil {
		return true
	}
	for _, c := range p.Chosen {
		if c == i {
			return true
		}
	}
	return false
}
