package document

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// yamlReader turns the nodes of the YAML library into ours. The library tells
// where a node begins, by line and column, and not where it ends: that is found
// in the text.
type yamlReader struct {
	*file
	lines []int // the offsets where lines begin
	// atLine and atColumn are the place of the byte at at; places are asked for
	// in order, so counting on from there keeps long lines linear.
	atLine, atColumn, at int
}

func parseYAML(f *file) (*Node, error) {
	r := &yamlReader{file: f, lines: []int{0}}
	if err := r.unprintable(); err != nil {
		return nil, err
	}
	for i := range len(f.text) {
		if f.text[i] == '\n' {
			r.lines = append(r.lines, i+1)
		}
	}
	var first, second yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(f.text))
	if err := dec.Decode(&first); errors.Is(err, io.EOF) {
		return nil, r.fail(0, "", Empty)
	} else if err != nil {
		return nil, r.syntaxError(err)
	}
	if len(first.Content) != 1 {
		return nil, r.fail(0, "", notUnderstood)
	}
	n, err := r.value(first.Content[0], 0, -1)
	if err != nil {
		return nil, err
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		at, _ := r.offsetOf(&second)
		return nil, r.fail(at, firstLine(f.text[at:]), "only one document may be in the file")
	case !errors.Is(err, io.EOF):
		return nil, r.syntaxError(err)
	case n.Kind == Null && n.Start == n.End:
		return nil, r.fail(0, "", Empty)
	}
	return n, nil
}

// notUnderstood is for what cannot happen: better no policy than one whose
// entries are somewhere else.
const notUnderstood = "this YAML is not understood: write it in a simpler way"

// offsetOf is where a node begins.
func (r *yamlReader) offsetOf(y *yaml.Node) (int, bool) {
	if y.Line == len(r.lines)+1 && y.Column == 1 { // what is missing at the end
		return len(r.text), true
	}
	if y.Line < 1 || y.Line > len(r.lines) {
		return 0, false
	}
	if y.Line != r.atLine || y.Column < r.atColumn {
		r.atLine, r.atColumn, r.at = y.Line, 1, r.lines[y.Line-1]
	}
	for r.atColumn < y.Column {
		if r.at == len(r.text) || r.text[r.at] == '\n' {
			return 0, false
		}
		_, size := utf8.DecodeRuneInString(r.text[r.at:])
		r.at += size
		r.atColumn++
	}
	return r.at, true
}

// value reads a node that is depth levels down, in a block collection that is
// indented by indent, -1 for none.
func (r *yamlReader) value(y *yaml.Node, depth, indent int) (*Node, error) {
	start, ok := r.offsetOf(y)
	if !ok {
		return nil, r.fail(0, "", notUnderstood)
	}
	n := r.node(Null, start)
	if err := r.refuse(y, start); err != nil {
		return nil, err
	}
	if y.Kind != yaml.ScalarNode {
		if depth == maxDepth {
			return nil, n.Fail(tooDeep)
		}
		if y.Style&yaml.FlowStyle == 0 {
			indent = y.Column - 1
		}
		read := r.object
		if y.Kind == yaml.SequenceNode {
			read = r.list
		}
		if err := read(n, y, depth+1, indent); err != nil {
			return nil, err
		}
		return n, nil
	}
	if n.End, ok = r.scalarEnd(y, start, indent); !ok {
		return nil, n.Fail(notUnderstood)
	}
	n.Text = y.Value
	switch y.ShortTag() {
	case "!!null":
		n.Text = ""
	case "!!bool":
		n.Kind, n.Text = Bool, strings.ToLower(y.Value)
		n.Bool = n.Text == "true"
	case "!!int", "!!float":
		n.Kind = Number
	default: // dates are strings too
		n.Kind = String
	}
	n.Raw = Printable(r.text[n.Start:n.End])
	return n, nil
}

func (r *yamlReader) list(n *Node, y *yaml.Node, depth, indent int) error {
	n.Kind = List
	n.End = n.Start
	for _, child := range y.Content {
		item, err := r.value(child, depth, indent)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
		n.End = item.End
	}
	return r.close(n, ']')
}

func (r *yamlReader) object(n *Node, y *yaml.Node, depth, indent int) error {
	n.Kind = Object
	n.End = n.Start
	o := object{node: n}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, err := r.value(y.Content[i], depth, indent)
		if err != nil {
			return err
		}
		switch {
		case y.Content[i].ShortTag() == "!!merge":
			return key.Fail("merge keys are not read: write the keys out")
		case key.Kind == List || key.Kind == Object:
			return key.Fail("a key must be a string, not %s", key.Kind)
		case key.Kind != String:
			return key.Fail("a key must be a string, not %s: put it in quotes", key.Kind)
		}
		if err := o.note(key); err != nil {
			return err
		}
		value, err := r.value(y.Content[i+1], depth, indent)
		if err != nil {
			return err
		}
		o.add(key, value)
		n.End = max(key.End, value.End)
	}
	return r.close(n, '}')
}

// close finds the bracket that ends a list or an object, where one begins it.
func (r *yamlReader) close(n *Node, bracket byte) error {
	if n.Start == len(r.text) || r.text[n.Start] != bracket-2 { // [ and {
		return nil
	}
	at := max(n.End, n.Start+1)
	for at < len(r.text) {
		switch c := r.text[at]; {
		case c == bracket:
			n.End = at + 1
			return nil
		case c == '#':
			at += len(firstLine(r.text[at:]))
		case strings.IndexByte(space+",:", c) >= 0: // : of a key without a value
			at++
		default:
			return n.Fail(notUnderstood)
		}
	}
	return n.Fail(notUnderstood)
}
