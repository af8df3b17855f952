package dockerfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

func imageRef(name string) (string, bool) {
	img, err := source.ParseImage(name)
	if err != nil {
		return "", false
	}
	return img.Ref(), true
}

// refuseRemote is what COPY says to a URL or a git reference.
func refuseRemote(word string) error {
	g, isGit, err := source.ParseGit(word)
	switch {
	case isGit && err != nil:
		return err
	case isGit && !g.Shorthand:
		return errors.New("source can't be a git ref for COPY")
	case source.IsHTTP(word):
		return errors.New("source can't be a URL for COPY")
	default:
		return nil
	}
}

// adding is the state that dispatchCopy carries from one word of an ADD to the
// next: what a git URL's query says of checksum and keep-git-dir holds for all
// words after it.
type adding struct {
	checksum   string
	keepGitDir *bool
	words      int // how many the ADD has
}

// addPlaces are where the keyword and the checksum of an ADD stand.
func (in *instruction) addPlaces() (keyword, checksum Span) {
	l := in.logical()
	if l.segments == nil {
		return Span{}, Span{}
	}
	w := in.words()
	keyword = l.span(w.keyword.start, w.keyword.end)
	if flag, ok := w.flag("checksum"); ok {
		if start := flag.bytes[0]; flag.value == "" {
			checksum = Span{l.offset(start), l.offset(start)}
		} else {
			checksum = l.span(start, flag.bytes[len(flag.value)-1]+1)
		}
	}
	return keyword, checksum
}

// add finds the sources among the words of an ADD.
func (r *resolver) add(st *state, c *command, cmd *instructions.AddCommand) {
	sum := r.expander.expand(cmd.Checksum, st.vars)
	words := make([]expansion, len(cmd.SourcePaths))
	chmod, dest := r.expander.expand(cmd.Chmod, st.vars), r.expander.expand(cmd.DestPath, st.vars)
	err := firstError(r.expandAll(st, cmd.Chown), chmod.refusal())
	err = firstError(err, sum.refusal())
	for i, w := range cmd.SourcePaths {
		words[i] = r.expander.expand(w, st.vars)
		err = firstError(err, words[i].refusal())
	}
	err = firstError(err, dest.refusal())
	err = firstError(err, r.expandHeredocs(st, cmd.SourceContents))
	err = firstError(err, r.copyFits(st, dest, chmod))
	err = firstError(err, checksumFits(sum, words))
	if err != nil {
		r.reportIn(st, err.Error(), c.where(), -1)
	}
	state := adding{checksum: sum.text, keepGitDir: cmd.KeepGitDir, words: len(words)}
	spans := c.sourceSpans(cmd)
	for i, w := range words {
		span := c.where
		if i < len(spans) {
			span = func() Span { return spans[i] }
		}
		if w.unknown.IsZero() && w.err == nil && !sum.unknown.IsZero() {
			r.addUnknownChecksum(st, c, &state, cmd.SourcePaths[i], w, sum, span)
			continue
		}
		r.addWord(st, c, &state, cmd.SourcePaths[i], w, span)
	}
}

// checksumFits says what --checksum cannot go with.
func checksumFits(sum expansion, words []expansion) error {
	if sum.text == "" || !sum.unknown.IsZero() {
		return nil
	}
	if len(words) != 1 {
		return errors.New("checksum can't be specified for multiple sources")
	}
	w := words[0]
	if w.unknown.IsZero() && !source.IsHTTP(w.text) && !source.IsGit(w.text) {
		return errors.New("checksum requires HTTP(S) or Git sources")
	}
	return nil
}

// sourceSpans are the places of the words that are no heredocs, in order.
func (in *instruction) sourceSpans(cmd *instructions.AddCommand) []Span {
	l := in.logical()
	words := l.sourceWords(in.words().args, in.node.Attributes["json"])
	if len(words) > 0 {
		words = words[:len(words)-1] // the destination
	}
	spans := make([]Span, 0, len(words))
	for _, w := range words {
		if len(cmd.SourceContents) > 0 && parser.MustParseHeredoc(w.text(l)) != nil {
			continue
		}
		spans = append(spans, l.span(w.start, w.end))
	}
	if len(spans) != len(cmd.SourcePaths) {
		return nil
	}
	return spans
}

// addWord takes one word of an ADD: a git reference, a URL, or a local path
// that fetches nothing.
func (r *resolver) addWord(st *state, c *command, a *adding, raw string, w expansion, span func() Span) {
	in := Input{Instruction: "ADD", Stage: st.index, Word: raw, Value: w.text, Onbuild: c.onbuild, Words: a.words}
	if !w.unknown.IsZero() {
		kind, remote := unknownKind(w.probe)
		if !remote {
			return
		}
		in.Kind, in.Unknown = kind, r.explain(w.unknown, st)
		in.Span = span()
		in.Variables = r.variables(w.used, st.vars)
		r.placeAdd(st, c.instruction, in)
		return
	}
	if w.err != nil {
		return
	}
	src, err := a.parse(w.text)
	if src == nil && err == nil {
		if err := r.localFits(st, w.text); err != nil {
			r.reportIn(st, err.Error(), c.where(), -1)
		}
		return
	}
	in.Span = span()
	in.Source, in.Err = src, err
	in.Kind = source.KindHTTP
	if source.IsGit(w.text) || !strings.HasPrefix(w.text, "http") {
		in.Kind = source.KindGit
	}
	in.Variables = r.variables(w.used, st.vars)
	input := r.placeAdd(st, c.instruction, in)
	if err != nil {
		r.reportIn(st, err.Error(), in.Span, input)
	}
	r.undefinedInStage(st, w.undefined, raw, in.Span, input)
}

