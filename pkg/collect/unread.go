package collect

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"

	"helm.sh/helm/v3/pkg/chart"
)

// unreadValues are the paths of a user's values that no template of the chart
// reads, sorted: a misspelt key, or one this chart version does not have. It
// follows values through variables, scopes, named templates and merges without
// rendering anything; where it cannot follow, it takes a value as read.
func unreadValues(ch *chart.Chart, user map[string]any) []string {
	if len(user) == 0 || ch == nil || ch.Metadata == nil {
		return nil
	}
	r := &reach{templates: map[string]*parse.Tree{}, roots: map[string]abstract{}, aliases: map[string]abstract{}}
	r.marks = &mark{}
	r.addChart(ch, nil)
	r.addTexts(ch.ChartFullPath()+" at ", user, nil, "user")
	for range maxRounds {
		before := len(r.aliases)
		r.round()
		if len(r.aliases) == before {
			break
		}
	}
	if r.steps > maxSteps || r.blind {
		return nil // not to be followed: nothing is said of this chart
	}
	r.spare(ch, user)
	return unread(user, []*mark{r.marks}, "", nil)
}

// maxRounds bounds how often all templates are walked: a value that one
// template puts elsewhere is seen there by the others in the next round.
const maxRounds = 4

// reach is what the templates of a chart and its subcharts read.
type reach struct {
	marks     *mark
	templates map[string]*parse.Tree
	entries   []entry
	texts     []text
	roots     map[string]abstract // a chart at a place, to the dot its templates begin with
	aliases   map[string]abstract // place in the values to what templates put there
	memo      map[string]abstract
	depth     map[string]int
	cached    map[fieldKey]abstract
	changes   int  // how often a map or an alias has changed
	maps      int  // how many maps have been made
	steps     int  // how many template nodes have been walked
	blind     bool // a template reads a file, and the chart came without its files
}

// entry is a template that Helm renders by itself, or a value that is a
// template, and the root it begins with.
type entry struct{ template, root string }

func (r *reach) round() {
	r.memo, r.depth, r.cached = map[string]abstract{}, map[string]int{}, map[fieldKey]abstract{}
	for _, e := range r.entries {
		r.consume(r.call(e.template, r.roots[e.root]), false)
	}
}

// addChart takes in a chart whose values stand below the given path.
func (r *reach) addChart(ch *chart.Chart, below []string) *atom {
	name := ch.ChartFullPath()
	files := map[string]string{}
	for _, file := range ch.Files {
		files[file.Name] = string(file.Data)
	}
	known := map[string]abstract{
		"Values":   {pathOf(below...)},
		"Files":    {{record: &fields{id: "files of " + name, files: files}}},
		"Template": {{record: &fields{known: map[string]abstract{"BasePath": textOf(name + "/templates")}}}},
	}
	id := name + " at " + placeName(below) // one chart may stand at several places
	root := &atom{record: &fields{id: id, known: known}}
	r.roots[id] = abstract{root}
	r.addDependencies(ch, below, known)
	for _, file := range ch.Templates {
		full := path.Join(name, file.Name)
		if path.Base(full) == "NOTES.txt" || !r.parse(full, string(file.Data)) {
			continue
		}
		if !strings.HasPrefix(path.Base(full), "_") {
			r.entries = append(r.entries, entry{full, id})
		}
	}
	r.addTexts(id, ch.Values, slices.Clone(below), "default")
	return root
}

func (r *reach) addDependencies(ch *chart.Chart, below []string, known map[string]abstract) {
	subcharts := &fields{known: map[string]abstract{}}
	for _, sub := range ch.Dependencies() {
		for _, key := range valueKeys(ch, sub) {
			place := append(slices.Clone(below), key)
			subcharts.known[key] = abstract{r.addChart(sub, place)}
			global := append(slices.Clone(place), "global")
			r.alias(global, abstract{pathOf("global")})
			r.marks.touch(place)
		}
	}
	known["Subcharts"] = abstract{{record: subcharts}}
	for _, d := range ch.Metadata.Dependencies {
		if d != nil {
			r.addDependency(d, below)
		}
	}
}

