package dockerfile

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/moby/buildkit/util/suggest"
	csvvalue "github.com/tonistiigi/go-csvvalue"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// linkCopy finds the state that COPY --from names: a number is an index into
// all states so far, a name is a stage in any case, anything else an image.
func (r *resolver) linkCopy(st *state, c *command, cmd *instructions.CopyCommand) {
	span := c.flagSpan("from")
	if err := r.literalFrom(cmd.From); err != nil {
		r.reportLink(st, c, err.Error(), span)
		return
	}
	if index, err := strconv.Atoi(cmd.From); err == nil {
		if index < 0 || index >= len(r.states) {
			r.reportLink(st, c, fmt.Sprintf("invalid stage index %d", index), span)
			return
		}
		src := r.states[index]
		c.sources = []*state{src}
		if src.input >= 0 && index >= len(r.stages) {
			in := &r.inputs[src.input].Input
			in.Notes = append(in.Notes, fmt.Sprintf("line %d copies from this image: --from=%s counts past the stages into the images that COPY and RUN name",
				r.file.LineOf(span.Start), cmd.From))
		}
		return
	}
	if src, ok := r.byName[strings.ToLower(cmd.From)]; ok {
		c.sources = []*state{src}
		return
	}
	c.sources = []*state{r.newImage(st, c, cmd.From, "COPY", span)}
}

// reportLink reports what BuildKit finds in every stage, reached or not; in a
// trigger only once a stage it builds sets it off.
func (r *resolver) reportLink(st *state, c *command, message string, span Span) {
	if c.onbuild {
		r.reportIn(st, message, span, -1)
		return
	}
	r.report(BuildProblem, message, span, -1)
}

// literalFrom refuses what the lexer would change: variables, quotes, escapes.
func (r *resolver) literalFrom(from string) error {
	if !needsLexer(from) {
		return nil
	}
	out, err := r.expander.lex.ProcessWordWithMatches(quiet(from), shell.EnvsFromSlice(nil))
	if err != nil {
		return err
	}
	if loud(out.Result) != from {
		return fmt.Errorf("variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround")
	}
	return nil
}

// linkMount finds the state a RUN --mount reads from. A mount without from
// stands for a stage named scratch, if there is one.
func (r *resolver) linkMount(st *state, c *command, index int, from string) {
	if from == "" {
		from = scratch
	}
	src, ok := r.byName[strings.ToLower(from)]
	if !ok {
		if from == scratch {
			src = &state{index: st.index, input: -1, baseName: scratch}
		} else {
			src = r.newImage(st, c, from, "RUN", c.mountSpan(index))
		}
	}
	c.sources = append(c.sources, src)
}

// newImage is an image that a COPY or RUN names, with its input.
func (r *resolver) newImage(st *state, c *command, name, instruction string, span Span) *state {
	src := &state{index: st.index, input: -1, baseName: name, downstream: c.onbuild && !st.reached}
	if name == scratch {
		return src
	}
	src.input = r.addInput(src, Input{
		Instruction: instruction, Stage: st.index, Word: name, Value: name, Span: span,
		Kind: source.KindImage, Platform: r.platformOf(src), Onbuild: c.onbuild,
	})
	in := &r.inputs[src.input].Input
	in.Notes, in.NearStage = r.noSuchStage(name)
	if raw := r.file.written(span); raw != "" {
		in.Word = raw
	}
	return src
}

var stageName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9-_.]*$`) })

// noSuchStage explains that a name which could be a stage's is none, and so is
// pulled as an image.
func (r *resolver) noSuchStage(name string) (notes []string, near string) {
	if !stageName().MatchString(strings.ToLower(name)) {
		return nil, ""
	}
	img, err := source.ParseImage(name)
	if err != nil {
		return nil, ""
	}
	note := fmt.Sprintf("%s is not a stage of this file, so the build pulls %s", name, img.Ref())
	if len(r.stages) > maxSuggested {
		return []string{note}, ""
	}
	var names []string
	for _, st := range r.stages {
		if st.name != "" {
			names = append(names, st.name)
		}
	}
	near, _ = suggest.Search(name, names, false)
	return []string{note}, near
}

// written is the text of a span with line continuations taken out, or "".
func (f *File) written(s Span) string {
	text := f.Text[s.Start:s.End]
	if strings.ContainsAny(text, "\n") {
		return ""
	}
	return text
}

// flagSpan is where the value of a flag stands.
func (in *instruction) flagSpan(name string) Span {
	l := in.logical()
	flag, ok := in.words().flag(name)
	if !ok || flag.value == "" {
		return in.where()
	}
	w := flag.part(l, 0, len(flag.value))
	return l.span(w.start, w.end)
}

// mountSpan is where the last "from" of the index-th --mount stands.
func (in *instruction) mountSpan(index int) Span {
	l := in.logical()
	n := 0
	for _, flag := range in.words().flags {
		if flag.name != "mount" {
			continue
		}
		if n == index {
			if start, end, ok := csvFrom(flag.value); ok {
				w := flag.part(l, start, end)
				return l.span(w.start, w.end)
			}
			break
		}
		n++
	}
	return in.where()
}

// csvFrom finds the value of the last "from" key among the comma-separated
// fields of a mount, by go-csvvalue's reading of quotes.
func csvFrom(value string) (start, end int, ok bool) {
	fields, err := csvvalue.Fields(value, nil)
	if err != nil {
		return 0, 0, false
	}
	pos := 0
	for _, field := range fields {
		at := pos
		if at < len(value) && value[at] == '"' {
			pos = quotedFieldEnd(value, at)
			at++
		} else {
			pos += len(field)
		}
		key, v, has := strings.Cut(field, "=")
		if has && strings.EqualFold(key, "from") && !strings.Contains(field, `"`) {
			start, ok = at+len(key)+1, true
			end = start + len(v)
		}
		pos++ // the comma
	}
	return start, end, ok
}

// quotedFieldEnd is the offset behind the closing quote of a field that opens
// at start; a doubled quote is a quote.
func quotedFieldEnd(value string, start int) int {
	for i := start + 1; i < len(value); i++ {
		if value[i] != '"' {
			continue
		}
		if i+1 < len(value) && value[i+1] == '"' {
			i++
			continue
		}
		return i + 1
	}
	return len(value)
}
