package rules

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// clearValue is one text of the user's values with the credentials in it.
type clearValue struct {
	path  string // as users write it, a.b[0].c
	place clearPlace
	found []inClear
}

// clearValues are the texts of the user's values that hold a credential, in
// order of their paths, and how many texts there were.
func clearValues(p *rule.Pass) (out []clearValue, texts int) {
	v := searchValues(p, p.Release().Values)
	return v.out, v.texts
}

func searchValues(p *rule.Pass, values map[string]any) *valueSearch {
	v := &valueSearch{pass: p, prefix: strings.TrimSuffix(p.Reachable("rbac"), "rbac")}
	v.walk(values, nil, "", secret.No)
	return v
}

type valueSearch struct {
	pass *rule.Pass
	// prefix is what stands before the chart's own keys where it is a part of another chart.
	prefix string
	out    []clearValue
	texts  int
}

// walk visits what stands at a path; name is what it stands under, and scent
// what the object around it says: the data of a Secret is secret.
func (v *valueSearch) walk(node any, path []string, name string, scent secret.Scent) {
	switch node := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			below := scent
			if node["kind"] == "Secret" && (key == "data" || key == "stringData") {
				below = secret.Sure
			}
			v.walk(node[key], append(slices.Clone(path), key), nameBeside(node, key), below)
		}
	case []any:
		for i, entry := range node {
			v.walk(entry, append(slices.Clone(path), "["+strconv.Itoa(i)+"]"), name, scent)
		}
	case string:
		v.text(node, path, name, scent)
	}
}

// nameBeside is the name of what stands under a key: an entry of a list of
// variables, or one of Airflow's, says it beside the value.
func nameBeside(node map[string]any, key string) string {
	if key == "value" {
		for _, beside := range []string{"name", "key"} {
			if name, ok := node[beside].(string); ok && !strings.Contains(name, "⟦") {
				return name
			}
		}
	}
	return key
}

func (v *valueSearch) text(text string, path []string, name string, scent secret.Scent) {
	v.texts++
	key := valuesKeyOf(path)
	place := placeOf(v.pass.Airflow().Dialect, strings.TrimPrefix(key, v.prefix))
	if secret.Named(name) >= secret.Likely && (place.declared || strings.HasPrefix(name, variablePrefix)) { // a variable is there to be read by its name
		scent = secret.Sure
	}
	if len(path) > 1 && slices.Contains(path, "config") { // an option's section says what its name leaves out
		scent = max(scent, secret.Named(path[len(path)-2]+"_"+name))
	}
	found := credentialsIn(name, text, max(scent, place.scent))
	if objects := objectsIn(path, text); objects != nil {
		found = objects
	}
	if variables, ok := variablesIn(text); ok && name == "extraEnv" {
		found = variables
	}
	for i := range found {
		found[i].under = cmp.Or(found[i].under, name)
	}
	if len(found) > 0 {
		v.out = append(v.out, clearValue{path: key, place: place, found: found})
	}
}

// variablePrefix begins the environment variables that are Airflow's variables.
const variablePrefix = "AIRFLOW_VAR_"

// variablesIn are the credentials in a pod's variables that values hold as a text; ok is false where a text is something else.
func variablesIn(text string) (out []inClear, ok bool) {
	var list []struct{ Name, Value string }
	if yaml.Unmarshal([]byte(text), &list) != nil {
		return nil, false
	}
	for _, variable := range list {
		scent := secret.No
		if strings.HasPrefix(variable.Name, variablePrefix) && secret.Named(variable.Name) >= secret.Likely {
			scent = secret.Sure
		}
		for _, c := range credentialsIn(variable.Name, variable.Value, scent) {
			c.under = variable.Name
			out = append(out, c)
		}
	}
	return out, true
}

// valuesKeyOf writes a path as users do.
func valuesKeyOf(path []string) string {
	var b strings.Builder
	for _, part := range path {
		switch {
		case strings.HasPrefix(part, "[") && strings.HasSuffix(part, "]"):
			b.WriteString(part)
		case strings.ContainsAny(part, ".["):
			b.WriteString(`["` + part + `"]`)
		case b.Len() > 0:
			b.WriteString("." + part)
		default:
			b.WriteString(part)
		}
	}
	return b.String()
}

