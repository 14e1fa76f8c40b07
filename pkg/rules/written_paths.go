package rules

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

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
	// cannot says why empty volumes at the paths do not do, so that no plan closes the root.
	cannot string
	// needs are files that it writes at start unless something mounts them.
	needs []string
	// user is the only one that a closed root works with; 0 where any does.
	user int64
}

const anyCommand = "command"

const (
	hidesHome  = ", where an empty volume would hide the DAGs, plugins and settings of the image"
	airflowCfg = "~/airflow.cfg"
	webConfig  = "~/webserver_config.py"
)

// writers are tried in order; a container that fits none is not known, and
// gets no guess. Sources: both charts' templates and rendered overlays with
// every root filesystem read-only; apache/airflow's entrypoint and logging
// setup (which makes directories below logs in every process); the pid files of
// gunicorn and Celery; apache/airflow issues 43910 and 56015; git-sync's and
// PgBouncer's documentation, and kubernetes/git-sync issue 927.
var writers = []writer{
	{images: []string{"apache/airflow"}, tagPrefix: "airflow-pgbouncer-exporter"},
	{images: []string{"apache/airflow"}, tagPrefix: "airflow-pgbouncer", paths: []string{"/tmp"}},
	{
		images: []string{"airflow-helm/pgbouncer"}, paths: []string{"/home/pgbouncer", "/tmp"},
		cannot: "it writes its users and certificates among the files of its image when it starts",
	},
	{images: []string{"prometheus/statsd-exporter", "prom/statsd-exporter"}},
	{images: []string{"otel/opentelemetry-collector-contrib"}},
	{images: []string{"library/redis"}, paths: []string{"/data"}},
	{
		images: []string{"git-sync/git-sync"}, dialect: airflow.Community, paths: []string{"/git", "/tmp"},
		cannot: "the community chart gives git-sync no volume for its home, and one security context to all containers",
	},
	{images: []string{"git-sync/git-sync"}, paths: []string{"/git", "/tmp"}, user: 65533},
	{
		images: []string{"bitnami/postgresql", "bitnamilegacy/postgresql"},
		paths:  []string{"/bitnami/postgresql", "/opt/bitnami/postgresql/conf", "/opt/bitnami/postgresql/tmp", "/tmp"},
		cannot: "whether its start scripts work with empty volumes in the place of their directories depends on the build of the image",
	},
	{
		dialect: airflow.Community, paths: []string{"/home/airflow/.local", "/tmp", "~"},
		cannot: "it writes airflow.cfg into Airflow's home" + hidesHome,
	},
	{
		roles: []airflow.Role{airflow.LogGroomer}, unless: anyCommand, paths: []string{"/tmp", "~"},
		cannot: "the entrypoint of the image, which a command of its own would keep out, writes into Airflow's home" + hidesHome,
	},
	{roles: []airflow.Role{airflow.LogGroomer}, paths: []string{"/tmp", "~/logs"}},
	{
		roles: []airflow.Role{airflow.Main}, components: []airflow.Component{airflow.Webserver, airflow.Worker},
		unless: "--pid", paths: []string{"/tmp", "~"},
		cannot: "without --pid /tmp/… in its arguments it writes a pid file into Airflow's home" + hidesHome,
	},
	{
		roles: []airflow.Role{airflow.Main}, components: []airflow.Component{airflow.Webserver, airflow.APIServer},
		paths: []string{"/tmp", "~/logs"}, needs: []string{airflowCfg, webConfig},
	},
	{paths: []string{"/tmp", "~/logs"}, needs: []string{airflowCfg}},
}

// airflowRoles are what containers of Airflow's own image do in its pods.
var airflowRoles = []airflow.Role{
	airflow.Main, airflow.WaitForMigrations, airflow.CheckDatabase, airflow.PipInstall,
	airflow.LogGroomer, airflow.Kerberos, airflow.KerberosInit,
}

