package evidence

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"sync"
)

// vulnerabilityID is an ID at the start of a rule of SARIF: Grype's rules are
// CVE-…-package.
var vulnerabilityID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3}|[A-Z]+-\d{4}-\d+|[A-Z]{3,5}-\d{4}[-:]\d+)`)
})

// properties are those of a rule.
type properties struct {
	Tags             []string `json:"tags"`
	SecuritySeverity string   `json:"security-severity"`
}

// readSARIF reads SARIF 2.1.0 as Trivy and others write it:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
func readSARIF(text []byte, r *Report) error {
	var doc struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct {
						ID         string
						Properties properties
					}
				}
			}
			Invocations []struct{ EndTimeUtc string }
			Results     []struct{ RuleID string }
			Properties  struct {
				ImageName, ImageID    string
				RepoDigests, RepoTags []string
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	if len(doc.Runs) != 1 {
		return errors.New("a report has one run, and this file has " + strconv.Itoa(len(doc.Runs)))
	}
	run := doc.Runs[0]
	r.Scanner, r.Version = run.Tool.Driver.Name, run.Tool.Driver.Version
	for _, ref := range run.Properties.RepoDigests {
		r.subject(ref)
	}
	r.digest(run.Properties.ImageID)
	r.Names = append(r.Names, run.Properties.RepoTags...)
	for _, in := range run.Invocations {
		r.ScannedAt = moment(in.EndTimeUtc)
	}
	rules := map[string]properties{}
	for _, rule := range run.Tool.Driver.Rules {
		rules[rule.ID] = rule.Properties
	}
	for _, result := range run.Results {
		f := Finding{ID: result.RuleID, Severity: severity("")}
		if id := vulnerabilityID().FindString(result.RuleID); id != "" {
			f.ID = id
		}
		about := rules[result.RuleID]
		for _, tag := range about.Tags {
			if graded := severity(tag); graded != severity("") {
				f.Severity = graded
			}
		}
		if score, err := strconv.ParseFloat(about.SecuritySeverity, 64); err == nil && f.Severity == severity("") {
			f.Severity = scored(score)
		}
		// SARIF does not say whether there is a fix, so all counts as if there were.
		f.Fixable = true
		r.found(f)
	}
	return nil
}
