package airflow

import (
	"path"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// metadataTargets are databases outside the release.
func metadataTargets(s site) []target {
	return s.storeTargets(metadataStore, "the metadata database", 5432)
}

// resultTargets are result backends outside the release that are not the metadata database.
func resultTargets(s site) []target {
	result, metadata := s.m.storeOf(s.w, resultStore), s.m.storeOf(s.w, metadataStore)
	if slices.Equal(result.hosts, metadata.hosts) && result.ref == metadata.ref && result.path == metadata.path {
		return nil
	}
	return s.storeTargets(resultStore, "the result backend", 5432)
}

// brokerTargets are brokers outside the release.
func brokerTargets(s site) []target {
	out := s.storeTargets(brokerStore, "the broker", 6379)
	if at, set := s.option("celery", "broker_url"); set && strings.HasPrefix(at.Value, "sqs://") && len(out) == 0 {
		out = append(out, s.amazon("Amazon SQS", "sqs", at, s.sqsRegion()))
	}
	return out
}

func (s site) sqsRegion() string {
	found, _ := s.option("celery_broker_transport_options", "region")
	if found.Clear() {
		return found.Value
	}
	return ""
}

// storeTargets leaves out what the release runs itself, files, and what nothing sets.
func (s site) storeTargets(kind storeKind, what string, usual int32) []target {
	found := s.m.storeOf(s.w, kind)
	var out []target
	for _, at := range found.hosts {
		t := target{what: what, host: at.host, ports: onPorts(at.port), ref: found.ref, path: found.path, note: found.note}
		if checked, ok := bareAddress(at.host); !ok || checked.port != 0 {
			t.host, t.unknown = "", "it is of no known form"
		}
		if strings.HasPrefix(found.scheme, "sentinel") {
			t.note = sentence(t.note, "the Redis servers that the Sentinels name are not known")
		}
		out = append(out, t)
	}
	host, _ := s.variable(storeOptions[kind].host)
	known := len(found.doors)+len(found.hosts) > 0 || found.scheme != "" || isLoopback(host.Value)
	if known || found.note == "" || found.ref.Kind == "" {
		return out
	}
	setting := Setting{Ref: found.ref, Path: found.path, Reason: found.note, Via: strings.ToLower(found.ref.Kind)}
	return append(out, hidden(what, setting, usual))
}

// databasesLine is one database of pgbouncer.ini: name = key=value key=value.
var databasesLine = pattern.New(`^\s*[^\s=]+\s*=\s*(.*)$`)

// pgBouncerTargets are the databases that a PgBouncer's configuration names,
// or the variables that widespread images read.
// Sources: https://www.pgbouncer.org/config.html; the edoburu and bitnami images' documentation.
func pgBouncerTargets(s site) []target {
	const what = "the database behind PgBouncer"
	file := s.pgBouncerFile()
	if file == nil {
		for _, pair := range [][2]string{{"DB_HOST", "DB_PORT"}, {"POSTGRESQL_HOST", "POSTGRESQL_PORT"}} {
			if host, set := s.variable(pair[0]); set {
				port, _ := s.variable(pair[1])
				return []target{targetAt(what, host, first32(number(port.Value), 5432), true)}
			}
		}
		if url, set := s.variable("DATABASE_URL"); set {
			return []target{targetAt(what, url, 5432, false)}
		}
		return nil
	}
	at := Setting{Ref: file.ref, Path: file.path, Known: file.unread == "", Reason: file.unread, Via: strings.ToLower(file.ref.Kind)}
	if file.unread != "" {
		if s.m.Has(Database) { // the chart's own, which another row has
			return nil
		}
		return []target{hidden(what, at, 5432)}
	}
	var out []target
	for _, line := range databaseLines(file.text) {
		at.Value = line["host"]
		if at.Value == "" || strings.HasPrefix(at.Value, "/") { // a socket
			continue
		}
		for one := range strings.SplitSeq(at.Value, ",") {
			setting := at
			setting.Value = one
			out = append(out, targetAt(what, setting, first32(number(line["port"]), 5432), true))
		}
	}
	return out
}

// pgBouncerFile finds pgbouncer.ini in whatever folder it is mounted.
func (s site) pgBouncerFile() *mountedFile {
	if found := s.m.mountedAs(s.w, s.c, "pgbouncer.ini"); found != nil {
		return found
	}
	for _, mount := range s.c.VolumeMounts {
		if found := s.m.mounted(s.w, s.c, path.Join(mount.MountPath, "pgbouncer.ini")); found != nil {
			return found
		}
	}
	return nil
}

// databaseLines are the key=value pairs of each entry under [databases].
func databaseLines(text string) []map[string]string {
	var out []map[string]string
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
			continue
		}
		found := databasesLine.FindStringSubmatch(line)
		if section != "databases" || found == nil || strings.HasPrefix(line, ";") || strings.HasPrefix(line, "#") {
			continue
		}
		pairs := map[string]string{}
		for _, pair := range strings.Fields(found[1]) {
			key, value, _ := strings.Cut(pair, "=")
			pairs[key] = strings.Trim(value, `'"`)
		}
		out = append(out, pairs)
	}
	return out
}

// first32 is the first number that is not 0.
func first32(numbers ...int32) int32 {
	for _, n := range numbers {
		if n != 0 {
			return n
		}
	}
	return 0
}