// addDependency notes what Helm itself reads: conditions, tags and imported values.
func (r *reach) addDependency(d *chart.Dependency, below []string) {
	for condition := range strings.SplitSeq(d.Condition, ",") {
		if condition = strings.TrimSpace(condition); condition != "" {
			r.marks.touch(append(slices.Clone(below), strings.Split(condition, ".")...))
		}
	}
	for _, tag := range d.Tags {
		r.marks.touch([]string{"tags", tag})
	}
	key := d.Name
	if d.Alias != "" {
		key = d.Alias
	}
	for _, imported := range d.ImportValues {
		switch imported := imported.(type) {
		case string:
			r.marks.use(append(slices.Clone(below), key, "exports", imported), nil)
		case map[string]any:
			child, _ := imported["child"].(string)
			parent, _ := imported["parent"].(string)
			from := append(append(slices.Clone(below), key), strings.Split(child, ".")...)
			r.alias(append(slices.Clone(below), strings.Split(parent, ".")...), abstract{pathOf(from...)})
		}
	}
}

// valueKeys are the keys under which a chart's values hold a subchart's: its name, or its aliases.
func valueKeys(ch, sub *chart.Chart) []string {
	var keys []string
	for _, d := range ch.Metadata.Dependencies {
		if d == nil || d.Name != sub.Name() && d.Alias != sub.Name() {
			continue
		}
		if d.Alias != "" {
			keys = append(keys, d.Alias)
		} else {
			keys = append(keys, d.Name)
		}
	}
	if len(keys) == 0 {
		keys = []string{sub.Name()}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// text is a value that is a template itself, and where it stands.
type text struct {
	path     []string
	template string
}

// addTexts takes in the values that are templates themselves.
func (r *reach) addTexts(root string, node any, path []string, origin string) {
	switch node := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			r.addTexts(root, node[key], append(slices.Clone(path), key), origin)
		}
	case []any:
		for i, entry := range node {
			r.addTexts(root, entry, append(slices.Clone(path), strconv.Itoa(i)), origin)
		}
	case string:
		name := "value " + placeName(append([]string{origin}, path...))
		if strings.Contains(node, "{{") && r.parse(name, node) {
			r.entries = append(r.entries, entry{name, root})
			r.texts = append(r.texts, text{path, name})
		}
	}
}

// parse adds a template and those it defines; of two definitions of a name the
// later counts, as in Helm. One that does not parse is left out: rendering says so.
func (r *reach) parse(name, text string) bool {
	if r.templates[name] != nil { // a chart that stands at several places
		return true
	}
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	found := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, "", "", found); err != nil {
		return false
	}
	maps.Copy(r.templates, found)
	return true
}

// spare leaves out what cannot be judged: the values of subcharts that are not
// here. Helm stores a release's chart without its subcharts, and without any
// trace of those that are switched off.
func (r *reach) spare(ch *chart.Chart, user map[string]any) {
	var named []*chart.Dependency
	named = append(named, ch.Metadata.Dependencies...)
	if ch.Lock != nil {
		named = append(named, ch.Lock.Dependencies...)
	}
	for _, d := range named {
		if d == nil || slices.ContainsFunc(ch.Dependencies(), func(sub *chart.Chart) bool { return sub.Name() == d.Name }) {
			continue
		}
		for _, key := range []string{d.Name, d.Alias, "global"} {
			if key != "" {
				r.marks.use([]string{key}, nil)
			}
		}
	}
	if len(ch.Raw) == 0 && ch.Lock == nil {
		r.marks.use([]string{"global"}, nil)
		for key := range user {
			if switchedOff(user[key]) || switchedOff(ch.Values[key]) && !switchedOn(user[key]) {
				r.marks.use([]string{key}, nil)
			}
		}
	}
}

func switchedOff(node any) bool {
	m, _ := node.(map[string]any)
	enabled, isBool := m["enabled"].(bool)
	return isBool && !enabled
}

func switchedOn(node any) bool {
	m, _ := node.(map[string]any)
	enabled, _ := m["enabled"].(bool)
	return enabled
}
