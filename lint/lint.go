// Package lint turns Dockerfiles, rules and policies into diagnostics.
//
// It reads through the functions it is given and prints nothing: formats are
// in lint/report, the rules in lint/rules.
package lint

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// Linter lints Dockerfiles. It is safe for concurrent use once filled in.
type Linter struct {
	// Rules are all the rules there are.
	Rules []*Rule
	// Settings are those of every file that SettingsOf has none for.
	Settings Settings
	// SettingsOf gives the settings of a Dockerfile by its Name. nil, and a
	// result of nil, are Settings. It must be safe for concurrent use.
	SettingsOf func(file string) (*Settings, error)
	// Alone gives, once the files are linted, further policies to judge for their own
	// flaws, by Settings. nil is none.
	Alone func() []Alone
	// PolicyName names policies as all parts of a run do; nil where there are none.
	PolicyName func(pol policy.Policy) string
	// Lookup finds out what policies need to know about sources; nil where nothing
	// may be looked up. It must be safe for concurrent use.
	Lookup policy.Lookup
	// Now is the time by which ignore directives expire. The zero value is
	// before every date: nothing has expired.
	Now time.Time
	// Pins, unless nil, tells what a source that is not pinned can be pinned to,
	// such as by a lock file or a registry. It is asked once for each such input
	// of each build, and not whether it is right: what it says is offered as a
	// fix. An error is a failure of the file. It must be safe for concurrent use.
	Pins func(ctx context.Context, src source.Source, platform string) (Pin, bool, error)
	// Upstream, unless nil, tells what is found today where a pinned source comes
	// from. An error is a failure of the file. It must be safe for concurrent use.
	Upstream func(ctx context.Context, src source.Source, platform string) (Upstream, error)
	// Labels are those given to the build by --label.
	Labels map[string]string
	// ReachedOnly drops the inputs of stages that no target needs.
	ReachedOnly bool
	// LineHashes adds the hash of its line to every diagnostic.
	LineHashes bool
	// NoFrames leaves out the frame of every diagnostic, for formats that show none.
	NoFrames bool
	// Jobs is how many files are linted at once, 0 for as many as there are
	// processors.
	Jobs int
	// Cache, unless nil, is asked before a file is parsed, and told what it came to.
	// Where Lookup or Upstream is set it is not used. What Pins and PolicyName do has
	// to be part of its keys, and Rules, Labels, Now, ReachedOnly, LineHashes and
	// NoFrames.
	Cache Cache
	// Progress, unless nil, is told after every file how many of all are done.
	// It must be safe for concurrent use, and may be told a lower number after
	// a higher one.
	Progress func(done, total int)

	shared *shared // of one run
}

// File is a Dockerfile to lint.
type File struct {
	// Name is the path as shown to people.
	Name string
	// Read returns the text. It is called again for a file that is linted once more,
	// so that no text has to be kept.
	Read func() ([]byte, error)
}

// Failure is why a file could not be checked. A run with failures is never
// clean.
type Failure struct {
	File string
	Line int // of what could not be looked up, else 0
	Err  error
}

