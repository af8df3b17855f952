package lint

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/policy"
)

// claimant makes the claims of a run, or of a part of one.
type claimant struct {
	linter *Linter
	slots  []*outcome
	// numbers are those of the files among all of the run, nil where these are all.
	numbers []int
	flaws   map[string]*Rule // those about policies, by ID
	texts   map[string]settledText
	names   map[policy.Policy]string
}

// settledText is a file that diagnostics are about and that is no Dockerfile.
type settledText struct {
	document
	hashes []string
}

// claims are what the policies, configs and locks say once all files are linted.
func (l *Linter) claims(ctx context.Context, slots []*outcome, numbers []int, w *watches) claims {
	c := claimant{
		linter: l, slots: slots, numbers: numbers, flaws: map[string]*Rule{},
		texts: map[string]settledText{}, names: map[policy.Policy]string{},
	}
	for _, r := range l.Rules {
		if r.Flaws {
			c.flaws[r.ID] = r
		}
	}
	out := claims{Locks: c.locks()}
	if len(c.flaws) == 0 {
		return out
	}
	judged, seen := map[string]bool{}, map[*Settings]bool{}
	for i, o := range slots {
		if o.settings != nil && !seen[o.settings] {
			seen[o.settings] = true
			out.Flaws = append(out.Flaws, c.policies(ctx, o.settings, c.number(i), judged)...)
		}
	}
	out.Patterns, out.Levels = c.patterns(w), c.levels()
	out.Alone = c.alone(ctx)
	return out
}

// number is that of a file among all of the run.
func (c *claimant) number(slot int) int {
	if c.numbers == nil {
		return slot
	}
	return c.numbers[slot]
}

// name is that of a policy, the same in all parts of a run.
func (c *claimant) name(pol policy.Policy) string {
	name, ok := c.names[pol]
	if !ok {
		if c.linter.PolicyName != nil {
			name = c.linter.PolicyName(pol)
		} else {
			name = strconv.Itoa(len(c.names))
		}
		c.names[pol] = name
	}
	return name
}

// policies are the claims about the policies of settings that were not judged yet.
// What is asked before matters to a policy, so it is judged again where that
// differs; the flaws it has by itself are dropped then.
func (c *claimant) policies(ctx context.Context, s *Settings, first int, judged map[string]bool) []FlawFacts {
	if !slices.ContainsFunc(c.linter.Rules, func(r *Rule) bool { return r.Flaws && s.Runs(r) }) {
		return nil
	}
	var out []FlawFacts
	of := ""
	for i, pol := range s.Policies {
		of += strconv.Quote(c.name(pol))
		inspector, ok := pol.(policy.Inspector)
		if !ok || judged[of] {
			continue
		}
		judged[of] = true
		claim := FlawFacts{Of: of, First: first}
		for _, f := range inspector.Inspect(ctx, s.Policies[:i]) {
			claim.Diagnostics = append(claim.Diagnostics, c.flaw(s, f)...)
		}
		out = append(out, claim)
	}
	return out
}

// alone are the claims about policies in force for no file.
func (c *claimant) alone(ctx context.Context) []AloneFacts {
	if c.linter.Alone == nil {
		return nil
	}
	var out []AloneFacts
	for _, a := range c.linter.Alone() {
		facts := AloneFacts{Name: a.Name, Used: a.Used, Failures: a.Failures}
		for _, pol := range a.Policies {
			settings := c.linter.Settings
			settings.Policies = []policy.Policy{pol}
			facts.Flaws = append(facts.Flaws, c.policies(ctx, &settings, 0, map[string]bool{})...)
		}
		out = append(out, facts)
	}
	return out
}

// flaw is a flaw as a diagnostic, none where its rule does not run.
func (c *claimant) flaw(s *Settings, f policy.Flaw) []Diagnostic {
	rule := c.flaws[f.Rule]
	if rule == nil || !s.Runs(rule) {
		return nil
	}
	return []Diagnostic{c.settled(f.File, Diagnostic{
		Rule: rule, Severity: s.severity(rule, 0), File: f.File.Name, Span: dockerfile.Span{Start: f.Start, End: f.End},
		Message: f.Message, Help: f.Help, Notes: slices.Clone(f.Notes), Fixes: fixes(f.Fixes),
		NotBaselined: s.notBaselined(rule),
	})}
}

// settled is a diagnostic about a file that is no Dockerfile as plain data.
func (c *claimant) settled(file policy.File, d Diagnostic) Diagnostic {
	text, ok := c.texts[file.Name]
	if !ok {
		text = c.linter.settledText(file)
		c.texts[file.Name] = text
	}
	text.settle(&d)
	text.locate(&d, text.hashes)
	return d
}

