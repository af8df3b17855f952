package main

import (
	"fmt"
	"strings"
)

// zshScript writes one function for each command. The script is both sourced
// and, as _imgpolicy in $fpath, run to complete.
func zshScript(root completed) string {
	var b strings.Builder
	b.WriteString("#compdef imgpolicy\n# zsh completion for imgpolicy, made by \"imgpolicy completion zsh\"\n")
	for _, c := range root.all() {
		fmt.Fprintf(&b, "\n%s() {\n", zshFunction(c))
		if len(c.commands) > 0 {
			zshGroup(&b, c)
		} else {
			fmt.Fprintf(&b, "    _arguments -S %s\n", strings.Join(zshSpecs(c), " \\\n        "))
		}
		b.WriteString("}\n")
	}
	b.WriteString(`
if [[ ${funcstack[1]} == _imgpolicy ]]; then
    _imgpolicy "$@"
elif (( $+functions[compdef] )); then
    compdef _imgpolicy imgpolicy
fi
`)
	return b.String()
}

func zshFunction(c completed) string {
	return strings.Join(append([]string{"_imgpolicy"}, c.path...), "_")
}

// zshGroup completes a command that has others below it.
func zshGroup(b *strings.Builder, c completed) {
	specs := append(zshSpecs(c), "'1: :->command'", "'*:: :->argument'")
	fmt.Fprintf(b, "    local curcontext=$curcontext state line ret=1\n    local -a commands\n    _arguments -C %s && ret=0\n",
		strings.Join(specs, " \\\n        "))
	b.WriteString("    case $state in\n    command)\n        commands=(\n")
	for _, sub := range c.commands {
		fmt.Fprintf(b, "            %s\n", shellQuote(zshEscape(sub.path[len(sub.path)-1], ":")+":"+sub.usage))
	}
	b.WriteString("        )\n        _describe -t commands command commands && ret=0\n        ;;\n    argument)\n        case $words[1] in\n")
	for _, sub := range c.commands {
		fmt.Fprintf(b, "        %s) %s && ret=0 ;;\n", sub.path[len(sub.path)-1], zshFunction(sub))
	}
	b.WriteString("        esac\n        ;;\n    esac\n    return ret\n")
}

// zshSpecs are the flags and the argument as _arguments takes them.
func zshSpecs(c completed) []string {
	var specs []string
	for _, f := range c.flags {
		specs = append(specs, zshFlag(f))
	}
	switch v := c.argument; {
	case len(c.commands) > 0:
	case v.name != "":
		specs = append(specs, shellQuote("*:"+zshEscape(v.name, ":")+":"+v.zsh()))
	}
	return specs
}

func zshFlag(f completedFlag) string {
	tail := "[" + zshEscape(f.usage, "[]") + "]"
	if f.value.name != "" {
		tail += ":" + zshEscape(f.value.name, ":") + ":" + f.value.zsh()
	}
	long := "--" + f.long
	switch {
	case f.off:
		long, tail = long+"=-", tail+":value:(false)"
	case f.value.name != "":
		long += "="
	}
	switch {
	case f.long == "help" || f.long == "version":
		return fmt.Sprintf("'(- *)'{-%s,%s}%s", f.short, long, shellQuote(tail))
	case f.short != "" && f.value.name != "":
		return fmt.Sprintf("'(-%s --%s)'{-%[1]s+,%[3]s}%[4]s", f.short, f.long, long, shellQuote(tail))
	case f.short != "":
		return fmt.Sprintf("'(-%s --%s)'{-%[1]s,%[3]s}%[4]s", f.short, f.long, long, shellQuote(tail))
	case f.repeated:
		return shellQuote("*" + long + tail)
	default:
		return shellQuote(long + tail)
	}
}

// zsh is the action that completes a value.
func (v value) zsh() string {
	words := strings.Join(v.words, " ")
	switch {
	case v.files:
		return "_files"
	case strings.HasSuffix(words, "="):
		return `{if compset -P "*="; then _files; else compadd -S = -- ` + strings.ReplaceAll(words, "=", "") + "; fi}"
	case words != "":
		return "(" + zshEscape(words, "():") + ")"
	default:
		return " " // a value, and nothing known of it
	}
}

// zshEscape puts a backslash before what _arguments reads as its own.
func zshEscape(s, special string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\\' || strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
