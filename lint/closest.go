package lint

import "strings"

// Closest is the valid name that got most likely stands for, or "" where none
// is near enough to be worth a guess.
func Closest(got string, valid []string) string {
	got = strings.ToLower(got)
	best, least := "", (len(got)+5)/3
	for _, name := range valid {
		d := distance(got, name)
		if len(got) > 2 && (strings.HasPrefix(name, got) || hasWord(name, got)) {
			d = min(d, 1)
		}
		if d < least {
			best, least = name, d
		}
	}
	return best
}

// hasWord tells whether a word stands in a name by itself: unpinned does in
// unpinned-image, and all does not in not-allowed.
func hasWord(name, word string) bool {
	for from := 0; ; {
		at := strings.Index(name[from:], word)
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(word)
		if (start == 0 || !letter(name[start-1])) && (end == len(name) || !letter(name[end])) {
			return true
		}
		from = start + 1
	}
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// distance is the number of bytes to insert, delete or replace, or of
// neighbours to swap, to turn a into b.
func distance(a, b string) int {
	var before []int
	last, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			row[j+1] = min(last[j+1], row[j]) + 1
			if a[i] == b[j] {
				row[j+1] = min(row[j+1], last[j])
			} else {
				row[j+1] = min(row[j+1], last[j]+1)
			}
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}
