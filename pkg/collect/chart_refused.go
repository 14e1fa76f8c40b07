package collect

import (
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// refusal knows where the values stand that a schema refuses: Helm names a
// chart and a place in that chart's own values.
type refusal struct {
	// below are the pointers to the values of charts with a schema, by the chart's
	// name; several charts of one name cannot be told apart.
	below map[string][]string
	gave  *userGave // nil where the values stand in no file
}

// refusalOf has to look at a chart before it is rendered.
func refusalOf(ch *chart.Chart, gave *userGave) refusal {
	out := refusal{map[string][]string{}, gave}
	var walk func(ch *chart.Chart, name, pointer string)
	walk = func(ch *chart.Chart, name, pointer string) {
		if len(ch.Schema) > 0 {
			out.below[name] = append(out.below[name], pointer)
		}
		for _, sub := range ch.Dependencies() {
			for _, key := range valueKeys(ch, sub) {
				walk(sub, key, pointer+"/"+snapshot.EscapePointer(key))
			}
		}
	}
	walk(ch, ch.Name(), "")
	return out
}

// place is a place in a chart's values as users know it, with its file and the
// line of a key below it, where there is one.
func (r refusal) place(chart, pointer, key string) string {
	known := r.below[chart]
	if len(known) != 1 {
		return strings.TrimSpace("chart " + chart + ", " + orTop(pointer))
	}
	whole := known[0] + pointer
	if r.gave != nil {
		if at, found := snapshot.PlaceIn(r.gave.sorted(), whole+"/"+snapshot.EscapePointer(key)); found {
			return fmt.Sprintf("%s (%s:%d)", whole, at.File, at.Line)
		}
	}
	return orTop(whole)
}

func orTop(pointer string) string {
	if pointer == "" {
		return "the top level"
	}
	return pointer
}

// schemaChart is the line that names the chart whose schema the next lines are about.
var schemaChart = pattern.New(`^([A-Za-z0-9._-]+):$`)

var schemaLine = pattern.New(`^\s*- at '([^']*)': (.*)$`)

// schemaPhrases are the complaints of the JSON schema library that speak of the schema and of keys only.
var schemaPhrases = []*pattern.Pattern{
	pattern.New(`^got [a-z]+, want [a-z]+(?: or [a-z]+|, [a-z]+)*$`),
	pattern.New(`^(?:missing property|missing properties|additional properties) (?:'[A-Za-z0-9_./-]+'(?:, )?)+(?: not allowed)?$`),
	pattern.New(`^value must be (?:one of )?(?:'[A-Za-z0-9_., -]+'(?:, )?)+$`),
}

// problems are the places where values break a schema, each with what was
// wanted. The library tells them in another order each time.
func (r refusal) problems(list string) string {
	var out []string
	chart := ""
	for line := range strings.SplitSeq(list, "\n") {
		if named := schemaChart.FindStringSubmatch(strings.TrimSpace(line)); named != nil {
			chart = named[1]
		}
		found := schemaLine.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		problem := "does not fit the schema"
		if strings.Contains(found[2], "failed") && !strings.Contains(found[2], "want") {
			continue // oneOf, anyOf and the like: the lines below say more
		}
		for _, phrase := range schemaPhrases {
			if phrase.MatchString(found[2]) {
				problem = sortedNames(found[2])
			}
		}
		place := "(not shown)"
		if pointerForm.MatchString(found[1]) {
			place = r.place(chart, found[1], firstName(problem))
		}
		out = append(out, place+": "+problem)
	}
	if len(out) == 0 {
		return "they do not fit the chart's schema"
	}
	slices.Sort(out)
	return strings.Join(out[:min(len(out), 10)], "; ")
}

// firstName is the first key that a schema does not allow; empty where a problem is about none.
func firstName(problem string) string {
	if !strings.HasPrefix(problem, "additional") {
		return ""
	}
	return strings.Trim(quotedName.FindString(problem), "'")
}
