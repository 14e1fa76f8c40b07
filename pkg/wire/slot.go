package wire

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// slot is a credential that a chart knows: where its pods read it, and which
// values keys take it from a Secret of one's own.
type slot struct {
	name, what string
	// when narrows the slot; nil always holds.
	when func(*airflow.Model) bool
	data []slotKey
	// secret is the values key that names the Secret; empty where a variable in a list of values does.
	secret string
	// kind is the Secret's type; empty is Opaque.
	kind string
	// section and option are Airflow's own name of it, where it has one and the chart lets go of it.
	section, option string
	// builtIn are the variables of the official chart that must go where the option comes from elsewhere.
	builtIn []string
	// only are the components that need it; empty is all.
	only []airflow.Component
	// pinned says that something beside Airflow reads the Secret, so that there must be one.
	pinned func(*airflow.Model) bool
	// clear are values keys that may hold it in clear: a text becomes empty. dropped are maps, which become null.
	clear, dropped []string
}

// slotKey is one key of a slot's Secret.
type slotKey struct {
	// key is what the chart reads; empty is the key that pods read today.
	key string
	// field tells it from the slot's other values in the manager; keys of one field hold the same value.
	field string
	find  finder
	// named is the values key that tells the chart this key's name.
	named string
	// optional keys are left out where no pod reads them.
	optional bool
}

func one(key string, find finder) []slotKey { return []slotKey{{key: key, field: "value", find: find}} }

var slots = map[airflow.Dialect][]slot{airflow.Official: officialSlots, airflow.Community: communitySlots}

func before3(m *airflow.Model) bool { return m.Major > 0 && m.Major < 3 }

func since3(m *airflow.Model) bool { return m.Major == 0 || m.Major >= 3 }

// has says that the user's values, or the chart's own objects, show a workload of a component.
func has(components ...airflow.Component) func(*airflow.Model) bool {
	return func(m *airflow.Model) bool { return m.Has(components...) }
}

// usesKeda says that KEDA reads the database's address, too.
func usesKeda(m *airflow.Model) bool {
	_, _, found := variable("KEDA_DB_CONN")(m) // one that cannot be read is none
	for _, o := range m.Snapshot.Objects {
		found = found || o.Kind == "ScaledObject"
	}
	return found
}
