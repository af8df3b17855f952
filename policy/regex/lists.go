package regex

import "github.com/imgpolicy/imgpolicy/policy"

// Lists are what a policy of this language says, for those who write it down in
// another form.
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
	for i := range l.whitelist {
		out.Whitelist = append(out.Whitelist, l.whitelist[i].pattern.String())
	}
	for i := range l.blacklist {
		out.Blacklist = append(out.Blacklist, l.blacklist[i].pattern.String())
	}
	return out, true
}
