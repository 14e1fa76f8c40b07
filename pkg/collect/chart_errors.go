package collect

import (
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// templatePlace is a template and line in an error of Helm's engine.
var templatePlace = pattern.New(`([A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)+):(\d+)(?::\d+)?`)

// noMap is what Helm says of values for a subchart that are no map.
var noMap = pattern.New(`^type mismatch on ([A-Za-z0-9._-]+): `)

// executing names the template once more.
var executing = pattern.New(`executing "[^"]*" at `)

// chartError says why a chart does not render. What Helm says may quote the
// user's values in any disguise, so only words that the chart itself or the
// template engine uses are let through.
func chartError(path string, err error, words map[string]bool, refused refusal) error {
	text := err.Error()
	if _, list, found := strings.Cut(text, "the schema(s) in the following chart(s):"); found {
		return &inputError{file: path, problem: "refuses the values: " + refused.problems(list)}
	}
	if named := noMap.FindStringSubmatch(text); named != nil {
		return &inputError{file: path, problem: "refuses the values: chart " + named[1] + ": want object"}
	}
	problem, place := text, ""
	if places := templatePlace.FindAllStringSubmatchIndex(text, -1); len(places) > 0 {
		for _, at := range places { // the innermost template the chart really holds
			if name := text[at[2]:at[3]]; words[name] {
				place, problem = name+":"+text[at[4]:at[5]], text[at[1]:]
			}
		}
	}
	if i := strings.LastIndex(problem, "error calling "); i >= 0 {
		problem = problem[i:]
	}
	out := "does not render"
	if place != "" {
		out += " (" + place + ")"
	}
	problem = strings.TrimLeft(executing.ReplaceAllString(problem, "at "), "): ")
	if said := onlyWords(problem, words); said != "" {
		out += ": " + said
	}
	return &inputError{file: path, problem: out}
}

// engineWords are those of text/template's and Helm's own complaints.
var engineWords = set(strings.Fields(`error calling fail required include template executing at nil pointer evaluating interface
	map has no entry for key wrong type value expected got can't cannot evaluate field in range over execution parse function not defined
	unexpected operand action unclosed end EOF of is a an the string int bool float64 list slice index out undefined variable
	incompatible types comparison invalid argument number args want missing must be set and or values kubernetes version semantic
	which dependency condition chart render rendering failed tpl during on with to it this that`)...)

var wordForm = pattern.New(`[A-Za-z0-9_][A-Za-z0-9_'-]*|[^A-Za-z0-9_]+`)

// onlyWords keeps the known words of a text and puts "…" for all others.
func onlyWords(text string, words map[string]bool) string {
	const longest = 400
	var b strings.Builder
	for _, part := range wordForm.FindAllString(strings.Join(strings.Fields(text), " "), -1) {
		switch {
		case b.Len() > longest:
		case !isLetterOrDigit(part[0]) && part[0] != '_':
			b.WriteString(strings.Map(punctuation, part))
		case words[part] || engineWords[part]:
			b.WriteString(part)
		case !strings.HasSuffix(b.String(), "…"):
			b.WriteString("…")
		}
	}
	return strings.Trim(b.String(), " :,.…\"")
}

func punctuation(r rune) rune {
	if strings.ContainsRune(" .,:;()[]{}'\"`/<>=-!", r) {
		return r
	}
	return -1
}

// chartWords are the words of a chart's own templates and of its subcharts', and the templates' names.
func chartWords(ch *chart.Chart) map[string]bool {
	words := map[string]bool{}
	var walk func(*chart.Chart)
	walk = func(ch *chart.Chart) {
		for _, file := range ch.Templates {
			words[ch.ChartFullPath()+"/"+file.Name] = true
			for _, word := range wordForm.FindAllString(string(file.Data), -1) {
				if isLetterOrDigit(word[0]) || word[0] == '_' {
					words[word] = true
				}
			}
		}
		for _, sub := range ch.Dependencies() {
			walk(sub)
		}
	}
	walk(ch)
	return words
}

var quotedName = pattern.New(`'[^']*'`)

// sortedNames puts the names of properties in a complaint in order.
func sortedNames(problem string) string {
	if strings.HasPrefix(problem, "value") { // the schema's own order
		return problem
	}
	names := quotedName.FindAllString(problem, -1)
	slices.Sort(names)
	next := 0
	return quotedName.ReplaceAllStringFunc(problem, func(string) string {
		next++
		return names[next-1]
	})
}

var pointerForm = pattern.New(`^(?:/[A-Za-z0-9_.-]{1,63})*$`)
