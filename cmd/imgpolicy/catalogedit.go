package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/fix"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/evidence"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// catalogFlags are the flags of commands about a catalog.
func catalogFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "catalog", Usage: "the catalog is `FILE` (default: that of the config in\nforce here, else catalog.json)"},
		&cli.StringFlag{Name: "now", Usage: "judge dates as on this `DATE`, such as 2027-03-31, and not\nas today"},
	}, configFlags()...)
}

// changeFlags are those of commands that change one.
func changeFlags() []cli.Flag {
	return []cli.Flag{&cli.BoolFlag{Name: "dry-run", Usage: "say what would change, and write nothing"}}
}

// colorFlag is that of commands that print a report.
func colorFlag() cli.Flag {
	return &cli.StringFlag{Name: "color", Value: "auto", Usage: "colour the text `WHEN`: auto (default), always or never;\nnever leaves out links, too"}
}

// book is a catalog that a command works on.
type book struct {
	app  *app
	dir  string // the working directory
	path string
	name string // as people see it
	text []byte // as read, nil where there is no file yet
	now  time.Time
	// catalog is that of the judge, by whose levels it is judged.
	catalog *catalog.Catalog
	judge   *approval.Judge
	own     *approval.Book
	levels  *lint.Levels
	configs *configs
	dryRun  bool
}

// book opens the catalog that a command line is about, with the levels of the
// config in force for its directory.
func (a *app) book(c *cli.Context) (*book, error) {
	dir, err := a.getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working directory: %w", err)
	}
	b := &book{app: a, dir: dir, dryRun: c.Bool("dry-run")}
	if b.now, err = now(c.String("now"), c.IsSet("now")); err != nil {
		return nil, err
	}
	if b.configs, err = a.configs(c, dir); err != nil {
		return nil, err
	}
	folder := dir
	if given := c.String("catalog"); given != "" {
		b.path = absolute(dir, given)
		folder = filepath.Dir(b.path)
	}
	chain, err := b.configs.of(folder)
	if err != nil {
		return nil, err
	}
	cats := newCatalogs(dir, nil)
	if b.levels, err = chain.Levels(catalog.DateOf(b.now), cats.at); err != nil {
		return nil, err
	}
	if b.levels == nil {
		b.levels = &lint.Levels{}
	}
	if b.path == "" {
		b.path = b.found(cats)
	}
	b.name = shownName(dir, b.path)
	return b, b.open(cats)
}

// found is the path of the catalog of the lowest level that has one, else that of
// the default name in the working directory.
func (b *book) found(cats *catalogs) string {
	path := filepath.Join(b.dir, config.DefaultCatalog)
	for i := range b.levels.All {
		for _, c := range b.levels.All[i].Catalogs {
			for at, read := range cats.read {
				if read.catalog == c {
					path = at
				}
			}
		}
	}
	return path
}

// open reads the catalog, which may be yet to be made.
func (b *book) open(cats *catalogs) error {
	var err error
	if b.catalog, err = cats.at(b.path, config.Place{}, false); err != nil {
		return err
	}
	if b.catalog == nil {
		b.catalog = &catalog.Catalog{File: policy.File{Name: b.name}}
	} else {
		b.text = b.catalog.File.Text
	}
	b.judge = approval.NewJudge(b.levels.All, catalog.DateOf(b.now))
	if b.own = bookOf(b.judge, b.catalog); b.own == nil {
		b.levels.Add(level.Level{File: b.name, Catalogs: []*catalog.Catalog{b.catalog}})
		b.judge = approval.NewJudge(b.levels.All, catalog.DateOf(b.now))
		b.own = bookOf(b.judge, b.catalog)
	}
	return nil
}

func bookOf(j *approval.Judge, c *catalog.Catalog) *approval.Book {
	if j == nil {
		return nil
	}
	for _, b := range j.Books {
		if b.Catalog == c {
			return b
		}
	}
	return nil
}

// must fails where there is no catalog yet.
func (b *book) must() error {
	if b.text == nil {
		return failure{b.name, "does not exist", "name the catalog with --catalog; `imgpolicy approve` makes one"}
	}
	return nil
}

