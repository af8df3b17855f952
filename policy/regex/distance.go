package regex

// distances tells, for every prefix of text, how many bytes must be inserted,
// removed or replaced to make it word (Levenshtein): distances(w, t)[len(t)]
// is the distance of the two, the least element that of word to any beginning
// of text.
func distances(word, text string) []int {
	row := make([]int, len(text)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(word) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(text) {
			replace := diagonal
			if word[i] != text[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row
}
