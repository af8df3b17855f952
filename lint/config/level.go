package config

import (
	"strconv"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/document"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// Governs is what a file says as one of the levels of an organization. The zero
// value says nothing.
type Governs struct {
	Rank level.Rank
	// Name is that of the level, Level the line of `level:`.
	Name  Text
	Level Place
	// Catalog is the path of a catalog, relative to the file; "" for the one beside
	// the file, where there is one.
	Catalog     Text
	DryRun      *Bool
	Terms       catalog.Terms
	Exceptions  []level.Exception
	Delegations []level.Delegation
	// Requires are levels that the chain must have: RANK or RANK=NAME.
	Requires []Text
	// terms are the places of the terms, by key.
	terms map[string]Text
}

// says tells whether there is anything.
func (g *Governs) says() bool {
	return g.Rank != level.Unranked || g.Catalog.Value != "" || g.DryRun != nil || len(g.terms)+len(g.Exceptions)+len(g.Delegations) > 0
}

// levelKeys are the keys of a level.
func levelKeys() []key {
	return []key{
		{name: "level", whole: true, form: oneOf("organization", "program", "project", "application"), read: readLevel, doc: "The level that this file is of: organization, program, project or application. Along `extends` levels stand in this order; each that says something must allow, and a lower one can only tighten."},
		{name: "name", whole: true, form: levelName, read: readName, doc: "The name of the level, such as payments, by which approvals are scoped."},
		{name: "mode", whole: true, form: oneOf("enforce", "dry-run"), read: readMode, doc: "enforce, or dry-run: what the level finds is then info, and fails no run."},
		{name: "catalog", whole: true, form: catalogPath, read: readCatalog, doc: "Path of the catalog of approved images, relative to this file. Without it catalog.json beside a file with `level`, where there is one."},
		{name: "min-scanners", whole: true, form: days, read: readTerm, doc: "How many scanners must have looked at an approved version: 2 where no level says."},
		{name: "max-severity", whole: true, form: oneOf(limits...), read: readTerm, doc: "The highest severity of which findings may remain, or none: high where no level says."},
		{name: "fix-available-only", whole: true, form: boolean, read: readTerm, doc: "Whether only findings count for which there is a fix."},
		{name: "unknown-as", whole: true, form: oneOf(limits[1:]...), read: readTerm, doc: "The severity that findings count as which nobody has graded: medium where no level says."},
		{name: "max-evidence-age", whole: true, form: days, read: readTerm, doc: "How many days old a scan may be."},
		{name: "max-approval-days", whole: true, form: days, read: readTerm, doc: "How many days an approval may hold."},
		{name: "max-exception-days", whole: true, form: days, read: readTerm, doc: "How many days from today an exception or an accepted finding may hold."},
		{name: "licenses", whole: true, form: listOf(text), read: readTerm, doc: "Licences that approved images may be under, as SPDX identifiers."},
		{name: "approvers", whole: true, form: listOf(text), read: readTerm, doc: "Who may approve."},
		{name: "exceptions", whole: true, form: exceptionsForm, read: readExceptions, doc: "What is waived: a list of objects with rule, source (an image with its digest, or a URL), reason, by, until (the last day) and maybe ticket. It counts for what this level and those below find, and for what a higher one delegates."},
		{name: "delegate", whole: true, form: delegateForm, read: readDelegate, doc: "What lower levels may waive: a list of objects with rules, to (the lowest level that may) and maybe max-days."},
		{name: "require-level", whole: true, form: listOf(requiredLevel), read: readRequires, doc: "Levels that must be among those in force: RANK or RANK=NAME. Without them nothing is checked, and the exit code is 2."},
	}
}

// limits are the severities that max-severity takes.
var limits = []string{"none", "negligible", "low", "medium", "high", "critical"}

func oneOf(words ...string) form {
	return func(*Known) schema { return schema{"type": "string", "enum": words} }
}

func levelName(*Known) schema { return schema{"type": "string", "pattern": `^[^/:=, \t\r\n]+$`} }

func catalogPath(*Known) schema { return schema{"type": "string", "pattern": `\.[Jj][Ss][Oo][Nn]$`} }

func requiredLevel(*Known) schema {
	return schema{"type": "string", "pattern": `^(organization|program|project|application)(=.*)?$`}
}

func days(*Known) schema { return schema{"type": "integer", "minimum": 1, "maximum": maxDays} }

func readLevel(_ *reader, c *Config, _ *Part, n *document.Node) error {
	t, err := readText(n)
	if err != nil {
		return err
	}
	if c.Rank, err = level.ParseRank(t.Value); err != nil {
		return n.Fail("%v", err)
	}
	c.Level = t.Place
	return nil
}

func readName(_ *reader, c *Config, _ *Part, n *document.Node) (err error) {
	if c.Governs.Name, err = readText(n); err != nil {
		return err
	}
	if strings.ContainsAny(c.Governs.Name.Value, "/:=, \t\r\n") {
		return n.Fail("the name of a level is one word without / : = and commas: it stands in the scopes of approvals")
	}
	return nil
}

func readMode(_ *reader, c *Config, _ *Part, n *document.Node) error {
	if n.Kind != document.String || n.Text != "enforce" && n.Text != "dry-run" {
		return n.Fail("enforce or dry-run belongs here")
	}
	c.DryRun = &Bool{Value: n.Text == "dry-run", Place: placeOf(n)}
	return nil
}

func readCatalog(_ *reader, c *Config, _ *Part, n *document.Node) (err error) {
	if c.Catalog, err = readText(n); err != nil {
		return err
	}
	if !strings.HasSuffix(strings.ToLower(n.Text), ".json") {
		return n.Fail("a catalog is a .json file")
	}
	return nil
}

// readTerm reads what an approval has to meet. n belongs to the key that is being
// read.
func readTerm(r *reader, c *Config, _ *Part, n *document.Node) (err error) {
	if c.terms == nil {
		c.terms = map[string]Text{}
	}
	c.terms[r.key] = Text{Value: n.Text, Place: placeOf(n)}
	t := &c.Terms
	switch r.key {
	case "max-severity":
		t.MaxSeverity, err = readLimit(n, limits)
	case "unknown-as":
		t.UnknownAs, err = readLimit(n, limits[1:])
	case "fix-available-only":
		if n.Kind != document.Bool {
			return n.Fail("true or false belongs here, not %s", n.Kind)
		}
		t.FixAvailableOnly = &n.Bool
	case "licenses":
		t.Licenses, err = readWords(n)
	case "approvers":
		t.Approvers, err = readWords(n)
	default:
		*numberOf(t, r.key), err = readNumber(n)
	}
	return err
}

// numberOf is the number that a key sets.
func numberOf(t *catalog.Terms, key string) *int {
	switch key {
	case "min-scanners":
		return &t.MinScanners
	case "max-evidence-age":
		return &t.MaxEvidenceAge
	case "max-approval-days":
		return &t.MaxApprovalDays
	}
	return &t.MaxExceptionDays
}

func readNumber(n *document.Node) (int, error) {
	number, err := strconv.Atoi(n.Text)
	if n.Kind != document.Number || err != nil || number < 1 || number > maxDays {
		return 0, n.Fail("a whole number from 1 to %d belongs here", maxDays)
	}
	return number, nil
}

func readLimit(n *document.Node, valid []string) (catalog.Severity, error) {
	for _, name := range valid {
		if n.Kind == document.String && n.Text == name {
			return catalog.ParseSeverity(name)
		}
	}
	return 0, n.Fail("a severity belongs here: %s", strings.Join(valid, ", "))
}

// readWords reads a list that is not nil: an empty one allows nothing.
func readWords(n *document.Node) ([]string, error) {
	texts, err := readTexts(n)
	if err != nil {
		return nil, err
	}
	words := make([]string, len(texts))
	for i, t := range texts {
		words[i] = t.Value
	}
	return words, nil
}

func readRequires(_ *reader, c *Config, _ *Part, n *document.Node) (err error) {
	if c.Requires, err = readTexts(n); err != nil {
		return err
	}
	for i, t := range c.Requires {
		if _, _, err := ParseRequired(t.Value); err != nil {
			return n.Items[i].Fail("%v", err)
		}
	}
	return nil
}

// ParseRequired reads RANK or RANK=NAME.
func ParseRequired(text string) (rank level.Rank, name string, err error) {
	word, name, _ := strings.Cut(text, "=")
	rank, err = level.ParseRank(word)
	return rank, name, err
}

// canonicalSource is a source as exceptions and findings compare it.
func canonicalSource(text string) (string, string) {
	if strings.Contains(text, "://") || strings.HasPrefix(text, "git@") {
		return text, ""
	}
	img, err := source.ParseReference(text)
	switch {
	case err != nil:
		return "", "an image with its digest or a URL belongs here: " + err.Error()
	case !img.Pinned():
		return "", "an exception is for one content: write the image with its digest, " + img.ShortName() + "@sha256:…"
	}
	return img.Name() + "@" + img.Digest(), ""
}

// addGoverns takes in what a file says as a level. All that the files of a chain
// say is in force together, so each is shown.
func (e *Effective) addGoverns(c *Config) {
	defer func() { e.above = append(e.above, c) }()
	add := func(key, value string, at Place) {
		e.governs = append(e.governs, Value{Key: key, Value: value, Place: at})
	}
	for _, k := range levelKeys() {
		switch k.name {
		case "level":
			if c.Rank != level.Unranked && c.Level != (Place{}) {
				add(k.name, c.Rank.String(), c.Level)
			}
		case "name":
			if t := c.Governs.Name; t.Value != "" {
				add(k.name, t.Value, t.Place)
			}
		case "mode":
			if c.DryRun != nil {
				add(k.name, map[bool]string{true: "dry-run", false: "enforce"}[c.DryRun.Value], c.DryRun.Place)
			}
		case "catalog":
			if c.Catalog.Value != "" {
				add(k.name, c.Resolve(c.Catalog.Value), c.Catalog.Place)
			}
		case "exceptions":
			for _, x := range c.Exceptions {
				add(k.name, x.Rule+" for "+x.Source+" until "+x.Until.String()+", by "+x.By, Place{x.File, x.Line})
			}
		case "delegate":
			for _, d := range c.Delegations {
				add(k.name, strings.Join(d.Rules, ", ")+" to "+d.To.String(), Place{d.File, d.Line})
			}
		case "require-level":
			for _, t := range c.Requires {
				add(k.name, t.Value, t.Place)
			}
		default:
			e.addTerm(c, k.name)
		}
	}
}

func (e *Effective) addTerm(c *Config, key string) {
	t, ok := c.terms[key]
	if !ok {
		return
	}
	for _, above := range e.above {
		if _, ok := above.terms[key]; ok && above.Rank != level.Unranked && weaker(key, c, above) {
			return // it is not in force: rule level-loosens says so
		}
	}
	words := []string{t.Value}
	switch key {
	case "licenses":
		words = c.Terms.Licenses
	case "approvers":
		words = c.Terms.Approvers
	}
	for _, w := range words {
		e.governs = append(e.governs, Value{Key: key, Value: w, Place: t.Place})
	}
	if len(words) == 0 {
		e.governs = append(e.governs, Value{Key: key, Empty: true, Place: t.Place})
	}
}

// Scalar tells of a key of levels whether its value is one and no list.
func Scalar(key string) bool {
	for _, k := range levelKeys() {
		if k.name == key {
			kind := k.form(&Known{})["type"]
			return kind != "array"
		}
	}
	return false
}