// auditLine is one line of the audit file beside a catalog.
type auditLine struct {
	Time    string   `json:"time"`
	Action  string   `json:"action"`
	By      string   `json:"by,omitempty"`
	Image   string   `json:"image,omitempty"`
	Tag     string   `json:"tag,omitempty"`
	Digest  string   `json:"digest,omitempty"`
	Private string   `json:"private,omitempty"`
	Copied  bool     `json:"copied,omitempty"`
	Scope   []string `json:"scope,omitempty"`
	Expires string   `json:"expires,omitempty"`
	Ticket  string   `json:"ticket,omitempty"`
	Finding string   `json:"finding,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Until   string   `json:"until,omitempty"`
	Reports []string `json:"reports,omitempty"` // their SHA-256
	// Before and After are the SHA-256 of the catalog.
	Before string `json:"before,omitempty"`
	After  string `json:"after"`
}

// save writes the catalog as it is now, with a line in the audit file, and gives
// what changed as a diff. extra is written first, by its path relative to the
// catalog: a catalog never names what is not there.
func (b *book) save(line auditLine, extra map[string][]byte) (diff string, err error) {
	text := b.catalog.Text()
	if _, err := catalog.Read(policy.File{Name: b.name, Text: text}); err != nil {
		return "", fmt.Errorf("what would be written is no catalog: %w", err)
	}
	diff = fix.Diff(b.name, string(b.text), string(text))
	if b.dryRun {
		return diff, nil
	}
	line.Time, line.After = b.now.UTC().Format(time.RFC3339), sum(text)
	if b.text != nil {
		line.Before = sum(b.text)
	}
	undo, err := b.saveExtra(extra)
	if err != nil {
		undo()
		return "", err
	}
	err = writeFile(b.path, func(w io.Writer) error {
		if err := b.unchanged(); err != nil {
			return err
		}
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		undo()
		return "", notSaved(b.name, err)
	}
	if err := b.audit(line); err != nil {
		return "", failure{shownName(b.dir, b.auditPath()), "has no line about what was just written to " + b.name + ": " + why(err), "add it by hand: " + string(encodeLine(line))}
	}
	return diff, nil
}

// saveExtra writes files beside the catalog, by their paths relative to it. undo
// puts back what was there before.
func (b *book) saveExtra(extra map[string][]byte) (undo func(), err error) {
	var undone []func()
	undo = func() {
		for _, f := range undone {
			f()
		}
	}
	for file, content := range extra {
		path := filepath.Join(filepath.Dir(b.path), filepath.FromSlash(file))
		before, reading := readFileOf(path, evidence.MaxText)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return undo, notSaved(shownName(b.dir, path), err)
		}
		if err := writeFile(path, writing(content)); err != nil {
			return undo, notSaved(shownName(b.dir, path), err)
		}
		undone = append(undone, func() {
			if reading == nil {
				_ = writeFile(path, writing(before)) // what failed is told already
			} else {
				os.Remove(path)
			}
		})
	}
	return undo, nil
}

// writing writes content.
func writing(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// unchanged fails where somebody else wrote the catalog since it was read.
func (b *book) unchanged() error {
	now, err := readFileOf(b.path, catalog.MaxText)
	switch {
	case errors.Is(err, fs.ErrNotExist) && b.text == nil:
		return nil
	case err != nil:
		return err
	case b.text == nil || !bytes.Equal(now, b.text):
		return errors.New("somebody else wrote it meanwhile; run this again")
	}
	return nil
}

func (b *book) auditPath() string { return filepath.Join(filepath.Dir(b.path), "audit.jsonl") }

func encodeLine(line auditLine) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(line) // a buffer takes all, and strings can be encoded
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

func (b *book) audit(line auditLine) error {
	file, err := os.OpenFile(b.auditPath(), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(append(encodeLine(line), '\n'))
	return errors.Join(err, file.Close())
}

func sum(text []byte) string {
	s := sha256.Sum256(text)
	return hex.EncodeToString(s[:])
}

// why is the cause of a failed write, without the names of temporary files.
func why(err error) string {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err
	}
	if link := (*os.LinkError)(nil); errors.As(err, &link) {
		err = link.Err
	}
	return err.Error()
}

func notSaved(name string, err error) error {
	return failure{name, "was not written: " + why(err), "the catalog is as it was"}
}

// reporting is how a command prints diagnostics, and from which severity on it
// fails.
func (a *app) reporting(c *cli.Context) (lintOptions, error) {
	dir, err := a.getwd()
	if err != nil {
		return lintOptions{}, fmt.Errorf("finding the working directory: %w", err)
	}
	o := lintOptions{dir: dir, failOn: lint.Error, report: report.Options{HideSource: !c.Bool("show-source"), Statistics: c.Bool("statistics")}, links: a.links(c.String("color"))}
	var errs [4]error
	o.format, errs[0] = a.format(c.String("format"), c.IsSet("format"))
	o.color, errs[1] = a.color(c.String("color"))
	o.outputs, errs[2] = outputs(dir, c.StringSlice("output"))
	if name := c.String("fail-on"); name != "" {
		o.failOn, errs[3] = severity(name)
	}
	for _, err := range errs {
		if err != nil {
			return lintOptions{}, err
		}
	}
	return o, nil
}

// ruleOf is a rule of approvals by its ID.
func ruleOf(all []*lint.Rule, id string) *lint.Rule {
	for _, r := range all {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// diagnosticsOf are flaws as diagnostics, without the places of these in a file.
func diagnosticsOf(flaws []approval.Flaw) []lint.Diagnostic {
	all := rules.ForApprovals()
	var out []lint.Diagnostic
	for _, f := range flaws {
		d := lint.Diagnostic{Rule: ruleOf(all, f.Rule), Message: f.Message, Notes: f.Notes, Help: f.Help, Level: f.Of}
		if f.Entry != "" {
			d.Policy = &lint.PolicyEntry{File: f.File, Line: f.Line, Text: f.Entry}
		}
		d.Severity = d.Rule.Severity
		if f.Of != nil && f.Of.DryRun {
			d.Severity, d.DryRun = lint.Info, true
		}
		out = append(out, d)
	}
	return out
}

// splitWords are words with commas between them, for flags that may be repeated
// or take several.
func splitWords(values []string) []string {
	var out []string
	for _, value := range values {
		for _, word := range strings.Split(value, ",") {
			if word = strings.TrimSpace(word); word != "" {
				out = append(out, word)
			}
		}
	}
	return out
}
