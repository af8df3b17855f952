package dockerfile

import (
	"encoding/json"
	"strings"

	dfcommand "github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// simpleNode is what the parser makes of the line of one instruction, continuations
// joined, without the comments above it, which nothing here reads. It is nil for what
// could mean more than it says at first sight: errors and old forms, escapes,
// heredocs, quoted flags, and characters beyond ASCII where the parser looks at bytes
// (parser.newNodeFromLine, v0.33.1).
func simpleNode(line string) *parser.Node {
	keyword, args := cutAny(strings.TrimSpace(line))
	flags, rest, ok := cutFlags(args)
	if !ok || !plainText(keyword) {
		return nil
	}
	n := &parser.Node{Value: keyword, Original: line}
	if args != "" {
		n.Flags = flags
	}
	if rest = strings.TrimSpace(rest); rest == "" {
		return nil // for the parser to complain of, mostly
	}
	switch strings.ToLower(keyword) {
	case dfcommand.Run, dfcommand.Cmd, dfcommand.Entrypoint, dfcommand.Shell:
		n.Next, n.Attributes, ok = textOrJSON(rest)
	case dfcommand.Healthcheck:
		kind, check := cutAny(rest)
		n.Next = &parser.Node{Value: kind}
		if check != "" {
			n.Next.Next, n.Attributes, ok = textOrJSON(check)
		}
		ok = ok && plainText(kind) && (check == "" || check[0] > ' ' && check[0] <= '~')
	case dfcommand.Workdir, dfcommand.User, dfcommand.StopSignal, dfcommand.Maintainer:
		n.Next = &parser.Node{Value: rest}
	case dfcommand.From, dfcommand.Expose:
		n.Next, ok = chain(strings.Fields(rest)), plainText(rest)
	case dfcommand.Copy, dfcommand.Add, dfcommand.Volume:
		if rest[0] == '[' {
			n.Next, n.Attributes, ok = jsonStrings(rest)
		} else {
			n.Next, ok = chain(strings.Fields(rest)), plainText(rest)
		}
	case dfcommand.Arg:
		words, plain := quotedWords(rest)
		n.Next, ok = chain(words), plain
	case dfcommand.Env, dfcommand.Label:
		n.Next, ok = pairs(rest)
	default:
		return nil
	}
	if !ok {
		return nil
	}
	return n
}

// cutAny divides a line at its first blanks.
func cutAny(line string) (first, rest string) {
	i := strings.IndexAny(line, instructionBlanks)
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimLeft(line[i:], instructionBlanks)
}

// plainText tells whether a text has nothing but visible ASCII characters, spaces and
// tabs.
func plainText(text string) bool {
	for i := range len(text) {
		if c := text[i]; c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}

// cutFlags divides the arguments of an instruction. ok is false where a flag is
// quoted, or it is not sure where they end.
func cutFlags(args string) (flags []string, rest string, ok bool) {
	flags = []string{}
	for {
		args = strings.TrimLeft(args, " \t")
		if !strings.HasPrefix(args, "--") {
			return flags, args, args == "" || args[0] > ' ' && args[0] <= '~'
		}
		end := strings.IndexAny(args, " \t")
		if end < 0 {
			end = len(args)
		}
		word := args[:end]
		if word == "--" || strings.ContainsAny(word, `'"\`) || !plainText(word) {
			return nil, "", false
		}
		flags, args = append(flags, word), args[end:]
	}
}

// textOrJSON is the node of a command, which neither is empty nor begins with a blank.
func textOrJSON(text string) (*parser.Node, map[string]bool, bool) {
	if text[0] == '[' {
		return jsonStrings(text)
	}
	return &parser.Node{Value: text}, nil, true
}

// jsonStrings are the nodes of a JSON array of strings.
func jsonStrings(text string) (*parser.Node, map[string]bool, bool) {
	var values []any
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return nil, nil, false
	}
	words := make([]string, len(values))
	for i, v := range values {
		word, ok := v.(string)
		if !ok {
			return nil, nil, false
		}
		words[i] = word
	}
	return chain(words), map[string]bool{"json": true}, true
}

// chain are the nodes of words, one after the other; nil for none.
func chain(words []string) *parser.Node {
	nodes := make([]parser.Node, len(words))
	for i, word := range words {
		nodes[i].Value = word
		if i > 0 {
			nodes[i-1].Next = &nodes[i]
		}
	}
	if len(nodes) == 0 {
		return nil
	}
	return &nodes[0]
}

// quotedWords are the words of a text, in which quotes hold blanks together and stay.
// ok is false where it has escapes.
func quotedWords(text string) (words []string, ok bool) {
	if !plainText(text) || strings.IndexByte(text, '\\') >= 0 {
		return nil, false
	}
	start, quote := -1, byte(0)
	for i := range len(text) {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == ' ' || c == '\t':
			if start >= 0 {
				words, start = append(words, text[start:i]), -1
			}
		default:
			if start < 0 {
				start = i
			}
			if c == '"' || c == '\'' {
				quote = c
			}
		}
	}
	if start >= 0 {
		words = append(words, text[start:])
	}
	return words, true
}

// pairs are the nodes of NAME=VALUE pairs: name, value and equals sign each.
func pairs(text string) (*parser.Node, bool) {
	words, ok := quotedWords(text)
	if !ok {
		return nil, false
	}
	all := make([]string, 0, 3*len(words))
	for _, word := range words {
		name, value, found := strings.Cut(word, "=")
		if !found {
			return nil, false
		}
		all = append(all, name, value, "=")
	}
	return chain(all), true
}
