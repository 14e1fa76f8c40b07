package rules

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// clearInMap is what one place of a ConfigMap holds in clear.
type clearInMap struct {
	object *snapshot.Object
	key    string // of the ConfigMap's data
	option string // section/name in an airflow.cfg, else empty
	found  []inClear
}

// clearInMaps are the places in ConfigMaps that hold a credential, and how many texts there were.
func clearInMaps(p *rule.Pass) (out []clearInMap, texts int) {
	for _, o := range p.Objects(snapshot.ConfigMap) {
		data, _ := o.At("data").(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(data)) {
			text, isText := data[key].(string)
			if !isText || isTaskPod(p, o, key) {
				continue
			}
			texts++
			out = append(out, inConfiguration(o, key, text)...)
		}
	}
	return out, texts
}

// isTaskPod says that a text is the task pod's template, which is judged as the pod it makes.
func isTaskPod(p *rule.Pass, o *snapshot.Object, key string) bool {
	return slices.ContainsFunc(p.Workloads(), func(w *airflow.Workload) bool {
		return w.Future && w.Object == o && strings.HasPrefix(w.PodPath, "/data/"+change.Escape(key)+"#")
	})
}

func inConfiguration(o *snapshot.Object, key, text string) []clearInMap {
	file := path.Base(key)
	if file == "airflow.cfg" || file == "pgbouncer.ini" {
		return inSections(o, key, text)
	}
	found := credentialsIn(key, text, secret.No)
	if file == "users.txt" || file == "userlist.txt" {
		for _, s := range each(databasePassword, userListForm, 2, 1, text) {
			if secret.Judge(secret.Sure, s.secret.Shapes) {
				found = append(found, inClear{name: key, what: databasePassword.what, value: s.secret})
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	return []clearInMap{{object: o, key: key, found: found}}
}

// inSections reads a file of sections and options; a value's further lines belong to its option.
func inSections(o *snapshot.Object, key, text string) []clearInMap {
	var out []clearInMap
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if header := sectionForm.FindStringSubmatch(line); header != nil {
			section = header[1]
			continue
		}
		name, value, isOption := strings.Cut(line, " = ")
		if !isOption {
			name, value = "", line
		}
		if found := credentialsIn(name, value, secret.Named(section+"_"+name)); len(found) > 0 {
			out = append(out, clearInMap{object: o, key: key, option: section + "/" + name, found: found})
		}
	}
	return out
}

// report makes a finding of those credentials of a place that are, or are not, in URLs.
func (c clearInMap) report(p *rule.Pass, inURL bool, fixes func(inClear) []rule.Fix) {
	found := slices.DeleteFunc(slices.Clone(c.found), func(f inClear) bool { return f.inURL != inURL })
	if len(found) == 0 {
		return
	}
	var what []string
	for _, f := range found {
		text := f.what
		if f.name != "" && f.name != c.key && c.option == "" {
			text += " (" + f.name + ")"
		}
		if !slices.Contains(what, text) {
			what = append(what, text)
		}
	}
	where, at := c.key, "/data/"+change.Escape(c.key)
	if c.option != "" {
		section, name, _ := strings.Cut(c.option, "/")
		where, at = fmt.Sprintf("[%s] %s in %s", section, name, c.key), at+"#"+c.option
	}
	p.Report(rule.Finding{
		Target: c.object.Ref, Path: at, File: c.object.File, Line: c.object.Line, Fixes: fixes(found[0]),
		Message: fmt.Sprintf("%s holds %s in clear: whoever may get configmaps, or enter a pod that mounts it, can use it", where, sentenceOf(what)),
	})
}

// fixes are how the chart takes the credential from elsewhere.
func (c clearInMap) fixes(p *rule.Pass) []rule.Fix {
	key, order := "", "keep it in a Secret of your own, and let the pods take it from there"
	dialect := p.Airflow().Dialect
	switch file := path.Base(c.key); {
	case file == "webserver_config.py":
		s := airflow.Setting{Via: file, Component: airflow.APIServer}
		if p.Airflow().Major < 3 {
			s.Component = airflow.Webserver
		}
		key, order = settingKey(p, s), codeReadsEnv
	case strings.HasPrefix(file, "airflow_local_settings") && dialect == airflow.Official:
		key, order = "airflowLocalSettings", codeReadsEnv
	case file == "airflow.cfg":
		section, name, _ := strings.Cut(c.option, "/")
		variable := "AIRFLOW__" + strings.ToUpper(strings.ReplaceAll(section, ".", "_")+"__"+name)
		order = "take it out, and give " + variable + " from a Secret of your own"
		if key = "airflow.extraEnv"; dialect == airflow.Official {
			key, order = "secret", order+" (envName, secretName, secretKey)"
		}
	}
	if key = p.Reachable(key); key != "" {
		return []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: key}}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: order}}
}
