package estate

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/imgpolicy/imgpolicy/lint/report"
)

// Format is an output form.
type Format struct {
	Name, Summary string
	Write         func(w io.Writer, e *Estate) error
}

// Formats are all forms, the default first.
func Formats() []Format {
	return []Format{
		{"text", "tables for people", writeText},
		{"json", "everything, for programs", func(w io.Writer, e *Estate) error { return report.WriteJSON(w, e) }},
		{"csv", "a line for each use, for spreadsheets", writeCSV},
		{"html", "one page with charts", writeHTML},
	}
}

func writeText(w io.Writer, e *Estate) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s, %s: %s in %s from %s\n", plural(e.Files, "Dockerfile"), plural(e.Inputs, "input"),
		plural(len(e.Images), "image"), plural(e.versions(), "version"), plural2(len(e.Registries), "registry", "registries"))
	if e.Unknown > 0 {
		fmt.Fprintf(out, "%s could not be known and are in no table\n", plural(e.Unknown, "input"))
	}
	if e.Downloads+e.Repositories > 0 {
		fmt.Fprintf(out, "beside images: %s and %s\n", plural(e.Downloads, "download"), plural2(e.Repositories, "git repository", "git repositories"))
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(cells ...string) {
		for len(cells) > 0 && cells[len(cells)-1] == "" { // a column that nothing is in would be blanks
			cells = cells[:len(cells)-1]
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	titles := []string{"\nIMAGE", "VERSION", "USES", "", ""}
	if len(e.Systems)+len(e.Standings) > 0 {
		titles[3], titles[4] = "SYSTEM", "STANDING"
	}
	row(titles...)
	for i := range e.Images {
		im := &e.Images[i]
		for k, v := range im.Versions {
			name := ""
			if k == 0 {
				name = report.Clean(im.Short)
			}
			row(name, report.Clean(v.short()), strconv.Itoa(len(v.Uses)), report.Clean(v.System), v.Standing)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, table := range []struct {
		title string
		rows  []Count
	}{{"REGISTRY", e.Registries}, {"SYSTEM", e.Systems}, {"STANDING", e.Standings}} {
		if len(table.rows) == 0 {
			continue
		}
		fmt.Fprintf(t, "\n%s\tUSES\n", table.title)
		for _, c := range table.rows {
			fmt.Fprintf(t, "%s\t%d\n", report.Clean(c.Name), c.N)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	for i, s := range e.Sprawl {
		if i == 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s:%d: warning[%s]: %s\n", report.Clean(s.First.File), s.First.Line, VersionSprawl, report.Clean(s.Message))
	}
	return out.Flush()
}

// versions counts the versions of all images.
func (e *Estate) versions() int {
	n := 0
	for i := range e.Images {
		n += len(e.Images[i].Versions)
	}
	return n
}

func plural2(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// short is a version as tables show it.
func (v *Version) short() string {
	const digits = len("sha256:") + 12
	digest := v.Digest[:min(len(v.Digest), digits)]
	switch {
	case v.Digest == "":
		return v.Ref
	case v.Ref == v.Digest:
		return "@" + digest
	}
	return v.Ref + "@" + digest
}

func writeCSV(w io.Writer, e *Estate) error {
	c := csv.NewWriter(w)
	row := func(fields ...string) error {
		for i, f := range fields {
			fields[i] = harmless(f)
		}
		return c.Write(fields)
	}
	if err := row("image", "version", "digest", "registry", "system", "standing", "file", "line", "instruction", "reached"); err != nil {
		return err
	}
	for i := range e.Images {
		im := &e.Images[i]
		for _, v := range im.Versions {
			for _, u := range v.Uses {
				if err := row(im.Name, v.Ref, v.Digest, im.Registry, v.System, v.Standing, u.File, strconv.Itoa(u.Line), u.Instruction, strconv.FormatBool(u.Reached)); err != nil {
					return err
				}
			}
		}
	}
	c.Flush()
	return c.Error()
}

// harmless is a field that no spreadsheet takes for a formula: see
// https://owasp.org/www-community/attacks/CSV_Injection
func harmless(field string) string {
	field = report.Clean(field)
	if field != "" && strings.ContainsRune("=+-@\t\r", rune(field[0])) {
		return "'" + field
	}
	return field
}