// movedBy are the environment variables that put what is written under a path elsewhere.
var movedBy = map[string][]string{
	"~":        {"AIRFLOW_HOME"},
	"~/logs":   {"AIRFLOW__LOGGING__BASE_LOG_FOLDER", "AIRFLOW_HOME"},
	"/git":     {"GITSYNC_ROOT", "GIT_SYNC_ROOT"},
	"/tmp":     {"TMPDIR"},
	airflowCfg: {"AIRFLOW_CONFIG", "AIRFLOW_HOME"},
	webConfig:  {"AIRFLOW__FAB__CONFIG_FILE", "AIRFLOW__WEBSERVER__CONFIG_FILE", "AIRFLOW_HOME"},
}

// airflowHome is AIRFLOW_HOME of the official images.
const airflowHome = "/opt/airflow"

// written is what is known of the paths that a container writes.
type written struct {
	known  bool // false for a container that no row is about
	paths  []string
	masked string // what hides a path
	cannot string // why its root filesystem cannot be closed by volumes alone
}

// writtenBy looks a container up.
func writtenBy(w *airflow.Workload, c airflow.Container, dialect airflow.Dialect) written {
	i := slices.IndexFunc(writers, func(row writer) bool { return row.fits(w, c, dialect) && !row.excluded(c) })
	if i < 0 {
		return written{}
	}
	row := writers[i]
	out := written{known: true, cannot: row.cannot}
	for _, path := range row.paths {
		moved, hidden := movedPath(c, path)
		if hidden != "" {
			out.masked = hidden
			continue
		}
		out.paths = append(out.paths, moved)
	}
	if slices.ContainsFunc(writers[:i], func(row writer) bool { return row.fits(w, c, dialect) && row.hidden(c) }) {
		out.masked = "an argument"
	}
	if user := effectiveUser(w, c); row.user != 0 && user != nil && *user != row.user {
		out.cannot = fmt.Sprintf("as another user than %d it adds itself to /etc/passwd", row.user)
	}
	for _, file := range row.needs {
		if moved, _ := movedPath(c, file); out.cannot == "" && !isMounted(c, moved) {
			out.cannot = "it writes " + moved + ", which nothing mounts, among the files of its image"
		}
	}
	return out
}

func (r writer) fits(w *airflow.Workload, c airflow.Container, dialect airflow.Dialect) bool {
	i := parseImage(c.Image)
	own := isAirflowsOwn(w, c)
	if len(r.images) > 0 {
		own = slices.ContainsFunc(r.images, func(image string) bool { return strings.HasSuffix("/"+i.Path, "/"+image) })
	}
	return own && strings.HasPrefix(i.Tag, r.tagPrefix) &&
		(r.dialect == "" || r.dialect == dialect) &&
		(len(r.components) == 0 || slices.Contains(r.components, w.Component)) &&
		(len(r.roles) == 0 || slices.Contains(r.roles, c.Role))
}

// excluded is true where arguments are masked, too: then the milder row counts.
func (r writer) excluded(c airflow.Container) bool {
	switch r.unless {
	case "":
		return false
	case anyCommand:
		return len(c.Command) > 0
	}
	return r.hidden(c) || slices.ContainsFunc(words(c), func(word string) bool { return strings.Contains(word, r.unless) })
}

// hidden says that the word the row looks for may stand in a masked argument.
func (r writer) hidden(c airflow.Container) bool {
	return r.unless != "" && r.unless != anyCommand &&
		slices.ContainsFunc(words(c), func(word string) bool { return len(snapshot.MaskedIn(word)) > 0 })
}

// words are a container's command and arguments.
func words(c airflow.Container) []string { return slices.Concat(c.Command, c.Args) }

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
		return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool {
			return holdsPath(m, path) && !m.ReadOnly && !isReadOnly(w, m.Name)
		})
	})
}

// isMounted says whether a volume holds a path, writable or not.
func isMounted(c airflow.Container, path string) bool {
	return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return holdsPath(m, path) })
}

func holdsPath(m corev1.VolumeMount, path string) bool {
	return path == m.MountPath || strings.HasPrefix(path, strings.TrimSuffix(m.MountPath, "/")+"/")
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