// addUnknownChecksum takes a word whose checksum is not known: whether the
// source is pinned, and whether the build accepts it, depends on that.
func (r *resolver) addUnknownChecksum(st *state, c *command, a *adding, raw string, w, sum expansion, span func() Span) {
	kind := source.KindHTTP
	if g, isGit, _ := source.ParseGit(w.text); isGit && !g.Shorthand {
		kind = source.KindGit
	} else if !source.IsHTTP(w.text) {
		return
	}
	r.placeAdd(st, c.instruction, Input{
		Instruction: "ADD", Stage: st.index, Word: raw, Value: w.text, Kind: kind, Span: span(),
		Unknown: r.explain(sum.unknown, st), Variables: r.variables(slices.Concat(w.used, sum.used), st.vars),
		Onbuild: c.onbuild, Words: a.words,
	})
}

// explain adds to an Unknown what the file has to say about its variable: the
// ARG before the first FROM that the stage does not see, or a name like it.
func (r *resolver) explain(u Unknown, st *state) Unknown {
	if _, inStage := st.vars.get(u.Variable); !inStage && u.Variable != "" {
		if g, ok := r.globals.get(u.Variable); ok {
			u.Global, u.decl = true, g.decl
		} else {
			u.Near, _ = suggested(u.Variable, st.vars.vars)
		}
	}
	return u.place()
}

func (r *resolver) placeAdd(st *state, at *instruction, in Input) int {
	in.Keyword, in.Checksum = at.addPlaces()
	if raw := r.file.written(in.Span); raw != "" && in.Span.End-in.Span.Start <= len(raw) {
		in.Word = raw
	}
	input := r.addInput(st, in)
	r.inputs[input].content = true
	return input
}

// undefinedInStage reports variables of a stage that starts from scratch:
// there is no base image that could set them.
func (r *resolver) undefinedInStage(st *state, names []string, text string, span Span, input int) {
	for _, name := range names {
		if guarded(text, name, "-+?") {
			continue
		}
		msg := fmt.Sprintf("$%s is not defined in this stage, so it expands to nothing", name)
		if _, ok := r.globals.get(name); ok {
			msg += fmt.Sprintf("; write ARG %s in the stage to bring in the one from before the first FROM", name)
		} else if match, ok := suggested(name, st.vars.vars); ok {
			msg += fmt.Sprintf(" (did you mean %s?)", match)
		}
		r.report(UndefinedProblem, msg, span, input)
	}
}

// parse makes the source of a word, nil for a local path.
func (a *adding) parse(word string) (source.Source, error) {
	g, isGit, err := source.ParseGit(word)
	switch {
	case isGit && err != nil:
		return nil, err
	case isGit && !g.Shorthand:
		return a.git(g)
	case source.IsHTTP(word):
		h, err := source.ParseHTTP(word, a.checksum)
		if err != nil {
			return nil, err
		}
		return h, nil
	default:
		return nil, nil
	}
}

func (a *adding) git(g source.Git) (source.Source, error) {
	if a.keepGitDir != nil && g.KeepGitDirSet && *a.keepGitDir != g.KeepGitDir {
		return nil, errors.New("inconsistent keep-git-dir configuration")
	}
	if g.KeepGitDirSet {
		keep := g.KeepGitDir
		a.keepGitDir = &keep
	}
	g.KeepGitDir = a.keepGitDir != nil && *a.keepGitDir
	if a.checksum != "" && g.Checksum != "" && a.checksum != g.Checksum {
		return nil, fmt.Errorf("checksum mismatch %q != %q", a.checksum, g.Checksum)
	}
	if g.Checksum != "" {
		a.checksum = g.Checksum
	}
	g.Checksum = a.checksum
	g.MTime = "" // BuildKit honours it for contexts only
	return g, nil
}

// unknownKind judges a word that holds something unknown by what stands before
// it: a path that begins in this directory can only be local, a URL is remote,
// and a word that begins with the unknown may be either.
func unknownKind(probe string) (kind source.Kind, remote bool) {
	known, _, _ := strings.Cut(probe, marker)
	lower := strings.ToLower(known)
	switch {
	case known == "":
		return "", true
	case strings.HasPrefix(known, "http://"), strings.HasPrefix(known, "https://"):
		if path, _, _ := strings.Cut(probe, "#"); strings.HasSuffix(path, ".git") {
			return source.KindGit, true
		}
		return source.KindHTTP, true
	case strings.HasPrefix(lower, "git://"), strings.HasPrefix(lower, "ssh://"), source.IsGit(known):
		return source.KindGit, true
	}
	for _, scheme := range []string{"http://", "https://", "git://", "ssh://"} {
		if strings.HasPrefix(scheme, lower) {
			return "", true
		}
	}
	return "", strings.Contains(known, "@") && !strings.Contains(known, "/")
}
