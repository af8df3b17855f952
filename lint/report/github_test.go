package report

import (
	"slices"
	"strings"
	"testing"
)

// FuzzGitHub reads the output as a runner does: whatever the texts, it finds
// our commands and no others.
func FuzzGitHub(f *testing.F) {
	addPairs(f)
	f.Fuzz(func(t *testing.T, a, b string) {
		r := hostileResult(a, b)
		out := write(t, githubFormat(), r, Options{Token: "0123456789"})
		got := runnerCommands(out)
		var names []string
		for _, c := range got {
			names = append(names, c.name)
		}
		want := []string{"error", "warning", "stop-commands", "0123456789"}
		if !slices.Equal(names, want) {
			t.Fatalf("a runner sees the commands %q, want %q, in:\n%s", names, want, out)
		}
		if strings.Count(out, "\n") != 5 {
			t.Errorf("%d lines, want 5:\n%s", strings.Count(out, "\n"), out)
		}
		if file := got[0].properties["file"]; file != defuse(b) {
			t.Errorf("a runner reads the file name as %q, want %q", file, defuse(b))
		}
		if message := defuse(strings.TrimRight(a, "\r\n")); !strings.HasPrefix(got[0].data, message) {
			t.Errorf("a runner reads the message as %q, want %q first", got[0].data, message)
		}
		checkHarmless(t, out)
	})
}

// FuzzRunnerText is the same for text on a runner.
func FuzzRunnerText(f *testing.F) {
	addPairs(f)
	f.Fuzz(func(t *testing.T, a, b string) {
		out := write(t, textFormat(), hostileResult(a, b), Options{Token: "0123456789", Runner: true})
		if n := obeyed(out); n != 0 {
			t.Errorf("a runner obeys %d commands, or stays stopped (-1), in:\n%s", n, out)
		}
	})
}

// obeyed counts the commands that a runner obeys, -1 where it is left stopped.
func obeyed(out string) int {
	effective, stopped := 0, false
	for _, c := range runnerCommands(out) {
		switch {
		case stopped && c.name == "0123456789":
			stopped = false
		case !stopped && c.name == "stop-commands":
			stopped = true
		case !stopped:
			effective++
		}
	}
	if stopped {
		return -1
	}
	return effective
}

type runnerCommand struct {
	name, data string
	properties map[string]string
}

// runnerCommands parses as ActionCommand.cs of actions/runner does, but takes
// any name for a command's.
func runnerCommands(out string) []runnerCommand {
	var all []runnerCommand
	for line := range strings.FieldsFuncSeq(out, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		if i := strings.Index(line, "##["); i >= 0 {
			all = append(all, runnerCommand{name: "v1:" + line[i:]})
		}
		rest, ok := strings.CutPrefix(line, "::")
		if !ok {
			continue
		}
		info, data, ok := strings.Cut(rest, "::")
		if !ok {
			continue
		}
		name, list, _ := strings.Cut(info, " ")
		c := runnerCommand{name: name, data: unescape(data, "%0D", "\r", "%0A", "\n", "%25", "%"), properties: map[string]string{}}
		for _, p := range strings.Split(list, ",") {
			key, value, _ := strings.Cut(p, "=")
			c.properties[key] = unescape(value, "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
		}
		all = append(all, c)
	}
	return all
}

// unescape replaces one after the other, as the runner does; a Replacer would
// hide what is wrong with the order.
func unescape(s string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, pairs[i], pairs[i+1])
	}
	return s
}