// placeOf is the row of a path; the zero place where none fits.
func placeOf(dialect airflow.Dialect, key string) clearPlace {
	general := listIndex.ReplaceAllString(key, "[]")
	for _, place := range clearPlaces[dialect] {
		if fitsPath(place.path, general) {
			return place
		}
	}
	return clearPlace{}
}

// fitsPath compares a path with a row's.
func fitsPath(pattern, path string) bool {
	if end, any := strings.CutPrefix(pattern, "**"); any {
		return strings.HasSuffix(path, end)
	}
	if begin, any := strings.CutSuffix(pattern, "**"); any {
		return fitsParts(strings.Split(strings.TrimSuffix(begin, "."), "."), strings.Split(path, "."), false)
	}
	return fitsParts(strings.Split(pattern, "."), strings.Split(path, "."), true)
}

func fitsParts(pattern, path []string, whole bool) bool {
	if len(path) < len(pattern) || whole && len(path) != len(pattern) {
		return false
	}
	for i, part := range pattern {
		if part != "*" && part != path[i] {
			return false
		}
	}
	return true
}

// secretObject is a Secret among the objects that a value holds as text, with its data.
var secretObject = pattern.New(`(?m)^kind: Secret$`)

// entryForm is an entry of a Secret's data in YAML.
var entryForm = pattern.New(`(?m)^ {0,2}([\w.-]+): ["']?(` + masked + `)`)

// objectsIn are the credentials in objects that values hold: of a Secret all
// entries, for nothing else is meant to stand there. It is nil where a value holds no Secret.
func objectsIn(path []string, text string) []inClear {
	if len(path) == 0 || !slices.Contains(path, "extraManifests") || !secretObject.MatchString(text) {
		return nil
	}
	var out []inClear
	for object := range strings.SplitSeq(text, "---\n") {
		if !secretObject.MatchString(object) {
			out = append(out, credentialsIn("", object, secret.No)...)
			continue
		}
		for _, found := range entryForm.FindAllStringSubmatch(object, -1) {
			m, _ := snapshot.ParseMasked(found[2])
			if what, inURL := judged(found[1], m, secret.Sure); what != "" {
				out = append(out, inClear{name: found[1], what: what, value: m, inURL: inURL})
			}
		}
	}
	return out
}

// isDeclared says that a credential belongs to what Airflow keeps in its own
// database, by its place or by the name of the variable that declares it.
func isDeclared(place clearPlace, c inClear) bool {
	return place.declared || strings.HasPrefix(c.under, variablePrefix) || strings.HasPrefix(c.under, "AIRFLOW_CONN_") || c.under == "_AIRFLOW_WWW_USER_PASSWORD"
}

// whatIn names the credentials of a value; those that stand in a longer text by their names, too.
func whatIn(value clearValue, found []inClear) string {
	if value.place.what != "" && len(found) == 1 && (found[0].value.Fernet || len(kindsOf(found[0].value)) == 0) {
		return value.place.what
	}
	var out []string
	parts := strings.FieldsFunc(value.path, func(r rune) bool { return strings.ContainsRune(`.[]"`, r) })
	if _, own, quoted := strings.Cut(value.path, `["`); quoted {
		parts = append(parts, strings.TrimSuffix(own, `"]`))
	}
	for _, c := range found {
		text := c.what
		for _, name := range []string{c.under, c.name} {
			if name != "" && !slices.Contains(parts, name) {
				text += " (" + name + ")"
				break
			}
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return sentenceOf(out)
}

// sentenceOf joins words as a sentence does.
func sentenceOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// clearFix is how this chart takes a value's credential from elsewhere.
func clearFix(p *rule.Pass, value clearValue, declared bool) rule.Fix {
	place := value.place
	if declared && !place.declared { // a variable of the pods declares it
		place.order = backendInstead
	}
	if section, key, found := strings.Cut(value.path[strings.Index(value.path, "config.")+len("config."):], "."); found && strings.Contains(place.order, optionByEnv) {
		place.order = strings.Replace(place.order, "SECTION__KEY", strings.ToUpper(section+"__"+key), 1)
	}
	if place.order == "" {
		place.order = "take it out of the values, and give it by a Secret of your own"
	}
	if place.key == theList {
		place.key = value.path[:strings.LastIndex(value.path, "[")]
	}
	if key := p.Reachable(place.key); place.key != "" && key != "" && !strings.Contains(key, "[") {
		return rule.Fix{Kind: rule.Values, Summary: place.order, ValuesKey: key}
	}
	return rule.Fix{Kind: rule.Manual, Summary: place.order}
}
