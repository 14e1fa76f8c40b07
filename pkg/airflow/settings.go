package airflow

import "github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"

// Setting is one option's value as one place gives it.
type Setting struct {
	Section, Key string
	Value        string // empty where Known is false
	// Known is false where the value stands behind something that could not be read.
	Known bool
	// Default says nothing sets the option: Value is this Airflow version's own default.
	Default bool
	// Component uses the value; Ref, Container and Path say where it is set.
	Component Component
	Ref       snapshot.Ref
	Container string
	Path      string
	// Via is how it is set: env, secret, configmap, cmd, backend, airflow.cfg, default.
	Via string
}

// Settings are the values of one option, one for each place that sets it and
// each component that uses it, in the order of Workloads.
func (m *Model) Settings(section, key string) []Setting {
	return m.settings[section+"."+key]
}

func effective(_ *Model) map[string][]Setting { return map[string][]Setting{} }

func executorsFrom(_ *Model) []string { return nil }
