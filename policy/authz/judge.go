package authz

import (
	"context"
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/document"
	"github.com/imgpolicy/imgpolicy/policy/regex"
)

// judge puts an image to the policy and to the catalog; both must allow it.
func (g *Guard) judge(ctx context.Context, img source.Image) Verdict {
	v := g.byPolicy(ctx, img)
	if v.Allow && g.Judge != nil {
		v = g.byCatalog(img, v)
	}
	v.Spellings = regex.Spellings(img)
	return v
}

func (g *Guard) byPolicy(ctx context.Context, img source.Image) Verdict {
	d, err := g.Policy.Decide(ctx, policy.Request{Source: img})
	if err != nil {
		return Verdict{Message: img.Short() + " is denied: " + err.Error()}
	}
	v := Verdict{Allow: d.Outcome == policy.Allow, Entry: entry(d.By)}
	if v.Allow {
		v.Message = strings.Join(d.Notes, "; ")
	} else {
		v.Message = sentence(strings.Join(d.Messages, "; "), d.By, d.Help)
	}
	return v
}

// byCatalog is what the catalog says of an image that the policy allows. What only
// warns in a lint, as that there is a private copy, denies nothing.
func (g *Guard) byCatalog(img source.Image, allowed Verdict) Verdict {
	for _, s := range g.Judge.Of(img) {
		for _, f := range s.Flaws {
			switch f.Rule {
			case approval.PublicRegistry, approval.ApprovalExpiring, approval.DeprecatedImage:
				continue
			}
			by := policy.Entry{File: f.File, Line: f.Line, Text: f.Entry}
			help, _, _ := strings.Cut(f.Help, "\n")
			return Verdict{Entry: entry(by), Message: sentence(f.Message, by, help)}
		}
	}
	return allowed
}

// entry is an entry as messages and the audit name it.
func entry(by policy.Entry) string {
	place := by.File
	if by.Line > 0 {
		place = fmt.Sprintf("%s:%d", by.File, by.Line)
	}
	return strings.TrimSuffix(place+" "+by.Text, " ")
}

// sentence is a denial in the one line that a client shows: as the linter words
// it, with the entry that decided and what would be allowed.
func sentence(message string, by policy.Entry, help string) string {
	if strings.HasSuffix(message, by.Text) {
		by.Text = ""
	}
	message += " (" + entry(by) + ")"
	if help != "" {
		message += "; " + help
	}
	return message
}

// maxMessage is how many code points of a message are sent.
const maxMessage = 2000

// printable makes a message fit for a terminal: a request says what is in it.
func printable(text string) string { return document.PrintableTo(text, maxMessage) }
