package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// listFormats are the values of catalog list --format.
var listFormats = []string{"text", "json"}

// catalogStatuses are the values of catalog list --status.
var catalogStatuses = []string{string(catalog.Approved), string(catalog.Deprecated), string(catalog.Revoked)}

// listedVersion is a version in the list, in its JSON form.
type listedVersion struct {
	Image    string   `json:"image"`
	Tag      string   `json:"tag"`
	Digest   string   `json:"digest"`
	Private  string   `json:"private,omitempty"`
	Status   string   `json:"status"`
	Standing []string `json:"standing"` // the rules that find something in it today
	Expires  string   `json:"expires,omitempty"`
	Scope    []string `json:"scope"`
	By       string   `json:"approvedBy"`
	Scanners []string `json:"scanners"`
	Line     int      `json:"line"`
}

func (a *app) listCatalog(c *cli.Context) error {
	format := c.String("format")
	switch {
	case !slices.Contains(listFormats, format):
		return unknown("format", format, listFormats)
	case c.String("status") != "" && !slices.Contains(catalogStatuses, c.String("status")):
		return unknown("status", c.String("status"), catalogStatuses)
	case c.Args().Present():
		return usageError("list takes no argument: --image shows the versions of one image")
	}
	b, err := a.book(c)
	if err != nil {
		return err
	}
	if err := b.must(); err != nil {
		return err
	}
	list, err := b.listed(c)
	if err != nil {
		return err
	}
	if format == "json" {
		err = report.WriteJSON(a.stdout, struct {
			Version  int             `json:"version"`
			Catalog  string          `json:"catalog"`
			Versions []listedVersion `json:"versions"`
		}{1, b.name, list})
	} else {
		err = a.forPeople(func(w io.Writer) error { return b.table(w, list) })
	}
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// listed are the versions that the flags ask for.
func (b *book) listed(c *cli.Context) ([]listedVersion, error) {
	expiring, err := daysOf(c.String("expiring"))
	if err != nil {
		return nil, err
	}
	name := ""
	if given := c.String("image"); given != "" {
		img, err := source.ParseReference(given)
		if err != nil {
			return nil, usageError(fmt.Sprintf("--image %q is no image: %v", given, err))
		}
		name = img.Name()
	}
	today := catalog.DateOf(b.now)
	list := []listedVersion{}
	for i := range b.catalog.Images {
		im := &b.catalog.Images[i]
		for k := range im.Versions {
			v := &im.Versions[k]
			ends := !v.Expires.IsZero() && today.DaysUntil(v.Expires) <= expiring && v.Status != catalog.Revoked
			if name != "" && im.Name != name || c.String("status") != "" && string(v.Status) != c.String("status") || expiring >= 0 && !ends {
				continue
			}
			one := listedVersion{
				Image: im.Name, Tag: v.Tag, Digest: v.Digest, Private: v.Private, Status: string(v.Status), Expires: v.Expires.String(),
				Scope: v.Scope, By: v.ApprovedBy, Standing: []string{}, Scanners: []string{}, Line: v.Line,
			}
			for _, f := range b.judge.Flaws(b.own, im, v, "") {
				if !slices.Contains(one.Standing, f.Rule) {
					one.Standing = append(one.Standing, f.Rule)
				}
			}
			for _, e := range v.Evidence {
				if !slices.Contains(one.Scanners, e.Scanner) {
					one.Scanners = append(one.Scanners, e.Scanner)
				}
			}
			list = append(list, one)
		}
	}
	return list, nil
}

// daysOf reads days, with or without the d behind them: -1 for no text.
func daysOf(text string) (int, error) {
	if text == "" {
		return -1, nil
	}
	days, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || days < 0 || days > 36500 {
		return 0, usageError(fmt.Sprintf("--expiring %q is no number of days: write 30d", text))
	}
	return days, nil
}

// table is the list for people.
func (b *book) table(w io.Writer, list []listedVersion) error {
	if len(list) == 0 {
		_, err := fmt.Fprintf(w, "%s has no such version\n", b.name)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "IMAGE\tTAG\tSTATUS\tEXPIRES\tSCOPE\tSCANNERS\tTODAY")
	for _, v := range list {
		expires, standing := v.Expires, strings.Join(v.Standing, ", ")
		if expires == "" {
			expires = "never"
		}
		if standing == "" {
			standing = "good"
		}
		img := v.Image
		if ref, err := source.ParseReference(v.Image); err == nil {
			img = ref.ShortName()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", img, v.Tag, v.Status, expires, strings.Join(v.Scope, ","), strings.Join(v.Scanners, ","), standing)
	}
	return t.Flush()
}
