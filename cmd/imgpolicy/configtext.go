package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/lint/config"
)

// text is the config as YAML, the places as comments.
func (s *shownConfig) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", visible(s.File))
	if len(s.Configs) == 0 {
		b.WriteString("# no config is in force: every rule has its default\n")
		return b.String()
	}
	for i, name := range slices.Backward(s.Configs) {
		what := "read"
		if i < len(s.Configs)-1 {
			what = "extends"
		}
		fmt.Fprintf(&b, "# %s %s\n", what, visible(name))
	}
	lines := s.lines()
	width := 0
	for _, l := range lines {
		if l.place != "" {
			width = max(width, len(l.text))
		}
	}
	for _, l := range lines {
		if l.place == "" {
			b.WriteString(l.text + "\n")
			continue
		}
		fmt.Fprintf(&b, "%-*s  # %s\n", min(width, maxConfigColumn), l.text, visible(l.place))
	}
	return b.String()
}

// maxConfigColumn is how far to the right the places are moved at most.
const maxConfigColumn = 60

type configLine struct{ text, place string }

// lines are those of the config. Of what several files must each allow only the
// first says so in YAML: the lists of the others are no more of the same list, but
// comments.
func (s *shownConfig) lines() []configLine {
	var out, more []configLine
	first := map[string]string{} // the file of each group of keys
	for _, group := range s.groups() {
		kind := listKind(group[0].Key)
		if kind == "" || first[kind] == "" || first[kind] == group[0].File {
			first[kind] = group[0].File
			out = append(out, group.lines("")...)
		} else {
			more = append(more, group.lines("# ")...)
		}
	}
	if more != nil {
		more = append([]configLine{{text: "# and all of these must allow, too:"}}, more...)
	}
	return append(out, more...)
}

// listKind is what several files may each have a list of, "" for nothing.
func listKind(key string) string {
	switch key {
	case "whitelist", "blacklist", "defaultAllow":
		return "image policy"
	case "registries", "hosts":
		return key
	}
	return ""
}

// configGroup is values of one key, of lists those of one file.
type configGroup []configValue

func (s *shownConfig) groups() []configGroup {
	var out []configGroup
	for _, v := range s.Values {
		if n := len(out); n > 0 && out[n-1][0].Key == v.Key && (listKind(v.Key) == "" || out[n-1][0].File == v.File) {
			out[n-1] = append(out[n-1], v)
		} else {
			out = append(out, configGroup{v})
		}
	}
	return out
}

func (g configGroup) lines(indent string) []configLine {
	place := func(v configValue) string { return v.File + ":" + strconv.Itoa(v.Line) }
	key := g[0].Key
	switch {
	case key == "defaultAllow" && isBool(g[0].Value):
		return []configLine{{indent + key + ": " + g[0].Value, place(g[0])}}
	case g[0].Empty:
		return []configLine{{indent + key + ": []", place(g[0])}}
	}
	if config.Scalar(key) {
		var out []configLine
		for i, v := range g {
			value := v.Value
			if !isNumber(value) && !isBool(value) {
				value = yamlText(value)
			}
			line := configLine{indent + key + ": " + value, place(v)}
			if i < len(g)-1 { // of higher levels: in force, too, and a key is there once
				line.text = "# " + line.text
			}
			out = append(out, line)
		}
		return out
	}
	out := []configLine{{text: indent + key + ":"}}
	for _, v := range g {
		item := "- " + yamlText(v.Value)
		switch {
		case key == "ignores", key == "rules": // a number, or a word such as off
			item = v.Name + ": " + v.Value
		case v.Name != "":
			item = yamlText(v.Name) + ": " + yamlText(v.Value)
		}
		out = append(out, configLine{indent + "  " + item, place(v)})
	}
	return out
}

func isNumber(value string) bool {
	_, err := strconv.Atoi(value)
	return err == nil
}

func isBool(value string) bool { return value == "true" || value == "false" }

// plainYAML matches a text that needs no quotes: that is not read as anything
// but itself.
var plainYAML = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z./_][A-Za-z0-9./_@-]*(:[A-Za-z0-9./_@-]+)*$`)
})

// wordYAML matches what looks like that and is something else to some reader.
var wordYAML = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(null|true|false|yes|no|on|off|y|n|[.](inf|nan|[0-9].*))$`)
})

// yamlText is a text as YAML. What is in quotes is JSON, which YAML can read.
func yamlText(s string) string {
	if plainYAML().MatchString(s) && !wordYAML().MatchString(s) {
		return s
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return strconv.Quote(s)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
