package render

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// explainMarkdown is a rule's page in the documentation.
func explainMarkdown(b *bytes.Buffer, r *rule.Rule, _ Options) error {
	fmt.Fprintf(b, "# %s %s\n\n%s.\n\n| | |\n| --- | --- |\n", r.ID, r.Slug, r.Title)
	for _, fact := range ruleFacts(r) {
		fmt.Fprintf(b, "| %s | %s |\n", fact[0], fact[1])
	}
	fmt.Fprintf(b, "\n## Why\n\n%s\n\n## Fix\n\n%s\n\n## References\n\n%s", r.Why, r.Fix, refMarkdown(r.Refs))
	return nil
}

// helpMarkdown is a rule's text where GitHub shows it beside an alert.
func helpMarkdown(r *rule.Rule) string {
	return strings.TrimSpace(fmt.Sprintf("%s.\n\n**Why**: %s\n\n**Fix**: %s\n\n**More**: [%s](%s)\n\n%s",
		r.Title, r.Why, r.Fix, r.ID, rulePage(r.ID), refMarkdown(r.Refs)))
}

func refMarkdown(refs []rule.Ref) string {
	var b strings.Builder
	for _, ref := range refs {
		text := refText(ref)
		if ref.URL != "" {
			text = "[" + text + "](" + ref.URL + ")"
		}
		b.WriteString("- " + text + "\n")
	}
	return b.String()
}
