package report

import (
	"github.com/fatih/color"

	"github.com/imgpolicy/imgpolicy/lint"
)

// palette holds the colours of one writer. fatih/color's global switch knows
// only os.Stdout and would be shared by all.
type palette struct {
	error, warning, info *color.Color
	message              *color.Color
	gutter               *color.Color
	secondary            *color.Color // marks of related places
	key                  *color.Color // "help:"
}

func newPalette(on bool) palette {
	paint := func(attributes ...color.Attribute) *color.Color {
		c := color.New(attributes...)
		if on {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
		return c
	}
	return palette{
		error:     paint(color.FgRed, color.Bold),
		warning:   paint(color.FgYellow, color.Bold),
		info:      paint(color.FgHiBlue, color.Bold),
		message:   paint(color.Bold),
		gutter:    paint(color.FgHiBlue),
		secondary: paint(color.FgHiBlue),
		key:       paint(color.FgCyan),
	}
}

// severity is the colour of a diagnostic and of the marks of its own place.
func (p *palette) severity(s lint.Severity) *color.Color {
	switch s {
	case lint.Warning:
		return p.warning
	case lint.Info:
		return p.info
	default:
		return p.error
	}
}
