package estate

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"math"

	"github.com/imgpolicy/imgpolicy/lint/report"
)

//go:embed page.html
var page string

// bar is a row of a chart.
type bar struct {
	Name, Title string
	N           int
	// Y, Width and Label are where it is drawn.
	Y, Width, Label int
	Class           string
}

// chart is a bar chart, drawn to fit its rows.
type chart struct {
	ID, Title, Note string
	Height          int
	Bars            []bar
}

// Sizes of charts, in units of their own.
const (
	barsFrom  = 220 // where bars begin; names are before that
	barsWidth = 380
	rowHeight = 26
	mostBars  = 15
)

// drawn makes a chart of counts.
func drawn(id, title string, rows []Count, class func(name string) string) chart {
	c := chart{ID: id, Title: title}
	if more := len(rows) - mostBars; more > 0 {
		c.Note = fmt.Sprintf("The first %d of %d.", mostBars, len(rows))
		rows = rows[:mostBars]
	}
	most := 1
	for _, r := range rows {
		most = max(most, r.N)
	}
	for i, r := range rows {
		b := bar{Name: cut(r.Name), Title: r.Name, N: r.N, Y: i * rowHeight}
		b.Width = max(2, int(math.Round(float64(barsWidth)*float64(r.N)/float64(most))))
		b.Label = barsFrom + b.Width + 6
		if class != nil {
			b.Class = class(r.Name)
		}
		c.Bars = append(c.Bars, b)
	}
	c.Height = max(len(c.Bars), 1) * rowHeight
	return c
}

// cut is a name that fits before its bar.
func cut(name string) string {
	const most = 27
	runes := []rune(name)
	if len(runes) <= most {
		return name
	}
	return "…" + string(runes[len(runes)-most+1:])
}

// standingClass colours how images stand.
func standingClass(name string) string {
	switch name {
	case "approved", "internal":
		return "good"
	case "public-registry", "approval-expiring", "deprecated-image":
		return "fair"
	}
	return "bad"
}

func writeHTML(w io.Writer, e *Estate) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"class":  standingClass,
		"clean":  report.Clean,
		"short":  func(v Version) string { return v.short() },
		"plural": plural,
		"add":    func(a, b int) int { return a + b },
	}).Parse(page)
	if err != nil {
		return err
	}
	images, versions := []Count{}, []Count{}
	for i := range e.Images {
		im := &e.Images[i]
		images = append(images, Count{im.Short, im.Uses})
		versions = append(versions, Count{im.Short, len(im.Versions)})
	}
	charts := []chart{drawn("uses", "Images by use", images, nil)}
	byVersions := counts(toMap(versions))
	charts = append(charts, drawn("versions", "Versions of each image", byVersions, func(string) string { return "" }))
	charts = append(charts, drawn("registries", "Registries", e.Registries, nil))
	if len(e.Systems) > 0 {
		charts = append(charts, drawn("systems", "Operating systems", e.Systems, nil))
	}
	if len(e.Standings) > 0 {
		charts = append(charts, drawn("standings", "Standing with the catalog", e.Standings, standingClass))
	}
	return t.Execute(w, struct {
		*Estate
		Charts        []chart
		From, Width   int
		VersionsTotal int
	}{e, charts, barsFrom, barsFrom + barsWidth + 60, e.versions()})
}

func toMap(list []Count) map[string]int {
	out := map[string]int{}
	for _, c := range list {
		out[c.Name] += c.N
	}
	return out
}
