package lint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/policy"
)

// Cache keeps what files came to, for later runs. It is safe for concurrent use.
type Cache interface {
	// Get is what a question came to before, nil where that is not known.
	Get(q Question) *CachedFile
	// Put keeps it.
	Put(q Question, file *CachedFile)
}

// Question is what the outcome of a file depends on, beside the fields of the
// Linter.
type Question struct {
	File     string // as in Diagnostic
	Text     []byte
	Settings *Settings
	// Part tells that it is linted as part of a run, so that Compared is asked for.
	Part bool
	// Others stands for the other pins of the run that the file is compared with, ""
	// for none.
	Others string
}

// CachedFile is what a file came to by itself. It is plain data, and its JSON form
// is that of one version of the program.
type CachedFile struct {
	Inputs      int          `json:"inputs,omitempty"`
	Unchecked   int          `json:"unchecked,omitempty"`
	Diagnostics []Diagnostic `json:"diagnostics,omitempty"`
	Ignored     []Diagnostic `json:"ignored,omitempty"`
	// Waived are the exceptions that were of use, by their places, and Locked the
	// entries of the lock, by number.
	Waived []string    `json:"waived,omitempty"`
	Locked []int       `json:"locked,omitempty"`
	Pins   []CachedPin `json:"pins,omitempty"`
	// Used are the parts of each policy of the settings that were of use, nil where
	// nobody wants to know.
	Used     [][]int         `json:"used,omitempty"`
	Compared []ComparedFacts `json:"compared,omitempty"`
}

// CachedPin is a WrittenPin of the file. Its JSON form is one string: files have
// nearly as many pins as they have inputs.
type CachedPin struct {
	PinnedSource
	Span  dockerfile.Span
	Range dockerfile.Range
}

// numbers are those of a pin, in the order in which they are written.
func (p *CachedPin) numbers() []*int {
	return []*int{
		&p.Span.Start, &p.Span.End,
		&p.Range.Start.Line, &p.Range.Start.Column, &p.Range.Start.Offset,
		&p.Range.End.Line, &p.Range.End.Column, &p.Range.End.Offset,
	}
}

// MarshalText implements encoding.TextMarshaler.
func (p CachedPin) MarshalText() ([]byte, error) {
	var text []byte
	for _, n := range p.numbers() {
		text = append(strconv.AppendInt(text, int64(*n), 10), ' ')
	}
	return fmt.Appendf(text, "%s %s %s", p.Digest, p.Platform, p.Name), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *CachedPin) UnmarshalText(text []byte) error {
	numbers := p.numbers()
	fields := strings.SplitN(string(text), " ", len(numbers)+3)
	if len(fields) != len(numbers)+3 {
		return fmt.Errorf("%q is no pin", text)
	}
	var err error
	for i, n := range numbers {
		if *n, err = strconv.Atoi(fields[i]); err != nil {
			return err
		}
	}
	p.Digest, p.Platform, p.Name = fields[len(numbers)], fields[len(numbers)+1], fields[len(numbers)+2]
	return nil
}

// asked is the cache as far as it may be asked: what was looked up is true today and
// not for ever.
func (l *Linter) asked() Cache {
	if l.Lookup != nil || l.Upstream != nil {
		return nil
	}
	return l.Cache
}

// recall is what the cache has of a file, if it can be of one.
func (l *Linter) recall(q Question, watches *watches) (outcome, []ComparedFacts, bool) {
	cache := l.asked()
	if cache == nil {
		return outcome{}, nil, false
	}
	f := cache.Get(q)
	if f == nil || f.check(l.Rules, q.Settings) != nil {
		return outcome{}, nil, false
	}
	watches.use(q.Settings, f.Used)
	return f.outcome(q), f.Compared, true
}

