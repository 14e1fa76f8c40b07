package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// expected is an option that a rule holds to the safe value of Airflow's table of options.
type expected struct {
	section, key string
	// risk follows the option's name and its value: "[core] x is True: …".
	risk string
	// severity replaces the rule's; empty keeps it.
	severity rule.Severity
	// components are those whose value counts; empty is all that run Airflow.
	components []airflow.Component
}

// dagComponents run or read DAGs, so that their settings decide what DAGs may do.
var dagComponents = []airflow.Component{
	airflow.Scheduler, airflow.DagProcessor, airflow.Triggerer, airflow.Worker, airflow.TaskPod, airflow.Webserver, airflow.APIServer,
}

// checkExpected reports every option whose value is not safe, once for each
// value and way to set it, whatever number of containers it reaches.
func checkExpected(p *rule.Pass, options ...expected) {
	for _, o := range options {
		list := judgeable(p, p.Settings(o.section, o.key), o.components...)
		for _, unsafe := range oncePerValue(unsafeSettings(p, list)) {
			p.Report(unsafeFinding(p, o, unsafe))
		}
	}
}

func unsafeSettings(p *rule.Pass, list []airflow.Setting) []airflow.Setting {
	var out []airflow.Setting
	for _, s := range list {
		met, judged := airflow.SecureValue(s.Section, s.Key).Met(s.Value)
		switch {
		case !judged:
			p.Unknown(fmt.Sprintf("%s: Airflow cannot read its value", settingName(s)))
			continue
		case !met:
			out = append(out, s)
		}
		p.Subjects++
	}
	return out
}

// sameSetting is one value, set in one way, in the components that get it.
type sameSetting struct {
	airflow.Setting
	components []airflow.Component
}

// oncePerValue puts together what several components are given alike, the first place standing for all.
func oncePerValue(list []airflow.Setting) []sameSetting {
	var out []sameSetting
	for _, s := range list {
		i := slices.IndexFunc(out, func(o sameSetting) bool {
			return o.Via == s.Via && o.Name == s.Name && o.Value == s.Value && o.Default == s.Default
		})
		if i < 0 {
			out = append(out, sameSetting{Setting: s})
			i = len(out) - 1
		}
		if !slices.Contains(out[i].components, s.Component) {
			out[i].components = append(out[i].components, s.Component)
		}
	}
	return out
}

func unsafeFinding(p *rule.Pass, o expected, s sameSetting) rule.Finding {
	value := s.Value
	if value == "" {
		value = "empty"
	}
	name := settingName(s.Setting)
	if strings.HasPrefix(s.Name, "[") && s.Name != name {
		name += ", set under its old name " + s.Name + ","
	}
	message := fmt.Sprintf("%s is %s: %s", name, strings.Join(strings.Fields(value), " "), o.risk)
	if len(s.components) > 1 && !s.Default && s.Ref.Same(s.Workload.Ref) {
		message += " (in " + componentNames(s.components) + ")"
	}
	f := settingFinding(s.Setting, message, safeFixes(p, s.Setting, "set it "+airflow.SecureValue(s.Section, s.Key).Order()))
	f.Severity = o.severity
	return f
}

// componentNames lists components, the first two of many.
func componentNames(list []airflow.Component) string {
	if len(list) > 3 {
		return fmt.Sprintf("%s, %s and %d others", list[0], list[1], len(list)-2)
	}
	words := make([]string, 0, len(list))
	for _, c := range list {
		words = append(words, string(c))
	}
	return strings.Join(words, ", ")
}
