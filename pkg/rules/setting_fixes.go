package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// webComponents serve Airflow's pages and API.
var webComponents = []airflow.Component{airflow.APIServer, airflow.Webserver}

// webSettings are an option's values in the web components. What is there but
// cannot be judged is noted as unknown and left out.
func webSettings(p *rule.Pass, section, key string) []airflow.Setting {
	return judgeable(p, p.Settings(section, key), webComponents...)
}

// judgeable are the settings of some components (all where none is named)
// whose whole value can be seen; for the others the pass learns why not.
func judgeable(p *rule.Pass, list []airflow.Setting, components ...airflow.Component) []airflow.Setting {
	var out []airflow.Setting
	for _, s := range list {
		if len(components) > 0 && !slices.Contains(components, s.Component) {
			continue
		}
		if why := whyUnknown(s); why != "" {
			p.Unknown(settingName(s) + ": " + why)
			continue
		}
		out = append(out, s)
	}
	return out
}

// whyUnknown says why a setting cannot be judged; empty where it can.
func whyUnknown(s airflow.Setting) string {
	switch {
	case !s.Known && s.Reason != "":
		return s.Reason
	case !s.Known:
		return "it could not be read"
	case !s.Clear():
		return "its value is kept secret"
	}
	return ""
}

// settingName is an option as Airflow's documentation writes it, or the variable's own name.
func settingName(s airflow.Setting) string {
	if s.Section == "" {
		return s.Key
	}
	return "[" + s.Section + "] " + s.Key
}

// settingFinding is a finding at the place that sets an option, or, where
// nothing does, at the container that falls back on the default.
func settingFinding(s airflow.Setting, message string, fixes []rule.Fix) rule.Finding {
	f := rule.Finding{Target: s.Ref, Component: string(s.Component), Container: s.Container, Path: s.Path, Message: message, Fixes: fixes}
	if s.Default || s.Via == "image" {
		f.Path += "#" + strings.TrimPrefix(s.Section+"/"+s.Key, "/")
		f.Message += " (nothing sets it: that is Airflow's default)"
	}
	if s.Conditional {
		f.Message += " (under a condition that only running the file could tell)"
	}
	if s.Workload != nil && s.Ref.Same(s.Workload.Ref) {
		f.File, f.Line = s.Workload.Object.File, s.Workload.Object.Line
	}
	return f
}

// settingFixes are how to give an option another value: the chart's key that
// reaches it where one does, else words.
func settingFixes(p *rule.Pass, s airflow.Setting, order string) []rule.Fix {
	if key := p.Reachable(settingKey(p, s)); key != "" {
		return []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: key}}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: order}}
}

// settingKey is the values key under which an option stands, by whatever name, or would stand.
// Sources: the official chart's config and env, the community chart's airflow.config and airflow.extraEnv.
func settingKey(p *rule.Pass, s airflow.Setting) string {
	variable := "AIRFLOW__" + strings.ToUpper(strings.ReplaceAll(s.Section, ".", "_")+"__"+s.Key)
	community := p.Airflow().Dialect == airflow.Community
	switch {
	case s.Via == "webserver_config.py" && community:
		return "web.webserverConfig.stringOverride"
	case s.Via == "webserver_config.py" && s.Component == airflow.APIServer:
		return "apiServer.apiServerConfig"
	case s.Via == "webserver_config.py":
		return "webserver.webserverConfig"
	case s.Via == "env" && community:
		return "airflow.extraEnv"
	case s.Via == "env":
		return envKey(p, s)
	case community && strings.HasPrefix(s.Name, "AIRFLOW__"):
		return "airflow.config." + s.Name
	case community:
		return "airflow.config." + variable
	case s.Ref.Kind == string(snapshot.Secret) || s.Via == "configmap" || strings.Contains(s.Section, "."): // a dot would part the key
		return ""
	case strings.HasPrefix(s.Name, "["):
		section, key, _ := strings.Cut(s.Name[1:], "] ")
		return "config." + section + "." + key
	}
	return "config." + s.Section + "." + s.Key
}

// envRoots are the official chart's components that take variables of their own.
var envRoots = map[airflow.Component]string{
	airflow.APIServer: "apiServer", airflow.Webserver: "webserver", airflow.Scheduler: "scheduler", airflow.Worker: "workers", airflow.Flower: "flower",
}

// envKey is the official chart's list that a literal variable was written
// into; empty where the user's values do not show it.
func envKey(p *rule.Pass, s airflow.Setting) string {
	values := p.Release().Values
	if namesVariable(values["env"], s.Name) {
		return "env"
	}
	root := envRoots[s.Component]
	if own, _ := values[root].(map[string]any); namesVariable(own["env"], s.Name) {
		return root + ".env"
	}
	if text, _ := values["extraEnv"].(string); text != "" {
		return "extraEnv"
	}
	return ""
}

func namesVariable(list any, name string) bool {
	entries, _ := list.([]any)
	return slices.ContainsFunc(entries, func(entry any) bool {
		e, _ := entry.(map[string]any)
		return e["name"] == name
	})
}
