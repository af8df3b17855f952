package main

import (
	"fmt"
	"strings"
)

const fishFrame = `# fish completion for imgpolicy, made by "imgpolicy completion fish"

# The words before the cursor begin with this command.
function __imgpolicy_at
    set -l words (commandline -opc)
    string match -q -- "$argv *" "$words[2..] "
end

# The words before the cursor are this command and no more.
function __imgpolicy_is
    set -l words (commandline -opc)
    test "$words[2..]" = "$argv"
end

complete -c imgpolicy -f
`

func fishScript(root completed) string {
	var b strings.Builder
	b.WriteString(fishFrame)
	for _, c := range root.all() {
		b.WriteByte('\n')
		at, is := "__imgpolicy_is", "__imgpolicy_is"
		if len(c.path) > 0 {
			at, is = "__imgpolicy_at "+strings.Join(c.path, " "), is+" "+strings.Join(c.path, " ")
		}
		line := func(condition, format string, args ...any) {
			fmt.Fprintf(&b, "complete -c imgpolicy -n %s %s\n", fishQuote(condition), fmt.Sprintf(format, args...))
		}
		for _, sub := range c.commands {
			line(is, "-a %s -d %s", sub.path[len(sub.path)-1], fishQuote(sub.usage))
		}
		for _, f := range c.flags {
			line(at, "%s -d %s", fishFlag(f), fishQuote(f.usage))
		}
		switch v := c.argument; {
		case v.files:
			line(at, "-F")
		case len(v.words) > 0:
			line(at, "-a %s", fishQuote(strings.Join(v.words, " ")))
		}
	}
	return b.String()
}

// fishFlag is a flag and what it takes: -x is a value that is no file.
func fishFlag(f completedFlag) string {
	out := "-l " + strings.TrimPrefix(f.spelt(), "--")
	if f.short != "" {
		out = "-s " + f.short + " " + out
	}
	words := strings.Join(f.value.words, " ")
	switch {
	case f.value.name == "":
		return out
	case f.value.files:
		return out + " -r -F"
	case strings.HasSuffix(words, "="):
		return out + " -r -F -a " + fishQuote(words) // fish completes a path behind = by itself
	case words != "":
		return out + " -x -a " + fishQuote(words)
	default:
		return out + " -x"
	}
}

func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
