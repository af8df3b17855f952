package level

import (
	"fmt"
	"slices"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// Finding is what a rule finds about a source, for exceptions to waive.
type Finding struct {
	Rule string // its ID
	// Sources are the names that an exception may know the source by.
	Sources []string
	// Of is the level that it is a finding of; nil is that of a file without a
	// level, which all of them may waive.
	Of *Level
}

// RevokedImage is the rule that no level below the organization waives.
const RevokedImage = "revoked-image"

// Waive is the exception that waives a finding today, nil for none. why says of
// each exception for it which does not count why that is so.
func Waive(levels []Level, f Finding, today catalog.Date) (by *Exception, why []string) {
	for i := range levels {
		for j := range levels[i].Exceptions {
			e := &levels[i].Exceptions[j]
			if e.Rule != f.Rule || !slices.Contains(f.Sources, e.Source) {
				continue
			}
			switch refused := refuse(levels, i, e, f, today); {
			case e.Until.Over(today):
				why = append(why, fmt.Sprintf("the exception of %s expired on %s", e.Place(), e.Until))
			case refused != "":
				why = append(why, fmt.Sprintf("the exception of %s does not count: %s", e.Place(), refused))
			case by == nil:
				by = e
			}
		}
	}
	return by, why
}

// Place is where the exception stands.
func (e *Exception) Place() string { return fmt.Sprintf("%s:%d", e.File, e.Line) }

// refuse says why the exception of levels[at] does not waive a finding, "" where
// it does.
func refuse(levels []Level, at int, e *Exception, f Finding, today catalog.Date) string {
	own := &levels[at]
	if f.Rule == RevokedImage && own.Rank < Organization {
		return "only the organization waives " + RevokedImage
	}
	if f.Of == nil {
		return ""
	}
	if of := indexOf(levels, f.Of); of < 0 || at <= of {
		return ""
	}
	for i := range f.Of.Delegations {
		d := &f.Of.Delegations[i]
		if !slices.Contains(d.Rules, f.Rule) || own.Rank < d.To {
			continue
		}
		if d.MaxDays > 0 && today.DaysUntil(e.Until) > d.MaxDays {
			return fmt.Sprintf("%s:%d delegates %s for at most %d days, and it holds until %s", d.File, d.Line, f.Rule, d.MaxDays, e.Until)
		}
		return ""
	}
	return fmt.Sprintf("it is a finding of the %s, which does not delegate %s to it", f.Of, f.Rule)
}

func indexOf(levels []Level, of *Level) int {
	for i := range levels {
		if &levels[i] == of {
			return i
		}
	}
	return -1
}
