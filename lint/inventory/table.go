package inventory

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/report"
)

func writeTable(w io.Writer, inv *Inventory) error {
	var b strings.Builder
	out := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "KIND\tSOURCE\tPINNED\tPLATFORM\tINSTRUCTION\tWHERE\tSTAGE")
	inputs, unknown := 0, 0
	for _, f := range inv.Files {
		for _, in := range f.Inputs {
			inputs++
			if in.Identifier == "" {
				unknown++
			}
			fmt.Fprintln(out, strings.Join(row(f.Name, in), "\t"))
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	text := b.String()
	if inputs == 0 {
		text = ""
	}
	for _, f := range inv.Files {
		for _, p := range f.Errors {
			text += fmt.Sprintf("error: %s: %s\n", report.Clean(where(f.Name, p.Range)), report.Clean(p.Message))
		}
	}
	text += fmt.Sprintf("%s in %s", count(inputs, "input"), count(len(inv.Files), "file"))
	if unknown > 0 {
		text += fmt.Sprintf(", %d not known", unknown)
	}
	// Wherever it stands in a line, GitHub's runner takes ##[ for a command.
	_, err := io.WriteString(w, strings.ReplaceAll(text, "##[", "# #[")+"\n")
	return err
}

func row(file string, in Input) []string {
	cells := []string{
		string(in.Kind), shownSource(in), pinned(in), in.Platform, in.Instruction, where(file, &in.Range), in.Stage,
	}
	if in.Onbuild {
		cells[4] = "ONBUILD " + in.Instruction
	}
	if !in.Reached {
		cells[6] += " (not reached)"
	}
	for i, c := range cells {
		cells[i] = report.Clean(c)
		if c == "" {
			cells[i] = "-"
		}
	}
	return cells
}

// shownSource is the source as people write it, or why it is not known.
func shownSource(in Input) string {
	switch {
	case in.Unknown != "":
		return in.Word + " (" + in.Unknown + ")"
	case in.Identifier == "":
		return in.Word + " (not valid)"
	case in.Kind == source.KindImage:
		return in.Ref
	case in.Kind == source.KindGit && in.GitRef != "":
		return in.Remote + "#" + in.GitRef
	case in.Kind == source.KindGit:
		return in.Remote
	default:
		return in.Identifier
	}
}

func pinned(in Input) string {
	switch {
	case in.Identifier == "":
		return "?"
	case in.Pinned:
		return "yes"
	default:
		return "no"
	}
}

func where(file string, r *report.JSONRange) string {
	if r == nil {
		return file
	}
	return fmt.Sprintf("%s:%d", file, r.Start.Line)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
