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
	v := Verdict{Allow: d.Outcome == policy.Allow, Entry: entry(d.By.File, d.By.Line, d.By.Text)}
	if !v.Allow {
		v.Message = sentence(d.Messages, v.Entry, d.Help)
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
			v := Verdict{Entry: entry(f.File, f.Line, f.Entry)}
			help, _, _ := strings.Cut(f.Help, "\n")
			v.Message = sentence([]string{f.Message}, v.Entry, help)
			return v
		}
	}
	return allowed
}

// entry is an entry as messages and the audit name it.
func entry(file string, line int, text string) string {
	if line > 0 {
		file = fmt.Sprintf("%s:%d", file, line)
	}
	return strings.TrimSuffix(file+" "+text, " ")
}

// sentence is a denial in the one line that a client shows: as the linter words
// it, with the entry that decided and what would be allowed.
func sentence(messages []string, entry, help string) string {
	out := strings.Join(messages, "; ") + " (" + entry + ")"
	if help != "" {
		out += "; " + help
	}
	return out
}

// maxMessage is how many code points of a message are sent.
const maxMessage = 2000

// printable makes a message fit for a terminal: a request says what is in it.
func printable(text string) string { return document.PrintableTo(text, maxMessage) }
