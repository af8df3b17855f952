package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

// writeElements writes a JSON document, of which frame has all but the elements of one
// list: element by element, since there may be a million. key is that of the list, ""
// where the list is the document. It is as WriteJSON would write the whole.
func writeElements[T any](w io.Writer, frame []byte, key string, elements iter.Seq[T]) error {
	list := "["
	if key != "" {
		list = `"` + key + `": [` // in a text there is no quote that is not escaped
	}
	before, after, _ := bytes.Cut(frame, []byte(list))
	last := before[bytes.LastIndexByte(before, '\n')+1:]
	indent := strings.Repeat(" ", len(last)-len(bytes.TrimLeft(last, " ")))
	out := bufio.NewWriter(w)
	if err := writeArmoured(out, append(before, list...)); err != nil {
		return err
	}
	n := 0
	for e := range elements {
		if err := writeElement(out, n == 0, indent+"  ", e); err != nil {
			return err
		}
		n++
	}
	if n > 0 {
		after = append([]byte("\n"+indent), after...)
	}
	if err := writeArmoured(out, after); err != nil {
		return err
	}
	return out.Flush()
}

// writeElement writes an element of a list.
func writeElement(out *bufio.Writer, first bool, indent string, value any) error {
	text := []byte(",\n" + indent)
	if first {
		text = text[1:]
	}
	var element bytes.Buffer
	encoder := json.NewEncoder(&element)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(indent, "  ")
	if err := encoder.Encode(value); err != nil {
		return err
	}
	return writeArmoured(out, append(text, bytes.TrimSuffix(element.Bytes(), []byte("\n"))...))
}

// each is what f makes of each diagnostic of a list.
func each[T any](all []lint.Diagnostic, f func(d *lint.Diagnostic) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range all {
			if !yield(f(&all[i])) {
				return
			}
		}
	}
}
