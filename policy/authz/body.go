package authz

import (
	"errors"
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/document"
)

// maxBody is how many bytes of a body are read. The daemon shows none of more than
// 4 MiB (moby's pkg/authorization).
const maxBody = 4 << 20

// json is the body of the request. The daemon shows a plugin bodies that say they
// are JSON and nothing else, and older ones leave out what is long or is said to
// be empty.
func (c *call) json() (*document.Node, error) {
	kind, err := c.mediaType()
	switch {
	case err != nil:
		return nil, err
	case kind != "application/json":
		return nil, fmt.Errorf("a body of the type %q is denied: only application/json is shown to a plugin", kind)
	case len(c.Body) == 0:
		return nil, errors.New("a request whose body the daemon does not show is denied: what it asks for cannot be seen")
	}
	n, err := document.ParseJSON("the body", c.Body, maxBody)
	if err != nil {
		return nil, fmt.Errorf("a body that cannot be read is denied: %w", err)
	}
	return n, distinct(n)
}

// distinct makes sure that no object has a key twice. To the daemon case makes no
// difference, and the last one counts; the labels of users are the one thing where
// it does.
func distinct(n *document.Node) error {
	seen := map[string]string{}
	for _, m := range n.Members {
		key := folded(m.Key.Text)
		if first, ok := seen[key]; ok {
			return fmt.Errorf("a body with the keys %q and %q is denied: to the daemon they are one", first, m.Key.Text)
		}
		seen[key] = m.Key.Text
		if key == "labels" {
			continue
		}
		if err := distinct(m.Value); err != nil {
			return err
		}
	}
	for _, item := range n.Items {
		if err := distinct(item); err != nil {
			return err
		}
	}
	return nil
}

// folded is the same for all that encoding/json takes for one key: it compares
// them under Unicode's simple folding, by which ſ is an s and K (U+212A) a k.
func folded(key string) string { return strings.ToLower(strings.ToUpper(key)) }

// field is a field of an object, nil where there is none or the object is nil.
func field(of *document.Node, name string) (*document.Node, error) {
	if of == nil {
		return nil, nil
	}
	if of.Kind != document.Object {
		return nil, fmt.Errorf("a body is denied that has %s where an object with %s should be", of.Kind, name)
	}
	for _, m := range of.Members {
		if strings.EqualFold(m.Key.Text, name) && m.Value.Kind != document.Null {
			return m.Value, nil
		}
	}
	return nil, nil
}
