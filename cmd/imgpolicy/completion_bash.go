package main

import (
	"fmt"
	"strings"
)

// bashFrame goes around the tables. Bash takes a word apart at every = of
// COMP_WORDBREAKS, and expects only the last part back. Where there is nothing
// to offer, -o default completes paths. It does without compopt, which the
// bash 3.2 of macOS has not.
const bashFrame = `# bash completion for imgpolicy, made by "imgpolicy completion bash"

_imgpolicy() {
    local path= flag= value= prefix= words= files= ended= word last i
    local -a line=()
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        last=$((${#line[@]} - 1))
        if ((last >= 0)) && [[ $word == = || ${COMP_WORDS[i - 1]} == = ]]; then
            line[last]+=$word
        else
            line+=("$word")
        fi
    done
    last=$((${#line[@]} - 1))
    for ((i = 0; i < last; i++)); do
        word=${line[i]}
        [[ $word == -- ]] && ended=1
        case "$path $word" in
%s) path=${path:+$path }$word ;;
        esac
    done
    value=${line[last]}
    if [[ ! $ended ]]; then
        if ((last > 0)) && [[ ${line[last - 1]} == -* ]]; then
            flag=${line[last - 1]}
        fi
        if [[ $value == -*=* ]]; then
            flag=${value%%%%=*} value=${value#*=}
            [[ $COMP_WORDBREAKS == *=* ]] || prefix=$flag=
        fi
        case "$path $flag" in
%s        *) flag= ;;
        esac
    fi
    if [[ ! $flag ]]; then
        if [[ ! $ended && $value == -* ]]; then
            case "$path" in
%s            esac
        else
            case "$path" in
%s            esac
        fi
    fi
    if [[ $words == *= && $value == *=* ]]; then
        files=1 words=
    fi
    if [[ ! $files ]]; then
        compopt +o default 2>/dev/null
        [[ $words != *= ]] || compopt -o nospace 2>/dev/null
        COMPREPLY=($(compgen -P "$prefix" -W "$words" -- "$value"))
    fi
}

complete -o default -F _imgpolicy imgpolicy
`

func bashScript(root completed) string {
	var paths []string
	var values, flags, arguments strings.Builder
	for _, c := range root.all() {
		path := strings.Join(c.path, " ")
		if path != "" {
			parent := strings.Join(c.path[:len(c.path)-1], " ")
			paths = append(paths, shellQuote(parent+" "+c.path[len(c.path)-1]))
		}
		var names []string
		for _, f := range c.flags {
			names = append(names, f.spelt())
			if f.value.name == "" {
				continue
			}
			pattern := shellQuote(path + " --" + f.long)
			if f.short != "" {
				pattern += " | " + shellQuote(path+" -"+f.short)
			}
			fmt.Fprintf(&values, "        %s) %s ;;\n", pattern, f.value.bash())
		}
		fmt.Fprintf(&flags, "            %s) words=%s ;;\n", shellQuote(path), shellQuote(strings.Join(names, " ")))
		offered := c.argument
		for _, sub := range c.commands {
			offered.words = append(offered.words, sub.path[len(sub.path)-1])
		}
		fmt.Fprintf(&arguments, "            %s) %s ;;\n", shellQuote(path), offered.bash())
	}
	return fmt.Sprintf(bashFrame, "        "+strings.Join(paths, " | "), values.String(), flags.String(), arguments.String())
}

// spelt is a flag as it is offered.
func (f completedFlag) spelt() string {
	if f.off {
		return "--" + f.long + "=false"
	}
	return "--" + f.long
}

// bash is the assignment that offers a value.
func (v value) bash() string {
	if v.files {
		return "files=1"
	}
	return "words=" + shellQuote(strings.Join(v.words, " "))
}

// shellQuote quotes a word as POSIX shells read it.
func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
