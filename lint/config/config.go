// Package config reads the files that say how a project's Dockerfiles are
// linted: .imgpolicy.yaml or .imgpolicy.json, and what they extend.
//
// It opens no files: the program finds and reads them, and hands over the
// texts. The keys that make an image policy of a file (whitelist, blacklist,
// defaultAllow) are read by policy/regex; here they are only known.
package config

import (
	"fmt"
	"path/filepath"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// Config is what one file says.
type Config struct {
	// Name is the file as people see it, Path the file itself.
	Name, Path string
	Part
	Governs
	// Extends is the file that this one builds on, "" for none.
	Extends Text
	// Lists tells that the file is an image policy, too.
	Lists bool
	// lists are its entries, to be shown.
	lists []Value
	// Exclude are the globs of what a search passes over.
	Exclude []Text
	// AllowPrivate are the hosts that may be asked at private addresses.
	AllowPrivate []Text
	// Locked are the rules that nothing loosens, by ID.
	Locked map[string]Place
	text   policy.File
	// PerFile overrides the rest for some Dockerfiles; later ones win.
	PerFile []Override
}

// File is the text of the config.
func (c *Config) File() policy.File { return c.text }

// Part is what a file says about all its Dockerfiles, or about some of them.
// What is left out is nil or the zero value.
type Part struct {
	Registries, Hosts  *lint.AllowList
	Policies           []Text
	Rules              map[string]Rule // by ID
	BuildArgs          map[string]Text
	Platforms, Targets []Text
	Ignores            Ignores
}

// Override is a Part for the Dockerfiles that its globs match.
type Override struct {
	Globs []string
	Part
	Place
}

// Ignores is what a file says about ignore directives.
type Ignores struct {
	Allow, RequireReason *Bool
	MaxDays              *Int
}

// Rule is what a file says about a rule.
type Rule struct {
	Severity lint.Severity // 0 is off
	Place
}

// String is the severity as it is written.
func (r Rule) String() string {
	if r.Severity == 0 {
		return off
	}
	return r.Severity.String()
}

// off is how a rule is switched off.
const off = "off"

// Text, Bool and Int are values with the place they come from.
type (
	Text struct {
		Value string
		Place
	}
	Bool struct {
		Value bool
		Place
	}
	Int struct {
		Value int
		Place
	}
)

// Place is a line of a file. The zero value is none.
type Place struct {
	File string // as people see it
	Line int    // 1-based
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

func placeOf(n *document.Node) Place { return Place{File: n.File, Line: n.Line} }

// Known is what a config may name.
type Known struct {
	Rules []*lint.Rule
	// Platform normalizes a platform such as "linux/arm64", or says what is
	// wrong with it.
	Platform func(string) (string, error)
	// Locate gives the place where the content of a remote reference is kept, which
	// must be what is pinned. nil is that there is none.
	Locate func(Reference) (Kept, error)
}

func (k *Known) rule(id string) *lint.Rule {
	for _, r := range k.Rules {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (k *Known) ruleIDs() []string {
	ids := make([]string, len(k.Rules))
	for i, r := range k.Rules {
		ids[i] = r.ID
	}
	return ids
}

// Read reads the text of a file. Errors are of type *policy.LoadError.
func Read(name, path string, text []byte, known Known) (*Config, error) {
	root, err := document.Parse(name, text)
	if err != nil {
		return nil, err
	}
	r := reader{known: &known}
	c := &Config{Name: name, Path: path, text: policy.File{Name: name, Text: text}}
	if err := r.file(c, root); err != nil {
		return nil, err
	}
	return c, nil
}

// Dir is the directory that relative paths and globs of the file start from.
func (c *Config) Dir() string { return filepath.Dir(c.Path) }

// Resolve is the path that a value of the file names.
func (c *Config) Resolve(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(c.Dir(), filepath.FromSlash(path))
}
