package rules

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// backendUse is a secrets backend as one component uses it.
type backendUse struct {
	workload *airflow.Workload
	class    airflow.Setting
	// section names it: secrets for all, workers for those that run DAG code.
	section   string
	arguments map[string]backendArgument
	// unread is the setting of arguments that could not be read; nil where they could.
	unread *airflow.Setting
}

// backendArgument is one argument of the backend, and where it is set.
type backendArgument struct {
	value any
	at    airflow.Setting
}

// text is the argument's value where it is text; empty where it is none.
func (a backendArgument) text() string {
	text, _ := a.value.(string)
	return text
}

// backendComponents look up connections and variables.
var backendComponents = []airflow.Component{
	airflow.Webserver, airflow.APIServer, airflow.Scheduler, airflow.DagProcessor, airflow.Triggerer, airflow.Worker, airflow.TaskPod,
}

// backendSections are the options that name a backend.
// Source: airflow/configuration.py; the variables for single arguments exist from Airflow 3.2 on.
var backendSections = []struct{ section, class, kwargs, each string }{
	{"workers", "secrets_backend", "secrets_backend_kwargs", "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARG__"},
	{"secrets", "backend", "backend_kwargs", "AIRFLOW__SECRETS__BACKEND_KWARG__"},
}

// backendUses are the backends of the components that look up connections,
// those that a component asks first in front. One that is not set is none.
func backendUses(p *rule.Pass, w *airflow.Workload) []backendUse {
	main, found := w.Main()
	if !found || !slices.Contains(backendComponents, w.Component) {
		return nil
	}
	var out []backendUse
	for _, o := range backendSections {
		if o.section == "workers" && !w.Component.RunsDagCode() {
			continue
		}
		class, exists := p.SettingIn(w, main.Name, o.section, o.class)
		if !exists || class.Default || class.Known && class.Value == "" {
			continue
		}
		use := backendUse{workload: w, class: class, section: o.section, arguments: map[string]backendArgument{}}
		use.read(p, main.Name, o.section, o.kwargs, o.each)
		out = append(out, use)
	}
	return out
}

func (u *backendUse) read(p *rule.Pass, container, section, kwargs, each string) {
	if s, exists := p.SettingIn(u.workload, container, section, kwargs); exists && !s.Default {
		values := map[string]any{}
		if !s.Known || s.Value != "" && json.Unmarshal([]byte(s.Value), &values) != nil {
			u.unread = &s
		}
		for name, value := range values {
			u.arguments[name] = backendArgument{value, s}
		}
	}
	variables, _ := p.Environment(u.workload, container)
	for _, s := range variables {
		if name, found := strings.CutPrefix(s.Name, each); found {
			u.arguments[strings.ToLower(name)] = backendArgument{s.Value, s}
		}
	}
}

// names are the arguments' names, sorted.
func (u *backendUse) names() []string { return slices.Sorted(maps.Keys(u.arguments)) }

// className is the last part of the class.
func (u *backendUse) className() string {
	return u.class.Value[strings.LastIndex(u.class.Value, ".")+1:]
}
