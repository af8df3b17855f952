package lock

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// sourcePolicy is BuildKit's sourcepolicy/pb.Policy, as far as it pins.
type sourcePolicy struct {
	Version int `json:"version"`
	Rules   []struct {
		Action   enum `json:"action"`
		Selector struct {
			Identifier  string            `json:"identifier"`
			MatchType   enum              `json:"match_type"`
			Constraints []json.RawMessage `json:"constraints"`
		} `json:"selector"`
		Updates struct {
			Identifier string            `json:"identifier"`
			Attrs      map[string]string `json:"attrs"`
		} `json:"updates"`
	} `json:"rules"`
}

// enum is a value that BuildKit reads by its name or by its number.
type enum string

// UnmarshalJSON takes both.
func (e *enum) UnmarshalJSON(text []byte) error {
	*e = enum(strings.Trim(string(text), `"`))
	return nil
}

func (e enum) is(name, number string) bool { return string(e) == name || string(e) == number }

// readSourcePolicy reads the rules that convert a name to the same name with a
// digest. Others say something about a build, and nothing about what a name
// stands for. As in BuildKit the last rule about a source counts.
func readSourcePolicy(name string, text []byte) (*pinList, error) {
	var p sourcePolicy
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	list := newPinList(name)
	for _, r := range p.Rules {
		from, wildcards := r.Selector.Identifier, !r.Selector.MatchType.is("EXACT", "1")
		if !r.Action.is("CONVERT", "2") || r.Selector.MatchType.is("REGEX", "2") || len(r.Selector.Constraints) > 0 ||
			wildcards && strings.ContainsRune(from, '*') {
			continue
		}
		src := sourceOf(from)
		if src == nil {
			continue
		}
		if pin := convertedPin(src, r.Updates.Identifier, r.Updates.Attrs); pin != "" {
			id, _ := source.Unpin(src)
			delete(list.pins, id)
			list.add(src, pin)
		}
	}
	return list, nil
}

// convertedPin is what a rule pins a source to, "" where it makes something else
// of it.
func convertedPin(src source.Source, to string, attrs map[string]string) string {
	name, _ := source.Unpin(src)
	converted := src
	if to != "" {
		converted = sourceOf(to)
	}
	if converted == nil {
		return ""
	}
	switch c := converted.(type) {
	case source.Image:
		if id, pin := source.Unpin(c); id == name {
			return pin
		}
		// Without the tag it is the same repository at least.
		if img, ok := src.(source.Image); ok && img.Name() == c.Name() && c.Tag() == "" {
			return c.Digest()
		}
	case source.HTTP:
		if c.URL == name {
			return attrs["http.checksum"]
		}
	case source.Git:
		g, ok := src.(source.Git)
		switch {
		case !ok || g.Host != c.Host || g.Path != c.Path:
		case source.IsCommit(c.Ref):
			return c.Ref
		case c.Ref == g.Ref:
			return attrs["git.checksum"]
		}
	}
	return ""
}