// keep gives the cache what a file came to. What was not checked is to be checked
// again, and JSON cannot hold all that is no UTF-8.
func (l *Linter) keep(q Question, out *outcome, compared []ComparedFacts, used [][]int) {
	cache := l.asked()
	if cache == nil || out.err != nil || len(out.lookupErrors) > 0 || !utf8.Valid(q.Text) || !utf8.ValidString(q.File) {
		return
	}
	f := &CachedFile{
		Inputs: out.inputs, Unchecked: out.unchecked, Diagnostics: out.diagnostics, Ignored: out.ignored,
		Waived: out.waived, Locked: out.locked, Used: used, Compared: compared,
	}
	for _, w := range out.written {
		f.Pins = append(f.Pins, CachedPin{PinnedSource{w.of.name, w.of.platform, w.Digest}, w.Span, w.Range})
	}
	if f.isText() {
		cache.Put(q, f)
	}
}

// isText tells whether all fixes are, which are left out of JSON else.
func (f *CachedFile) isText() bool {
	lists := [][]Diagnostic{f.Diagnostics, f.Ignored}
	for _, c := range f.Compared {
		lists = append(lists, c.Adds, c.Ignored)
	}
	for _, d := range slices.Concat(lists...) {
		if slices.ContainsFunc(d.Fixes, func(f Fix) bool { return !f.IsText() }) {
			return false
		}
	}
	return true
}

// outcome is what linting the file came to.
func (f *CachedFile) outcome(q Question) outcome {
	out := outcome{
		settings: q.Settings, inputs: f.Inputs, unchecked: f.Unchecked,
		diagnostics: f.Diagnostics, ignored: f.Ignored, waived: f.Waived, locked: f.Locked,
	}
	if out.diagnostics == nil {
		out.diagnostics = []Diagnostic{} // nil tells that it was not read
	}
	for _, p := range f.Pins {
		out.written = append(out.written, WrittenPin{
			Digest: p.Digest, File: q.File, Span: p.Span, Range: p.Range, of: pinned{p.Name, p.Platform},
		})
	}
	return out
}

// check finds the rules that it names, and refuses what cannot be of a file with
// these settings.
func (f *CachedFile) check(rules []*Rule, s *Settings) error {
	var c factsChecker
	if len(f.Diagnostics)+len(f.Ignored)+len(f.Compared) > 0 {
		c.byID = rulesByID(rules)
	}
	c.file(&FileFacts{Inputs: f.Inputs, Unchecked: f.Unchecked, Diagnostics: f.Diagnostics, Ignored: f.Ignored, Compared: f.Compared})
	for _, p := range f.Pins {
		c.span(p.Span, p.Range)
	}
	entries := 0
	if s.Lock != nil {
		entries = len(s.Lock.Entries)
	}
	for _, i := range f.Locked {
		if i < 0 || i >= entries {
			c.refuse("the lock has no entry %d", i)
		}
	}
	if len(f.Used) > len(s.Policies) {
		c.refuse("there are %d policies", len(s.Policies))
	}
	return c.err
}

// apart watches one file, for what is noted of it alone; w itself where nothing is.
func (l *Linter) apart(w *watches) *watches {
	if l.asked() == nil {
		return w
	}
	return &watches{rule: w.rule, all: map[policy.Policy]policy.Watch{}}
}

// used are the parts that were of use of each policy of the settings.
func (w *watches) used(s *Settings) [][]int {
	var out [][]int
	for i, pol := range s.Policies {
		watch := w.all[pol]
		if watch == nil {
			continue
		}
		if out == nil {
			out = make([][]int, len(s.Policies))
		}
		out[i] = watch.Used()
	}
	return out
}

// use notes parts that were of use.
func (w *watches) use(s *Settings, used [][]int) {
	for i, parts := range used {
		if watch := w.of(s, s.Policies[i]); watch != nil {
			watch.Use(parts)
		}
	}
}

// only are those about some sources.
func (m mismatches) only(of []pinned) mismatches {
	out := mismatches{places: map[pinned][]WrittenPin{}}
	for _, p := range of {
		out.places[p] = m.places[p]
	}
	return out
}

// id is the same for the same pins, and "" for none.
func (m mismatches) id() string {
	if len(m.places) == 0 {
		return ""
	}
	var lines []string
	for of, places := range m.places {
		for _, w := range places {
			lines = append(lines, fmt.Sprintf("%q %q %q %q %v %v", of.name, of.platform, w.Digest, w.File, w.Span, w.Range))
		}
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}
