package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// writer is a kind of container and the paths it writes outside its volumes.
// Empty conditions hold for all; "~" stands for AIRFLOW_HOME.
type writer struct {
	images     []string // ends of the image's path; empty: Airflow itself
	tagPrefix  string
	dialect    airflow.Dialect
	components []airflow.Component
	roles      []airflow.Role
	// unless is a word in the arguments, or any command at all for "command", that makes the row not count.
	unless string
	paths  []string
}

const anyCommand = "command"

// writers are tried in order; a container that fits none is not known, and
// gets no guess. Sources: both charts' templates and rendered overlays with
// every root filesystem read-only; apache/airflow's entrypoint and logging
// setup (which makes directories below logs in every process); the pid files of
// gunicorn and Celery; apache/airflow issues 43910 and 56015; git-sync's and
// PgBouncer's documentation.
var writers = []writer{
	{images: []string{"apache/airflow"}, tagPrefix: "airflow-pgbouncer-exporter"},
	{images: []string{"apache/airflow"}, tagPrefix: "airflow-pgbouncer", paths: []string{"/tmp"}},
	{images: []string{"airflow-helm/pgbouncer"}, paths: []string{"/home/pgbouncer", "/tmp"}},
	{images: []string{"prometheus/statsd-exporter", "prom/statsd-exporter"}},
	{images: []string{"otel/opentelemetry-collector-contrib"}},
	{images: []string{"library/redis"}, paths: []string{"/data"}},
	{images: []string{"git-sync/git-sync"}, paths: []string{"/git", "/tmp"}},
	{
		images: []string{"bitnami/postgresql", "bitnamilegacy/postgresql"},
		paths:  []string{"/bitnami/postgresql", "/opt/bitnami/postgresql/conf", "/opt/bitnami/postgresql/tmp", "/tmp"},
	},
	{dialect: airflow.Community, paths: []string{"/home/airflow/.local", "/tmp", "~"}},
	{roles: []airflow.Role{airflow.LogGroomer}, unless: anyCommand, paths: []string{"/tmp", "~"}},
	{
		roles: []airflow.Role{airflow.Main}, components: []airflow.Component{airflow.Webserver, airflow.Worker},
		unless: "--pid", paths: []string{"/tmp", "~"},
	},
	{paths: []string{"/tmp", "~/logs"}},
}

// airflowRoles are what containers of Airflow's own image do in its pods.
var airflowRoles = []airflow.Role{
	airflow.Main, airflow.WaitForMigrations, airflow.CheckDatabase, airflow.PipInstall,
	airflow.LogGroomer, airflow.Kerberos, airflow.KerberosInit,
}

// movedBy are the environment variables that put what is written under a path elsewhere.
var movedBy = map[string][]string{
	"~":      {"AIRFLOW_HOME"},
	"~/logs": {"AIRFLOW__LOGGING__BASE_LOG_FOLDER", "AIRFLOW_HOME"},
	"/git":   {"GITSYNC_ROOT", "GIT_SYNC_ROOT"},
	"/tmp":   {"TMPDIR"},
}

// airflowHome is AIRFLOW_HOME of the official images.
const airflowHome = "/opt/airflow"

// writtenPaths are the paths a container writes. Known is false for a
// container that no row is about, and masked names a variable that hides a path.
func writtenPaths(w *airflow.Workload, c airflow.Container, dialect airflow.Dialect) (paths []string, masked string, known bool) {
	i := slices.IndexFunc(writers, func(row writer) bool { return row.fits(w, c, dialect) })
	if i < 0 {
		return nil, "", false
	}
	for _, path := range writers[i].paths {
		moved, hidden := movedPath(c, path)
		if hidden != "" {
			masked = hidden
			continue
		}
		paths = append(paths, moved)
	}
	return paths, masked, true
}

func (r writer) fits(w *airflow.Workload, c airflow.Container, dialect airflow.Dialect) bool {
	i := parseImage(c.Image)
	own := w.Component.RunsAirflow() && slices.Contains(airflowRoles, c.Role)
	if len(r.images) > 0 {
		own = slices.ContainsFunc(r.images, func(image string) bool { return strings.HasSuffix("/"+i.Path, "/"+image) })
	}
	return own && strings.HasPrefix(i.Tag, r.tagPrefix) &&
		(r.dialect == "" || r.dialect == dialect) &&
		(len(r.components) == 0 || slices.Contains(r.components, w.Component)) &&
		(len(r.roles) == 0 || slices.Contains(r.roles, c.Role)) &&
		!r.excluded(c)
}

// excluded is true where arguments are masked, too: then the milder row counts.
func (r writer) excluded(c airflow.Container) bool {
	switch r.unless {
	case "":
		return false
	case anyCommand:
		return len(c.Command) > 0
	}
	return slices.ContainsFunc(append(slices.Clone(c.Command), c.Args...), func(arg string) bool {
		return strings.Contains(arg, r.unless) || len(snapshot.MaskedIn(arg)) > 0
	})
}

func movedPath(c airflow.Container, path string) (moved, masked string) {
	for _, name := range movedBy[path] {
		for _, variable := range c.Env {
			if variable.Name != name {
				continue
			}
			if variable.Value == "" || len(snapshot.MaskedIn(variable.Value)) > 0 {
				return "", name
			}
			if name == "AIRFLOW_HOME" {
				return strings.Replace(path, "~", variable.Value, 1), ""
			}
			return variable.Value, ""
		}
	}
	return strings.Replace(path, "~", airflowHome, 1), ""
}

// unwritable are the paths of a list that no writable volume of the container holds.
func unwritable(w *airflow.Workload, c airflow.Container, paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		for _, m := range c.VolumeMounts {
			under := path == m.MountPath || strings.HasPrefix(path, strings.TrimSuffix(m.MountPath, "/")+"/")
			if under && !m.ReadOnly && !isReadOnly(w, m.Name) {
				return true
			}
		}
		return false
	})
}

// isReadOnly says whether nothing can be written to a volume, whatever its mount says.
func isReadOnly(w *airflow.Workload, volume string) bool {
	for _, v := range w.Spec.Volumes {
		if v.Name == volume {
			return v.ConfigMap != nil || v.Secret != nil || v.Projected != nil || v.DownwardAPI != nil || v.Image != nil
		}
	}
	return false // a claim of a StatefulSet's own
}
