package main

import "strings"

// maxLineTable bounds what comparing two texts costs; of larger ones only the
// lines before and after all changes are found.
const maxLineTable = 1 << 20

// keptLines tells of each line of a text whether it was there before: a longest
// sequence of lines that both have.
func keptLines(old, now string) []bool {
	a, b := textLines(old), textLines(now)
	kept := make([]bool, len(b))
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		kept[start] = true
		start++
	}
	a, b = a[start:], b[start:]
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		kept[start+len(b)-1] = true
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a)*len(b) > maxLineTable {
		return kept
	}
	// longest[i][j] is the length of such a sequence of a[i:] and b[j:].
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if longest[i][j] = max(longest[i+1][j], longest[i][j+1]); a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			kept[start+j] = true
			i, j = i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return kept
}

// textLines are the lines of a text, whatever ends them.
func textLines(text string) []string {
	return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}
