package render

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

const (
	home        = "https://github.com/airflowsec/kubectl-airflowsec"
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

// sarifReports writes SARIF 2.1.0 as GitHub code scanning reads it:
// https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
// All reports share one run, because GitHub accepts 20 runs at most.
func sarifReports(b *bytes.Buffer, reports []*check.Report, o Options) error {
	rules, index := sarifRules(reports)
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{
			Name: "kubectl-airflowsec", InformationURI: home, Version: o.Tool, Rules: rules,
		}},
		Automation: sarifAutomation{ID: "airflowsec/" + category(reports) + "/"},
		Results:    []sarifResult{},
	}
	invocation := sarifInvocation{Successful: true}
	for _, r := range reports {
		for i := range r.Results {
			result := &r.Results[i]
			if result.Incomplete || result.Outcome == rule.Unknown {
				invocation.Notifications = append(invocation.Notifications, sarifUnknown(r, result, index[result.Rule]))
			}
			for _, f := range result.Findings {
				run.Results = append(run.Results, sarifFinding(r, result, f, index[result.Rule], o))
			}
		}
	}
	run.Invocations = []sarifInvocation{invocation}
	return writeJSON(b, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

// category keeps the alerts of one release apart from those of another.
func category(reports []*check.Report) string {
	if len(reports) != 1 {
		return "releases"
	}
	return segment(reports[0].Release.Namespace) + "/" + segment(reports[0].Release.Name)
}

// sarifRules are the rules of all reports in ID order, and where each stands.
func sarifRules(reports []*check.Report) ([]sarifRule, map[string]int) {
	rules, index := []sarifRule{}, map[string]int{}
	for _, r := range reports {
		for i := range r.Results {
			if _, known := index[r.Results[i].Rule]; !known {
				index[r.Results[i].Rule] = -1
				rules = append(rules, sarifRuleOf(&r.Results[i]))
			}
		}
	}
	slices.SortFunc(rules, func(a, b sarifRule) int { return cmp.Compare(a.ID, b.ID) })
	for i := range rules {
		index[rules[i].ID] = i
	}
	return rules, index
}

// securitySeverities place each severity in GitHub's scale: above 9 critical, 7 to 8.9 high, 4 to 6.9 medium, below low.
var securitySeverities = map[rule.Severity]string{rule.Critical: "9.5", rule.High: "8.0", rule.Medium: "5.5", rule.Low: "2.5"}

var sarifLevels = map[rule.Severity]string{rule.Critical: "error", rule.High: "error", rule.Medium: "warning", rule.Low: "note"}

// maxTags is how many tags GitHub shows.
const maxTags = 10

func sarifRuleOf(result *check.Result) sarifRule {
	out := sarifRule{
		ID: result.Rule, Name: result.Slug, Short: sarifText{Text: result.Title}, Full: sarifText{Text: result.Title},
		Help: sarifText{Text: result.Title}, HelpURI: rulePage(result.Rule),
		Configuration: sarifConfiguration{Level: sarifLevels[result.Severity]},
		Properties: sarifRuleFacts{
			Precision: "high", SecuritySeverity: securitySeverities[result.Severity], Tags: []string{"security", "airflow", "kubernetes"},
		},
	}
	if doc := result.Doc; doc != nil {
		out.Full.Text = shorten(doc.Why, maxDescription)
		out.Help = sarifText{Text: doc.Why + "\n\n" + doc.Fix, Markdown: helpMarkdown(doc)}
		for _, topic := range doc.Topics {
			out.Properties.Tags = append(out.Properties.Tags, "airflow/"+topic)
		}
		out.Properties.Tags = out.Properties.Tags[:min(maxTags, len(out.Properties.Tags))]
	}
	return out
}

// rulePage is a rule's page in the project's documentation.
func rulePage(id string) string { return home + "/blob/main/docs/rules/" + id + ".md" }

// maxDescription is GitHub's limit on a description, in characters.
const maxDescription = 1024

// shorten cuts a text to a number of characters.
func shorten(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}

// sarifUnknown tells what could not be judged: SARIF has no outcome for it
// that GitHub shows, and leaving it out would look like a pass.
func sarifUnknown(r *check.Report, result *check.Result, index int) sarifNotification {
	return sarifNotification{
		Level:   "warning",
		Message: sarifText{Text: plain(r.Release.Namespace + "/" + r.Release.Name + ": " + result.Rule + " could not be answered: " + cmp.Or(result.Reason, "no reason given"))},
		Rule:    sarifRuleReference{ID: result.Rule, Index: index},
	}
}
