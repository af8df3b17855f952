package main

import (
	"cmp"
	"fmt"
	"strings"
)

// powershellFrame goes around the tables. Where it returns nothing, PowerShell
// completes paths.
const powershellFrame = `# PowerShell completion for imgpolicy, made by "imgpolicy completion powershell"

Register-ArgumentCompleter -Native -CommandName 'imgpolicy' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # What can follow a command: subcommands, arguments and flags.
    $words = @{
%s    }
    # What can follow a flag of a command.
    $values = @{
%s    }

    $path = ''
    $previous = ''
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.EndOffset -ge $cursorPosition -and "$element" -eq $wordToComplete) { break }
        $next = "$path $element".Trim()
        if ($words.ContainsKey($next)) { $path = $next }
        $previous = "$element"
    }

    $prefix = ''
    $typed = "$wordToComplete"
    if ($typed -match '^(--?[^=]+=)(.*)$') {
        $prefix = $Matches[1]
        $typed = $Matches[2]
        $previous = $prefix.TrimEnd('=')
    }
    $key = "$path $previous".Trim()
    if ($values.ContainsKey($key)) {
        $offered = $values[$key] | ForEach-Object { , @($_, $_) }
    } elseif ($prefix) {
        return
    } else {
        $offered = $words[$path] | Where-Object { $_[0].StartsWith('-') -eq $typed.StartsWith('-') }
    }
    $offered | Where-Object { $_ -and $_[0].StartsWith($typed, [StringComparison]::Ordinal) } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($prefix + $_[0], $_[0], 'ParameterValue', $_[1])
    }
}
`

func powershellScript(root completed) string {
	var words, values strings.Builder
	for _, c := range root.all() {
		path := strings.Join(c.path, " ")
		fmt.Fprintf(&words, "        %s = @(\n", powershellQuote(path))
		word := func(text, tip string) {
			fmt.Fprintf(&words, "            , @(%s, %s)\n", powershellQuote(text), powershellQuote(cmp.Or(tip, text)))
		}
		for _, sub := range c.commands {
			word(sub.path[len(sub.path)-1], sub.usage)
		}
		for _, w := range c.argument.words {
			word(w, w)
		}
		for _, f := range c.flags {
			word(f.spelt(), f.usage)
			if f.value.name == "" {
				continue
			}
			powershellValues(&values, path+" --"+f.long, f.value)
			if f.short != "" {
				powershellValues(&values, path+" -"+f.short, f.value)
			}
		}
		words.WriteString("        )\n")
	}
	return fmt.Sprintf(powershellFrame, words.String(), values.String())
}

func powershellValues(b *strings.Builder, key string, v value) {
	var quoted []string
	for _, w := range v.words {
		quoted = append(quoted, powershellQuote(w))
	}
	fmt.Fprintf(b, "        %s = @(%s)\n", powershellQuote(key), strings.Join(quoted, ", "))
}

// powershellQuote quotes a text in which nothing is expanded.
func powershellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
