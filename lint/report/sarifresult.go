package report

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

type (
	sarifRule struct {
		ID                   string              `json:"id"`
		Name                 string              `json:"name,omitempty"`
		ShortDescription     sarifText           `json:"shortDescription"`
		FullDescription      sarifText           `json:"fullDescription"`
		Help                 sarifText           `json:"help"`
		HelpURI              string              `json:"helpUri"`
		DefaultConfiguration sarifConfiguration  `json:"defaultConfiguration"`
		Properties           sarifRuleProperties `json:"properties"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifRuleProperties struct {
		Tags             []string `json:"tags"`
		Precision        string   `json:"precision"`
		ProblemSeverity  string   `json:"problem.severity"`
		SecuritySeverity string   `json:"security-severity,omitempty"`
	}
	sarifResult struct {
		RuleID           string             `json:"ruleId,omitempty"`
		RuleIndex        *int               `json:"ruleIndex,omitempty"`
		Level            string             `json:"level"`
		Message          sarifText          `json:"message"`
		Locations        []sarifLocation    `json:"locations,omitempty"`
		RelatedLocations []sarifLocation    `json:"relatedLocations,omitempty"`
		Fingerprints     *sarifFingerprints `json:"partialFingerprints,omitempty"`
		Fixes            []sarifFix         `json:"fixes,omitempty"`
		Suppressions     []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifFingerprints struct {
		LineHash string `json:"primaryLocationLineHash"`
	}
)

// rules lists all rules, and any other that a diagnostic has.
func (s *sariffer) rules(r *lint.Result) []sarifRule {
	all := slices.Clone(r.Rules)
	for _, list := range [][]lint.Diagnostic{r.Diagnostics, r.Ignored} {
		for i := range list {
			if rule := list[i].Rule; rule != nil && !slices.Contains(all, rule) {
				all = append(all, rule)
			}
		}
	}
	out := make([]sarifRule, len(all))
	for i, rule := range all {
		s.index[rule] = i
		out[i] = toSARIFRule(rule)
	}
	return out
}

func toSARIFRule(rule *lint.Rule) sarifRule {
	summary := sentence(orElse(rule.Summary, rule.ID))
	out := sarifRule{
		ID: rule.ID, Name: pascal(rule.ID),
		ShortDescription: sarifText{Text: summary},
		FullDescription:  sarifText{Text: sentence(firstParagraph(orElse(rule.Doc, summary)))},
		Help:             sarifText{Text: orElse(rule.Doc, summary), Markdown: ruleMarkdown(rule, summary)},
		HelpURI:          rulePage(rule),
	}
	out.DefaultConfiguration.Level = sarifLevel(rule.Severity)
	out.Properties = sarifRuleProperties{
		Tags: []string{"docker", "supply-chain"}, Precision: "very-high",
		ProblemSeverity: problemSeverity(rule.Severity), SecuritySeverity: rule.SecuritySeverity,
	}
	if rule.SecuritySeverity != "" {
		out.Properties.Tags = append(out.Properties.Tags, "security")
	}
	return out
}

// rulePage documents a rule.
func rulePage(rule *lint.Rule) string {
	return projectPage + "/blob/main/lint/rules/README.md#" + url.PathEscape(rule.ID)
}

// ruleMarkdown is the page that an alert shows of its rule.
func ruleMarkdown(rule *lint.Rule, summary string) string {
	text := "**" + summary + "**\n"
	if rule.Doc != "" {
		text += "\n" + rule.Doc + "\n"
	}
	language := rule.Language()
	if rule.Bad != "" {
		text += fmt.Sprintf("\nReported:\n\n```%s\n%s```\n", language, rule.Bad)
	}
	if rule.Good != "" {
		text += fmt.Sprintf("\nFine:\n\n```%s\n%s```\n", language, rule.Good)
	}
	return text
}

func (s *sariffer) result(d *lint.Diagnostic) sarifResult {
	out := sarifResult{Level: sarifLevel(d.Severity), Locations: s.location(d.File, d.Range), Fixes: s.fixes(d)}
	if d.Rule != nil {
		index := s.index[d.Rule]
		out.RuleID, out.RuleIndex = d.Rule.ID, &index
	}
	if d.LineHash != "" {
		out.Fingerprints = &sarifFingerprints{d.LineHash}
	}
	message := []string{sentence(escapeLinks(plain(d.Message)))}
	for _, r := range d.Related {
		text := plain(r.Message)
		for _, l := range s.location(r.File, r.Range) {
			l.ID, l.Message = len(out.RelatedLocations)+1, &sarifText{Text: orElse(escapeLinks(text), "here")}
			out.RelatedLocations = append(out.RelatedLocations, l)
			text = fmt.Sprintf("[%s](%d)", escapeBrackets(orElse(text, "here")), l.ID)
		}
		message = append(message, sentence(text))
	}
	for _, detail := range details(d, nil) {
		message = append(message, sentence(capitalized(detail.key)+": "+escapeLinks(plain(detail.text))))
	}
	out.Message.Text = strings.Join(message, "\n")
	return out
}

// notification tells that part of a file, or all of it, was not checked.
func (s *sariffer) notification(d *lint.Diagnostic) sarifNotification {
	out := sarifNotification{
		Level: sarifLevel(d.Severity), Message: sarifText{Text: sentence(escapeLinks(plain(d.Message)))}, Locations: s.location(d.File, d.Range),
	}
	if d.Rule != nil {
		out.AssociatedRule = &sarifRuleRef{d.Rule.ID, s.index[d.Rule]}
	}
	return out
}

// escapeLinks keeps text of others from being a link: brackets are escaped
// (SARIF 3.11.6) where they could be one, and left as people write them where
// they could not.
func escapeLinks(s string) string {
	if strings.Contains(s, "](") {
		return escapeBrackets(s)
	}
	return s
}

func escapeBrackets(s string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(s)
}

func sarifLevel(s lint.Severity) string {
	if s == lint.Info {
		return "note"
	}
	return severityName(s)
}

func problemSeverity(s lint.Severity) string {
	if s == lint.Info {
		return "recommendation"
	}
	return severityName(s)
}

// sentence is a text that ends as one.
func sentence(s string) string {
	s = capitalized(strings.TrimSpace(s))
	if s == "" {
		return strconv.Quote("") + "." // no string of SARIF may be empty
	}
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// capitalized starts a sentence. Only letters of ASCII are ours: the rest are
// names, as is a word with more in it than letters.
func capitalized(s string) string {
	word, _, _ := strings.Cut(s, " ")
	if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// pascal is a rule's ID as SARIF wants names: UnpinnedImage.
func pascal(id string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(id, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// firstParagraph is the start of a rule's documentation, within the 1024
// characters that code scanning takes.
func firstParagraph(doc string) string {
	first, _, _ := strings.Cut(doc, "\n\n")
	text := []rune(strings.Join(strings.Fields(first), " "))
	return string(text[:min(len(text), 1000)])
}

func orElse(s, otherwise string) string {
	if strings.TrimSpace(s) == "" {
		return otherwise
	}
	return s
}
