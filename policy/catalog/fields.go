package catalog

import "strings"

// field is one key of an object of a catalog. The reader and the schema are made
// from the lists of them.
type field[T any] struct {
	name, doc string
	form      form
	needed    bool
	many      bool          // a list
	of        func() schema // of what is no string
	read      func(s *scanner, v *T)
}

// fields are those of an object, with what it is called.
type fields[T any] struct {
	noun string
	all  []field[T]
}

// read reads an object into v, with its line.
func (f *fields[T]) read(s *scanner, v *T) (start mark) {
	s.space()
	start = s.mark()
	var seen uint64
	s.object("an object", func(key string) {
		at := f.index(key)
		switch {
		case at < 0:
			s.fail("unknown key of %s%s", f.noun, f.valid())
		case seen&(1<<at) != 0:
			s.fail("duplicate key")
		default:
			seen |= 1 << at
			f.all[at].read(s, v)
		}
	})
	for i := range f.all {
		if f.all[i].needed && seen&(1<<i) == 0 {
			s.failAt(start, "", "%s without `%s`", f.noun, f.all[i].name)
		}
	}
	return start
}

func (f *fields[T]) index(key string) int {
	for i := range f.all {
		if f.all[i].name == key {
			return i
		}
	}
	return -1
}

func (f *fields[T]) valid() string {
	names := make([]string, len(f.all))
	for i, field := range f.all {
		names[i] = field.name
	}
	return " (valid: " + strings.Join(names, ", ") + ")"
}

// text reads a string of a form.
func text[T any](f form, of func(*T) *string) func(*scanner, *T) {
	return func(s *scanner, v *T) { *of(v) = s.formed(f) }
}

// texts reads a list of strings of a form, none of them twice.
func texts[T any](f form, of func(*T) *[]string) func(*scanner, *T) {
	return func(s *scanner, v *T) {
		list := of(v)
		s.list("a list", func() {
			item := s.formed(f)
			for _, other := range *list {
				if other == item {
					s.fail("twice in this list")
				}
			}
			*list = append(*list, item)
		})
	}
}

// objects reads a list of objects.
func objects[T, I any](f *fields[I], of func(*T) *[]I, check func(*scanner, mark, *I)) func(*scanner, *T) {
	return func(s *scanner, v *T) {
		list := of(v)
		s.list("a list", func() {
			var zero I
			*list = append(*list, zero)
			item := &(*list)[len(*list)-1]
			start := f.read(s, item)
			if s.err == nil && check != nil {
				check(s, start, item)
			}
		})
	}
}

// formed reads a string and holds it against its form.
func (s *scanner) formed(f form) string {
	value := s.str("a string")
	if s.err == nil {
		if wrong := f.wrong(value); wrong != "" {
			s.fail("%s", wrong)
		}
	}
	return value
}
