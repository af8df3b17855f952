// Package document reads the JSON and YAML files that people write by hand,
// policies and configurations, into trees that know where everything stands.
//
// It is strict: what two readers could understand differently, such as a key
// that is there twice, is an error rather than read somehow. What the keys mean
// is for others to know.
package document

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/policy"
)

// Kind is the type of a value.
type Kind int

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Object
)

// String names the kind as messages do: "must be true or false, not a list".
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "true or false"
	case Number:
		return "a number"
	case String:
		return "a string"
	case List:
		return "a list"
	default:
		return "an object"
	}
}

// Node is a value and where it stands.
type Node struct {
	File string // the name given to Parse
	Kind Kind
	// Start and End are the half-open byte offsets of the value as written,
	// quotes included. Only a Null that is not written at all, as in YAML's
	// "key:", is empty.
	Start, End   int
	Line, Column int // 1-based, columns in code points
	// Raw is the value as written, fit to be shown: what cannot be printed is
	// escaped, credentials are left out, a long one is cut. Lists and objects
	// have none: it would only repeat their elements.
	Raw     string
	Text    string // the value of a String or Number ("1e9"), "true" or "false" of a Bool
	Bool    bool
	Items   []*Node  // of a List
	Members []Member // of an Object, in order
}

// Member is one key of an object, always a String, and its value.
type Member struct{ Key, Value *Node }

const (
	// maxText bounds what a file costs to read. Those in use are a few
	// kilobytes.
	maxText = 1 << 20
	// bytesPerValue is less than values take on average in any large file, and
	// manyValues are read whatever they take.
	bytesPerValue = 8
	manyValues    = 1 << 18
	// maxDepth is how deep lists and objects may be nested.
	maxDepth = 32
)

// Parse reads the text of a file: YAML where name ends in .yaml or .yml, else
// JSON. Errors are of type *policy.LoadError and have a place.
func Parse(name string, text []byte) (*Node, error) {
	if !IsYAML(name) {
		return ParseJSON(name, text, maxText)
	}
	f := newFile(name, string(text))
	if err := f.unreadable(maxText); err != nil {
		return nil, err
	}
	return parseYAML(f)
}

// ParseJSON is Parse for a file that is JSON whatever its name is, and may have
// up to so many bytes.
func ParseJSON(name string, text []byte, most int) (*Node, error) {
	f := newFile(name, string(text))
	if err := f.unreadable(most); err != nil {
		return nil, err
	}
	return parseJSON(f, max(most/bytesPerValue, manyValues))
}

// IsYAML tells whether a file of this name is read as YAML.
func IsYAML(name string) bool {
	ending := path.Ext(name)
	return strings.EqualFold(ending, ".yaml") || strings.EqualFold(ending, ".yml")
}

// Fail is the error that something is wrong with the value.
func (n *Node) Fail(format string, args ...any) error {
	return &policy.LoadError{
		File: n.File, Line: n.Line, Column: n.Column, Entry: n.Raw, Message: fmt.Sprintf(format, args...),
	}
}

// Member is the value of a key of an object, nil where there is none.
func (n *Node) Member(name string) *Node {
	for _, m := range n.Members {
		if m.Key.Text == name {
			return m.Value
		}
	}
	return nil
}

// file is a text that is being read.
type file struct {
	name, text string
	// line and column are the place of the byte at offset; places are asked for
	// in order, so counting on from there keeps reading linear.
	offset, line, column int
}

func newFile(name, text string) *file { return &file{name: name, text: text, line: 1, column: 1} }

// place is the line and column of the byte at offset.
func (f *file) place(offset int) (line, column int) {
	if offset < f.offset {
		f.offset, f.line, f.column = 0, 1, 1
	}
	between := f.text[f.offset:offset]
	if i := strings.LastIndexByte(between, '\n'); i >= 0 {
		f.line += strings.Count(between, "\n")
		f.column = 1
		between = between[i+1:]
	}
	f.column += utf8.RuneCountInString(between)
	f.offset = offset
	return f.line, f.column
}

// node is a value that begins at start; what reads it fills in the rest.
func (f *file) node(kind Kind, start int) *Node {
	n := &Node{File: f.name, Kind: kind, Start: start, End: start}
	n.Line, n.Column = f.place(start)
	return n
}

// fail is the error that something is wrong at offset; entry is the text it is
// about, or "".
func (f *file) fail(offset int, entry, message string) error {
	line, column := f.place(offset)
	return &policy.LoadError{File: f.name, Line: line, Column: column, Entry: Printable(entry), Message: message}
}

// space is the white space of JSON, and of YAML.
const space = " \t\r\n"

// unreadable is the error for a text that is not worth reading.
func (f *file) unreadable(most int) error {
	switch at := conflict().FindStringIndex(f.text[:min(len(f.text), most)]); {
	case len(f.text) > most:
		return f.fail(0, "", fmt.Sprintf("the file has %d bytes, at most %d are read", len(f.text), most))
	case at != nil:
		return f.fail(at[0], firstLine(f.text[at[0]:]), "a conflict of a merge is not resolved here")
	case strings.HasPrefix(f.text, "\ufeff"):
		return f.fail(0, "", "the file begins with a byte order mark: save it as UTF-8 without BOM")
	case strings.HasPrefix(f.text, "\xff\xfe"), strings.HasPrefix(f.text, "\xfe\xff"):
		return f.fail(0, "", "the file is in UTF-16: save it as UTF-8 without BOM")
	case strings.Trim(f.text, space) == "":
		return f.fail(0, "", Empty)
	case !utf8.ValidString(f.text):
		return f.fail(invalidUTF8(f.text), "", "the file is not in UTF-8 here")
	}
	return nil
}

// conflict matches the marks that git leaves, with which no line of JSON or YAML
// begins.
var conflict = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^(<<<<<<< |=======\r?$|>>>>>>> )`) })

func invalidUTF8(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			return i
		}
	}
	return len(text)
}

// object gathers members, and knows which keys there are.
type object struct {
	node *Node
	seen map[string]*Node
}

// add takes in a key and its value, each key once.
func (o *object) add(key, value *Node) {
	o.node.Members = append(o.node.Members, Member{key, value})
}

// note is the error where a key is there already.
func (o *object) note(key *Node) error {
	if first := o.seen[key.Text]; first != nil {
		return key.Fail("duplicate key (the first is on line %d)", first.Line)
	}
	if o.seen == nil {
		o.seen = map[string]*Node{}
	}
	o.seen[key.Text] = key
	return nil
}

// Empty is the message of the error for a file with nothing in it: only those
// who ask for the file know what should be there.
const Empty = "the file is empty"

const tooDeep = "lists and objects are nested too deep here"