func (l *Linter) settledText(file policy.File) settledText {
	text := string(file.Text)
	return settledText{document{text, dockerfile.NewLines(text), new(dockerfile.Secrets)}, l.lineHashes(text)}
}

// patterns are the claims about what policies have that nothing uses. It is known
// only of those that were asked about all the inputs they are in force for.
func (c *claimant) patterns(w *watches) []UnusedFacts {
	if w.rule == nil {
		return nil
	}
	claims := map[policy.Policy]*UnusedFacts{}
	first := map[policy.Policy]*Settings{}
	var inOrder []policy.Policy
	for i, o := range c.slots {
		if o.settings == nil {
			continue
		}
		for _, pol := range o.settings.Policies {
			if _, ok := pol.(policy.Watcher); !ok {
				continue
			}
			if claims[pol] == nil {
				claims[pol] = &UnusedFacts{Of: c.name(pol), First: c.number(i), Silent: true}
				first[pol] = o.settings
				inOrder = append(inOrder, pol)
			}
			if o.err != nil || o.unchecked > 0 || !o.settings.Runs(w.rule) {
				claims[pol].Unknown = true
			}
		}
	}
	var out []UnusedFacts
	for _, pol := range inOrder {
		claim := claims[pol]
		if watch := w.all[pol]; watch != nil && !claim.Unknown {
			unused, asked := watch.Unused()
			claim.Silent = !asked
			for _, f := range unused {
				part := fmt.Sprintf("%s:%d-%d", f.File.Name, f.Start, f.End)
				claim.Unused = append(claim.Unused, UnusedPart{part, c.flaw(first[pol], f)})
			}
		}
		out = append(out, *claim)
	}
	return out
}

// levels are the claims about what is wrong with the configs of levels, and the
// exceptions in them.
func (c *claimant) levels() []UnusedFacts {
	var out []UnusedFacts
	seen := map[*Levels]bool{}
	for i, o := range c.slots {
		if o.settings == nil || o.settings.Levels == nil || seen[o.settings.Levels] {
			continue
		}
		of := o.settings.Levels
		seen[of] = true
		claim := UnusedFacts{Of: of.name(), First: c.number(i)}
		for _, f := range of.Flaws {
			claim.Flaws = append(claim.Flaws, c.flaw(o.settings, f)...)
		}
		for place, f := range of.exceptions() {
			claim.Unused = append(claim.Unused, UnusedPart{place, c.flaw(o.settings, f)})
		}
		out = append(out, claim)
	}
	return out
}

// locks are the claims about the lock files of a run.
func (c *claimant) locks() []UnusedFacts {
	var out []UnusedFacts
	seen := map[*Lock]bool{}
	for i, o := range c.slots {
		if o.settings == nil || o.settings.Lock == nil || seen[o.settings.Lock] {
			continue
		}
		lock := o.settings.Lock
		seen[lock] = true
		claim := UnusedFacts{Of: lock.File.Name, First: c.number(i), Flaws: c.locked(o.settings, nil)}
		for _, e := range unusedEntries(lock, c.slots) {
			claim.Unused = append(claim.Unused, UnusedPart{e.Name, c.locked(o.settings, []LockEntry{e})})
		}
		out = append(out, claim)
	}
	return out
}

// locked are the diagnostics about a lock file of which these entries are not used.
func (c *claimant) locked(s *Settings, unused []LockEntry) []Diagnostic {
	p := &LockPass{Lock: s.Lock, Unused: unused}
	var out []Diagnostic
	for _, rule := range c.linter.Rules {
		if rule.CheckLock == nil || !s.Runs(rule) {
			continue
		}
		p.Report = func(d Diagnostic) {
			d.Rule, d.File, d.Severity = rule, p.File.Name, s.severity(rule, d.Severity)
			d.NotBaselined = s.notBaselined(rule)
			out = append(out, c.settled(p.File, d))
		}
		rule.CheckLock(p)
	}
	return out
}

// checked is what is known of the files of a run together.
type checked struct {
	// unsettled tells that it is not known of some file what is in force for it,
	// incomplete that some of what is in force may be used by what was not checked.
	unsettled, incomplete bool
	waived                map[string]bool
}

// fileList gathers diagnostics by the file they are about, in the order in which
// the files come.
type fileList struct {
	files  []string
	byFile map[string][]Diagnostic
}

