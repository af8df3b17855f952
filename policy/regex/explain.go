package regex

import (
	"errors"
	"regexp/syntax"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/document"
)

// explainPattern says what is wrong with a regular expression of a list, and
// what to write instead where that is known.
func explainPattern(list string, err error) string {
	var bad *syntax.Error
	if !errors.As(err, &bad) {
		return err.Error()
	}
	expr := "`" + document.Printable(bad.Expr) + "`"
	switch {
	case strings.HasPrefix(bad.Expr, "(?!") || strings.HasPrefix(bad.Expr, "(?<!"):
		return "Go (RE2) has no look-ahead or look-behind" + insteadOfNot(list)
	case strings.HasPrefix(bad.Expr, "(?=") || strings.HasPrefix(bad.Expr, "(?<="):
		return "Go (RE2) has no look-ahead or look-behind"
	case bad.Code == syntax.ErrInvalidEscape && len(bad.Expr) == 2 && bad.Expr[1] >= '1' && bad.Expr[1] <= '9':
		return "Go (RE2) has no backreferences such as " + expr
	case bad.Code == syntax.ErrInvalidEscape && bad.Expr == `\Z`:
		return "invalid escape sequence " + expr + "; write $"
	case bad.Code == syntax.ErrMissingRepeatArgument && strings.HasPrefix(bad.Expr, "*"):
		return bad.Code.String() + " in " + expr + "; this is no glob, write .* for any text"
	case bad.Expr == "":
		return bad.Code.String()
	default:
		return bad.Code.String() + " in " + expr
	}
}

// insteadOfNot says how the lists express "all but".
func insteadOfNot(list string) string {
	if list == whitelistKey {
		return `; to allow all but some images, put those on the blacklist and set "defaultAllow": true`
	}
	return `; to deny all but some images, put those on the whitelist and set "defaultAllow": false`
}
