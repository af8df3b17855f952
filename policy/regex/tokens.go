package regex

import "unicode/utf8"

// tokens are the pieces of an expression that compiles: an escape sequence, a
// class, or one character. Text between \Q and \E is one piece.
func tokens(expression string) []string {
	var out []string
	for expression != "" {
		n := tokenLength(expression)
		out = append(out, expression[:n])
		expression = expression[n:]
	}
	return out
}

func tokenLength(rest string) int {
	switch rest[0] {
	case '\\':
		return escapeLength(rest)
	case '[':
		return classLength(rest)
	default:
		_, n := utf8.DecodeRuneInString(rest)
		return n
	}
}

func escapeLength(rest string) int {
	if len(rest) < 2 {
		return len(rest)
	}
	if rest[1] == 'Q' {
		for i := 2; i < len(rest); i++ {
			if rest[i] == '\\' && i+1 < len(rest) && rest[i+1] == 'E' {
				return i + 2
			}
		}
		return len(rest)
	}
	_, n := utf8.DecodeRuneInString(rest[1:])
	return 1 + n
}

// classLength is the length of a class such as "[^]a-z[:digit:]]".
func classLength(rest string) int {
	i := 1
	if i < len(rest) && rest[i] == '^' {
		i++
	}
	if i < len(rest) && rest[i] == ']' {
		i++
	}
	for i < len(rest) {
		switch {
		case rest[i] == ']':
			return i + 1
		case rest[i] == '\\' && i+1 < len(rest):
			i++
		case rest[i] == '[' && i+1 < len(rest) && rest[i+1] == ':':
			for j := i + 2; j+1 < len(rest); j++ {
				if rest[j] == ':' && rest[j+1] == ']' {
					i = j + 1
					break
				}
			}
		}
		i++
	}
	return len(rest)
}
