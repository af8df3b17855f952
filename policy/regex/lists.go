package regex

import "github.com/imgpolicy/imgpolicy/policy"

// Lists are what a policy of this language says, for those who write it down in
// another form. A list that the policy does not have is nil, an empty one is not.
type Lists struct {
	File                 string
	Whitelist, Blacklist []string
	DefaultAllow         bool
}

// ListsOf are the lists of a policy; ok is false for one of another language.
func ListsOf(p policy.Policy) (out Lists, ok bool) {
	l, ok := p.(*lists)
	if !ok {
		return Lists{}, false
	}
	out = Lists{File: l.file, DefaultAllow: l.defaultAllow}
	out.Whitelist, out.Blacklist = patterns(l.whitelist), patterns(l.blacklist)
	return out, true
}

func patterns(list []entry) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].pattern.String()
	}
	return out
}
