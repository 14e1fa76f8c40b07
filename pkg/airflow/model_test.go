package airflow

import (
	"fmt"
	"strings"
	"testing"
)

// told is everything a model answers about a release, as text.
func told(m *Model) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%+v %+v\n%s", m.Identity, m.TaskPods, shown(m))
	for _, o := range options {
		for _, s := range m.Settings(o.section, o.key) {
			b.WriteString(brief(s) + "\n")
		}
	}
	for _, a := range m.Accounts() {
		b.WriteString(accountShown(a))
	}
	for _, w := range m.Workloads {
		fmt.Fprintf(&b, "%+v %v\n", m.MountsToken(w), m.NeededRules(w.Component, PodOperator, JobOperator))
		for _, c := range w.Containers() {
			list, _ := m.Environment(w, c.Name)
			for _, s := range list {
				b.WriteString(brief(s) + "\n")
			}
			b.WriteString(m.ValuesKey(w, c.Name, Resources) + "\n")
		}
	}
	return b.String()
}

func TestTheSameEveryTime(t *testing.T) {
	for _, name := range []string{"official", "community"} {
		want := told(New(load(t, fixture(t, name))))
		for range 20 {
			if got := told(New(load(t, fixture(t, name)))); got != want {
				t.Fatalf("%s: two runs differ:\n%s\n%s", name, got, want)
			}
		}
	}
}

func TestAnEmptySnapshotIsNoAccident(t *testing.T) {
	m := New(load(t, "kind: Namespace\napiVersion: v1\nmetadata: {name: x}\n"))
	if len(m.Workloads) != 0 || m.Dialect != Unsupported || m.Unsupported == "" || len(m.Settings("core", "executor")) != 0 {
		t.Errorf("got %s", told(m))
	}
}
