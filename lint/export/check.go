package export

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

// decide tells whether what was exported lets an image be used; why is what it
// says where it does not.
type decide func(img source.Image) (allowed bool, why string, err error)

// Difference is a reference about which an export and lint do not agree.
type Difference struct {
	Reference string
	Allowed   bool   // by the export
	Why       string // what the one says that denies it
}

func (d Difference) String() string {
	if d.Allowed {
		return fmt.Sprintf("%s is allowed by the export and denied by lint: %s", d.Reference, d.Why)
	}
	return fmt.Sprintf("%s is denied by the export and allowed by lint: %s", d.Reference, d.Why)
}

// Checkable tells whether Check knows what the form means without the program
// that reads it.
func (f *Form) Checkable() bool { return f.decide != nil }

// Check asks the files of the form in a directory about all the references that
// the policy knows, and returns those on which lint says something else today, with
// how many were asked about. names are those of the files.
func (f *Form) Check(ctx context.Context, p *Policy, dir fs.FS, names []string) (out []Difference, asked int, err error) {
	ask, err := f.decide(ctx, p, dir, names)
	if err != nil {
		return nil, 0, err
	}
	references := p.References()
	for _, ref := range references {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		img, err := source.ParseReference(ref)
		if err != nil {
			return nil, 0, err
		}
		allowed, why, err := ask(img)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", ref, err)
		}
		findings, err := p.Judge(ref, p.Today)
		if err != nil {
			return nil, 0, err
		}
		if f.converts {
			findings = withoutPublic(findings)
		}
		switch denied := len(findings) > 0; {
		case allowed && denied && p.Chosen == nil:
			out = append(out, Difference{ref, true, findings[0].Message})
		case !allowed && !denied:
			out = append(out, Difference{ref, false, why})
		}
	}
	return out, len(references), nil
}

// withoutPublic leaves out that there is a private copy, which a form that puts it
// in the place of the public one does not deny.
func withoutPublic(findings []Finding) []Finding {
	var out []Finding
	for _, f := range findings {
		if f.Rule != approval.PublicRegistry {
			out = append(out, f)
		}
	}
	return out
}