// Place is the file, and the line where that is known.
func (f Failure) Place() string {
	if f.Line > 0 {
		return fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	return f.File
}

func (f Failure) Error() string { return f.Place() + ": " + f.Err.Error() }

// Unwrap is the cause.
func (f Failure) Unwrap() error { return f.Err }

// Lint lints files in parallel. Diagnostics come sorted by file in the order
// given, then by offset, rule and message. Files that could not be read or
// judged are in the second result, in order; the rest is linted all the same.
func (l *Linter) Lint(ctx context.Context, files []File) (*Result, []Failure) {
	l = l.sharing()
	slots := make([]*outcome, len(files))
	var kept outcomes
	watches := newWatches(l.Rules)
	pins := &writtenPins{of: map[pinned]*sourcePins{}}
	l.eachTold(len(files), func(i int) {
		out := l.lintFile(ctx, files[i], watches, mismatches{})
		pins.add(i, out.written)
		out.written = nil
		slots[i] = kept.keep(&out)
	})
	l.lintMismatches(ctx, files, slots, watches, pins)
	result, failures := l.gather(files, slots)
	for _, o := range slots {
		if len(o.diagnostics) > 0 {
			o.diagnostics = []Diagnostic{} // the result has them: there may be a million
		}
		o.ignored = nil
	}
	found, _ := conclude([]claims{l.claims(ctx, slots, nil, watches)}, checkedOf(slots))
	result.add(found)
	return result, failures
}

// sharing is a linter for one run.
func (l *Linter) sharing() *Linter {
	run := *l
	run.shared = newShared()
	return &run
}

// each calls do for the numbers below n, several at once.
func (l *Linter) each(n int, do func(i int)) {
	jobs := l.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	var taken atomic.Int64
	var workers sync.WaitGroup
	for range min(jobs, n) {
		workers.Go(func() {
			for i := int(taken.Add(1)) - 1; i < n; i = int(taken.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}

// eachTold is each, and tells Progress.
func (l *Linter) eachTold(n int, do func(i int)) {
	var done atomic.Int64
	l.each(n, func(i int) {
		do(i)
		if so := done.Add(1); l.Progress != nil {
			l.Progress(int(so), n)
		}
	})
}

// outcome is what linting one file came to.
type outcome struct {
	diagnostics  []Diagnostic
	ignored      []Diagnostic
	inputs       int
	unchecked    int
	settings     *Settings
	err          error
	lookupErrors []shownError
	waived       []string     // the places of exceptions
	locked       []int        // the entries of the lock that it uses
	written      []WrittenPin // where the linter compares them, until they are taken in
}

// outcomes keeps one outcome for all files that came to the same, as clean ones do.
// What a run keeps then hardly grows with them.
type outcomes struct {
	mu   sync.Mutex
	same map[cleanOutcome]*outcome
}

// cleanOutcome is what there is to an outcome without diagnostics.
type cleanOutcome struct {
	settings          *Settings
	inputs, unchecked int
}

func (k *outcomes) keep(o *outcome) *outcome {
	if o.err != nil || len(o.diagnostics)+len(o.ignored)+len(o.lookupErrors)+len(o.waived)+len(o.locked) > 0 {
		return o
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	key := cleanOutcome{o.settings, o.inputs, o.unchecked}
	if k.same[key] == nil {
		if k.same == nil {
			k.same = map[cleanOutcome]*outcome{}
		}
		k.same[key] = o
	}
	return k.same[key]
}

func (l *Linter) gather(files []File, slots []*outcome) (*Result, []Failure) {
	result := &Result{Rules: l.Rules}
	shown := 0
	for _, o := range slots {
		shown += len(o.diagnostics)
	}
	result.Diagnostics = make([]Diagnostic, 0, shown)
	var failures []Failure
	for i, o := range slots {
		if o.err != nil {
			failures = append(failures, Failure{File: files[i].Name, Err: o.err})
		}
		for _, err := range o.lookupErrors {
			failures = append(failures, Failure{File: files[i].Name, Line: err.line, Err: err})
		}
		if o.err != nil && o.diagnostics == nil {
			continue
		}
		result.Files = append(result.Files, files[i].Name)
		result.Summary.Files++
		result.Summary.Inputs += o.inputs
		result.Summary.Unchecked += o.unchecked
		result.add(o.diagnostics)
		result.Ignored = append(result.Ignored, o.ignored...)
		result.Summary.Ignored += len(o.ignored)
	}
	return result, failures
}

// add takes in diagnostics, and counts them.
func (r *Result) add(all []Diagnostic) {
	for i := range all {
		if all[i].DryRun {
			r.Summary.DryRun++
		}
		switch all[i].Severity {
		case Error:
			r.Summary.Errors++
		case Warning:
			r.Summary.Warnings++
		default:
			r.Summary.Infos++
		}
	}
	r.Diagnostics = append(r.Diagnostics, all...)
}

// lintFile takes one file through all phases: text, inputs, decisions,
// diagnostics. others are the pins of the run that do not agree, where they are
// known.
func (l *Linter) lintFile(ctx context.Context, file File, watches *watches, others mismatches) outcome {
	out, _ := l.linted(ctx, file, Question{Others: others.id()}, watches, func(d *decided) (outcome, []ComparedFacts) {
		return d.judge(others), nil
	})
	return out
}

// linted is what a file came to before, where the cache knows, or comes to now that
// judge judges it.
func (l *Linter) linted(ctx context.Context, file File, q Question, watches *watches, judge func(d *decided) (outcome, []ComparedFacts)) (outcome, []ComparedFacts) {
	q, failed := l.question(ctx, file, q)
	if failed != nil {
		return *failed, nil
	}
	if out, compared, ok := l.recall(q, watches); ok {
		return out, compared
	}
	apart := l.apart(watches)
	d, failed := l.decided(ctx, q, apart)
	if failed != nil {
		return *failed, nil
	}
	out, compared := judge(d)
	if apart != watches {
		used := apart.used(q.Settings)
		watches.use(q.Settings, used)
		l.keep(q, &out, compared, used)
	}
	return out, compared
}

// question completes a question about a file by what it says and by what it is
// linted.
func (l *Linter) question(ctx context.Context, file File, q Question) (Question, *outcome) {
	if err := ctx.Err(); err != nil {
		return q, &outcome{err: err}
	}
	q.File = file.Name
	var err error
	if q.Text, err = file.Read(); err != nil {
		return q, &outcome{err: err}
	}
	if q.Settings, err = l.settings(file.Name); err != nil {
		return q, &outcome{err: err}
	}
	return q, nil
}

// decided is a file that all is known about and that the rules have yet to look at.
type decided struct {
	settings *Settings
	passes   []*Pass // one for each build
}

// decided finds the inputs of a file and asks the policies about them.
func (l *Linter) decided(ctx context.Context, q Question, watches *watches) (*decided, *outcome) {
	settings := q.Settings
	f := dockerfile.Parse(q.File, q.Text)
	d := &decided{settings: settings}
	for _, build := range settings.builds() {
		p := &Pass{File: f, Resolution: f.Resolve(build), Settings: settings, linter: l, watches: watches, build: build}
		p.secrets = dockerfile.NewSecrets(f, p.Inputs) // of unreached stages too
		if l.ReachedOnly {
			p.DropUnreached()
		}
		if err := p.decide(ctx, build); err != nil {
			return nil, &outcome{settings: settings, err: err}
		}
		p.findPins(ctx)
		p.findUpstream(ctx)
		d.passes = append(d.passes, p)
	}
	return d, nil
}

// judge runs the rules. It can be done again, with other mismatches.
func (d *decided) judge(others mismatches) outcome {
	out := outcome{settings: d.settings}
	for i, p := range d.passes {
		p.others, p.diagnostics, p.Ignores = others, nil, nil
		if len(p.PolicyErrors) > 0 {
			out.err = errPolicyFailed
		}
		p.run(false)
		out.noteLocked(p)
		out.notePins(p)
		out.add(p, i == 0)
	}
	last := d.passes[len(d.passes)-1]
	out.applyLevels(last)
	out.applyIgnores(last)
	return out
}

// checkedOf is what is known of files together.
func checkedOf(slots []*outcome) checked {
	c := checked{waived: map[string]bool{}}
	for _, o := range slots {
		c.unsettled = c.unsettled || o.settings == nil
		c.incomplete = c.incomplete || o.settings == nil || o.err != nil || o.unchecked > 0
		for _, place := range o.waived {
			c.waived[place] = true
		}
	}
	return c
}

// add takes in one build's diagnostics. Most are the same for every build.
func (o *outcome) add(p *Pass, first bool) {
	unchecked := 0
	for i := range p.Inputs {
		if p.Inputs[i].Source == nil && (p.Inputs[i].Err != nil || !p.Inputs[i].Unknown.IsZero()) {
			unchecked++
		}
	}
	for _, err := range p.lookupErrors {
		o.lookupErrors = noteError(o.lookupErrors, err)
	}
	o.inputs, o.unchecked = max(o.inputs, len(p.Inputs)), max(o.unchecked, unchecked)
	if first {
		o.diagnostics = p.finish()
		return
	}
	o.diagnostics = tidy(append(o.diagnostics, p.finish()...))
}