func (l *fileList) add(all []Diagnostic) {
	for i := range all {
		name := all[i].File
		if _, ok := l.byFile[name]; !ok {
			l.files = append(l.files, name)
		}
		l.byFile[name] = append(l.byFile[name], all[i])
	}
}

// addNew adds those that are not there yet: files may have some of their levels in
// common.
func (l *fileList) addNew(all []Diagnostic) {
	for i := range all {
		d := &all[i]
		if !slices.ContainsFunc(l.byFile[d.File], func(have Diagnostic) bool {
			return have.Rule.ID == d.Rule.ID && have.Span.Start == d.Span.Start && have.Message == d.Message
		}) {
			l.add(all[i : i+1])
		}
	}
}

func (l *fileList) diagnostics() []Diagnostic {
	var out []Diagnostic
	for _, name := range l.files {
		out = append(out, tidy(l.byFile[name])...)
	}
	return out
}

// conclude makes diagnostics of the claims of all parts of a run: about policies and
// configs, each said once, by the settings of the first file they are in force for,
// and then about locks. The files come in the order in which they are first in
// force. It returns the failures of policies that are in force nowhere, too.
func conclude(parts []claims, files checked) ([]Diagnostic, []string) {
	var found, locked fileList
	found.byFile, locked.byFile = map[string][]Diagnostic{}, map[string][]Diagnostic{}
	var all claims
	for _, p := range parts {
		all.Flaws, all.Patterns = append(all.Flaws, p.Flaws...), append(all.Patterns, p.Patterns...)
		all.Levels, all.Locks = append(all.Levels, p.Levels...), append(all.Locks, p.Locks...)
	}
	slices.SortStableFunc(all.Flaws, func(a, b FlawFacts) int { return cmp.Compare(a.First, b.First) })
	judged := map[string]bool{}
	addFlaws := func(flaws []FlawFacts) {
		for _, f := range flaws {
			if !judged[f.Of] {
				judged[f.Of] = true
				found.add(f.Diagnostics)
			}
		}
	}
	addFlaws(all.Flaws)
	alone, failures := stillAlone(parts)
	addFlaws(alone)
	for _, u := range joined(all.Patterns) {
		if !u.Unknown && !u.Silent && !files.unsettled {
			for _, p := range u.Unused {
				found.add(p.Diagnostics)
			}
		}
	}
	for _, u := range joined(all.Levels) {
		found.addNew(u.Flaws)
		for _, p := range u.Unused {
			if !files.incomplete && !files.waived[p.Part] {
				found.addNew(p.Diagnostics)
			}
		}
	}
	for _, u := range joined(all.Locks) {
		locked.add(u.Flaws)
		for _, p := range u.Unused {
			if !files.unsettled {
				locked.add(p.Diagnostics)
			}
		}
	}
	return append(found.diagnostics(), locked.diagnostics()...), failures
}

// stillAlone are the claims about policies that are in force for no file of any
// part, and why such policies cannot be used.
func stillAlone(parts []claims) (flaws []FlawFacts, failures []string) {
	used := map[string]bool{}
	for _, p := range parts {
		for _, a := range p.Alone {
			used[a.Name] = used[a.Name] || a.Used
		}
	}
	for _, p := range parts {
		for _, a := range p.Alone {
			if !used[a.Name] {
				used[a.Name] = true // by the first part
				flaws, failures = append(flaws, a.Flaws...), append(failures, a.Failures...)
			}
		}
	}
	return flaws, failures
}

// joined joins the claims about each thing: what none of the parts uses, in the
// words of the part with the first file.
func joined(all []UnusedFacts) []UnusedFacts {
	slices.SortStableFunc(all, func(a, b UnusedFacts) int { return cmp.Compare(a.First, b.First) })
	at := map[string]int{}
	var out []UnusedFacts
	for _, u := range all {
		n, ok := at[u.Of]
		if !ok {
			at[u.Of] = len(out)
			out = append(out, u)
			continue
		}
		have := &out[n]
		have.Unknown, have.Silent = have.Unknown || u.Unknown, have.Silent && u.Silent
		if u.Silent {
			continue
		}
		unused := map[string]bool{}
		for _, p := range u.Unused {
			unused[p.Part] = true
		}
		have.Unused = slices.DeleteFunc(slices.Clone(have.Unused), func(p UnusedPart) bool { return !unused[p.Part] })
	}
	return out
}

// name is that of the levels, the same in all parts of a run.
func (l *Levels) name() string {
	var names []string
	for i := range l.All {
		names = append(names, strconv.Quote(l.All[i].String()))
	}
	return strings.Join(names, " ")
}
