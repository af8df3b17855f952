package regex

import "strings"

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

// suggestKey says which key an unknown one may be meant for, or which there
// are.
func suggestKey(written string) string {
	const all = `a policy has "whitelist", "blacklist" and "defaultAllow"`
	if len(written) > 2*len(defaultAllowKey) {
		return all
	}
	plain := strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(written))
	switch plain {
	case "allow", "allowed", "allowlist":
		return did(whitelistKey)
	case "deny", "denied", "denylist", "block", "blocked", "blocklist":
		return did(blacklistKey)
	case "default":
		return did(defaultAllowKey)
	}
	for _, key := range []string{whitelistKey, blacklistKey, defaultAllowKey} {
		if distances(strings.ToLower(key), plain)[len(plain)] <= 2 {
			return did(key)
		}
	}
	return all
}

func did(key string) string { return `did you mean "` + key + `"?` }
