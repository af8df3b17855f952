package document

import (
	"encoding/json"
	"strings"
)

// jsonReader reads JSON strictly. encoding/json knows the places of its tokens
// and does not tell, so it finds them again.
type jsonReader struct {
	*file
	dec *json.Decoder
	end int // where the last token ends
	// left is how many more values there may be: read, a short one takes far more
	// room than it does in the file.
	left int
}

// jsonToken is one token and where it stands.
type jsonToken struct {
	value      json.Token
	start, end int
}

func parseJSON(f *file, most int) (*Node, error) {
	dec := json.NewDecoder(strings.NewReader(f.text))
	dec.UseNumber() // 1e999 is a number, if one out of range
	r := &jsonReader{file: f, dec: dec, left: most}
	t, err := r.next()
	if err != nil {
		return nil, err
	}
	n, err := r.value(t, 0)
	if err != nil {
		return nil, err
	}
	if err := r.trailing(n); err != nil {
		return nil, err
	}
	return n, nil
}

// next is the next token. Commas and colons are not tokens, as in
// json.Decoder.Token.
func (r *jsonReader) next() (jsonToken, error) {
	value, err := r.dec.Token()
	if err != nil {
		return jsonToken{}, r.syntaxError(err)
	}
	start := r.nextStart()
	r.end = int(r.dec.InputOffset())
	return jsonToken{value, start, r.end}, nil
}

// nextStart is where the token after the last one starts: past white space and
// at most one comma or colon.
func (r *jsonReader) nextStart() int {
	at := r.skipSpace(r.end)
	if at < len(r.text) && (r.text[at] == ',' || r.text[at] == ':') {
		at = r.skipSpace(at + 1)
	}
	return at
}

func (r *jsonReader) skipSpace(from int) int {
	return len(r.text) - len(strings.TrimLeft(r.text[from:], space))
}

// value is the value that begins with t, depth levels down.
func (r *jsonReader) value(t jsonToken, depth int) (*Node, error) {
	n := r.node(Null, t.start)
	n.End = t.end
	if r.left--; r.left < 0 {
		return nil, n.Fail("the file has more values than are read")
	}
	switch v := t.value.(type) {
	case json.Delim:
		if depth == maxDepth {
			return nil, n.Fail(tooDeep)
		}
		read := r.object
		if v == '[' {
			read = r.list
		}
		if err := read(n, depth+1); err != nil {
			return nil, err
		}
		return n, nil
	case bool:
		n.Kind, n.Bool = Bool, v
		n.Text = r.text[t.start:t.end]
	case json.Number:
		n.Kind, n.Text = Number, v.String()
	case string:
		n.Kind, n.Text = String, v
	}
	n.Raw = Printable(r.text[t.start:t.end])
	return n, nil
}

func (r *jsonReader) list(n *Node, depth int) error {
	n.Kind = List
	for {
		t, err := r.next()
		if err != nil {
			return err
		}
		if t.value == json.Delim(']') {
			n.End = t.end
			return nil
		}
		item, err := r.value(t, depth)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
}

func (r *jsonReader) object(n *Node, depth int) error {
	n.Kind = Object
	o := object{node: n}
	for {
		t, err := r.next()
		if err != nil {
			return err
		}
		if t.value == json.Delim('}') {
			n.End = t.end
			return nil
		}
		key, err := r.value(t, depth)
		if err != nil {
			return err
		}
		if err := o.note(key); err != nil {
			return err
		}
		if t, err = r.next(); err != nil {
			return err
		}
		value, err := r.value(t, depth)
		if err != nil {
			return err
		}
		o.add(key, value)
	}
}

// trailing is the error for text after the value.
func (r *jsonReader) trailing(n *Node) error {
	at := r.skipSpace(r.end)
	switch {
	case at == len(r.text):
		return nil
	case isComment(r.text[at:]):
		return r.fail(at, firstLine(r.text[at:]), noComments)
	case n.Kind == Object:
		return r.fail(at, firstLine(r.text[at:]), "nothing may follow the closing }")
	default:
		return r.fail(at, firstLine(r.text[at:]), "nothing may follow the value")
	}
}
