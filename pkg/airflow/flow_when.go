package airflow

import (
	"slices"
	"strings"
)

// condition says whether a workload makes a row's connection; one without a name always holds.
type condition struct {
	name  string
	holds func(*Model, *Workload) bool
}

// and holds where both do.
func (c condition) and(other condition) condition {
	return condition{c.name + ", " + other.name, func(m *Model, w *Workload) bool { return c.holds(m, w) && other.holds(m, w) }}
}

// since holds from a version on, and where the version is not known.
func since(version string) condition {
	return condition{"Airflow " + version + " or later", func(m *Model, _ *Workload) bool { return !m.before(version) }}
}

var (
	inAirflow3 = condition{"Airflow 3", isAirflow3}
	inAirflow2 = condition{"Airflow 2 or older", func(m *Model, w *Workload) bool { return !isAirflow3(m, w) }}
	withCelery = condition{"a Celery executor", func(m *Model, _ *Workload) bool {
		return m.Celery() || len(m.Executors) == 0 && m.Has(Worker)
	}}
	withLocal         = condition{"a Local executor", func(m *Model, _ *Workload) bool { return m.Local() }}
	checkingAtStart   = condition{"its pods check the database before they start", checksDatabase}
	isolatingDatabase = condition{"[core] database_access_isolation", isolatesDatabase}
	sendingStatsd     = condition{"[metrics] statsd_on", sendsStatsd}
	sendingOtel       = condition{"[metrics] otel_on or [traces] otel_on", sendsOtel}
)

// isAirflow3 asks for the api-server too: only Airflow 3 has one, and then an unknown version is 3.
func isAirflow3(m *Model, _ *Workload) bool {
	return m.Major >= 3 || m.Major == 0 && m.Has(APIServer)
}

// checksDatabase says whether pods check the database before they start:
// Apache's image does before any command, unless told not to or bypassed, and
// so do the init containers that both charts give most components.
func checksDatabase(m *Model, w *Workload) bool {
	for _, c := range w.Containers() {
		if c.Role == CheckDatabase || c.Role == WaitForMigrations {
			return true
		}
	}
	main, found := w.Main()
	if !found { // the executor's pods where the template is not known
		return w.Component == TaskPod
	}
	if len(main.Command) > 0 && !slices.ContainsFunc(main.Command, func(word string) bool { return strings.HasSuffix(word, "/entrypoint") }) {
		return false
	}
	tries, set := m.Env(w, main.Name, "CONNECTION_CHECK_MAX_COUNT")
	return !set || !tries.Clear() || strings.TrimSpace(tries.Value) != "0"
}

// isolatesDatabase is Airflow 2's experiment to keep components from the database.
func isolatesDatabase(m *Model, w *Workload) bool {
	return m.Has(RPCServer) && m.turnedOn(w, "core", "database_access_isolation")
}

// isReplica tells a store's replicas by the labels that the subcharts give
// them. Sources: postgresql 8.6.4 and 13.2.24, redis 10.5.7 and later.
func isReplica(w *Workload) bool {
	role := first(w.Meta.Labels["role"], w.Meta.Labels["app.kubernetes.io/component"])
	return slices.Contains([]string{"slave", "replica", "read", "secondary"}, role)
}

// turnedOn says whether an option is on or may be: false where nothing sets it.
func (m *Model) turnedOn(w *Workload, section, key string) bool {
	c := m.config[w]
	if c == nil {
		return false
	}
	s := m.resolve(c, optionNamed(section, key))
	if s.Default {
		return false
	}
	on, readable := s.On()
	return on || !readable
}

func sendsStatsd(m *Model, w *Workload) bool {
	if m.before("2.0") {
		return m.turnedOn(w, "scheduler", "statsd_on")
	}
	return m.turnedOn(w, "metrics", "statsd_on")
}

func sendsOtel(m *Model, w *Workload) bool {
	return m.turnedOn(w, "metrics", "otel_on") || m.turnedOn(w, "traces", "otel_on")
}
