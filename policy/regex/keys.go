package regex

import "strings"

// The keys of a policy, as messages name them.
const (
	whitelistKey    = "whitelist"
	blacklistKey    = "blacklist"
	defaultAllowKey = "defaultAllow"
)

// knownKey is the key that written stands for, "" for none. As in
// encoding/json, and so in the plugin, case makes no difference.
func knownKey(written string) string {
	for _, key := range []string{whitelistKey, blacklistKey, defaultAllowKey} {
		if strings.EqualFold(key, written) {
			return key
		}
	}
	return ""
}

// suggestKey says which key an unknown one may be meant for, or which there
// are. others are the keys beside those of a policy.
func suggestKey(written string, others []string) string {
	plain := strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(written))
	switch plain {
	case "allow", "allowed", "allowlist":
		return did(whitelistKey)
	case "deny", "denied", "denylist", "block", "blocked", "blocklist":
		return did(blacklistKey)
	case "default":
		return did(defaultAllowKey)
	}
	const limit = 2 // letters that may be wrong
	best, least := "", limit+1
	for _, key := range append([]string{whitelistKey, blacklistKey, defaultAllowKey}, others...) {
		if len(plain) > len(key)+limit {
			continue
		}
		d := distances(strings.ToLower(key), plain)[len(plain)]
		if d < least && d < len(key) {
			best, least = key, d
		}
	}
	switch {
	case best != "":
		return did(best)
	case len(others) > 0:
		return `there are "whitelist", "blacklist", "defaultAllow", ` + quotedList(others)
	default:
		return `a policy has "whitelist", "blacklist" and "defaultAllow"`
	}
}

func quotedList(keys []string) string {
	quoted := make([]string, len(keys))
	for i, key := range keys {
		quoted[i] = `"` + key + `"`
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " and " + quoted[len(quoted)-1]
}

func did(key string) string { return `did you mean "` + key + `"?` }
