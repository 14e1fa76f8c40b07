package airflow

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// officialComponents and communityComponents translate each chart's own
// component label. Sources: charts.md section 2 of both charts' templates.
var officialComponents = map[string]Component{
	"webserver": Webserver, "api-server": APIServer, "scheduler": Scheduler, "worker": Worker,
	"triggerer": Triggerer, "dag-processor": DagProcessor, "flower": Flower, "pgbouncer": PgBouncer,
	"redis": Broker, "statsd": Statsd, "otel-collector": OtelCollector,
	"run-airflow-migrations": Migrations, "create-user-job": CreateUser,
	"airflow-cleanup-pods": Cleanup, "database-cleanup": DatabaseCleanup,
}

var communityComponents = map[string]Component{
	"web": Webserver, "scheduler": Scheduler, "worker": Worker, "triggerer": Triggerer,
	"flower": Flower, "pgbouncer": PgBouncer, "db-migrations": Migrations,
	"sync-users": Sync, "sync-connections": Sync, "sync-variables": Sync, "sync-pools": Sync,
}

// componentOf places a workload by its pods' labels, whichever chart wrote them.
func componentOf(_ *snapshot.Object, w *Workload, _ Identity) (Component, string) {
	labels := w.Meta.Labels
	table := officialComponents
	if labels["app"] == "airflow" && labels["tier"] == "" {
		table = communityComponents
	}
	if c, known := table[labels["component"]]; known {
		return c, labels["worker-set"]
	}
	switch {
	case labels["app.kubernetes.io/name"] == "postgresql", labels["app"] == "postgresql":
		return Database, ""
	case labels["app.kubernetes.io/name"] == "redis", labels["app"] == "redis":
		return Broker, ""
	case labels["kubernetes_executor"] == "True":
		return TaskPod, ""
	}
	return Other, ""
}

// imageVersion is the version in an Airflow image's tag: apache/airflow:2.8.4-python3.9 → 2.8.4.
func imageVersion(image string) string {
	name, tag, found := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	if !found || !strings.Contains(name, "airflow") {
		return ""
	}
	tag, _, _ = strings.Cut(tag, "@")
	version, _, _ := strings.Cut(tag, "-")
	if version == "" || version[0] < '1' || version[0] > '9' {
		return ""
	}
	return version
}

func versionFromImages(list []*Workload) string {
	for _, component := range []Component{Scheduler, APIServer, Webserver, Worker, TaskPod} {
		for _, w := range list {
			if w.Component != component {
				continue
			}
			for _, c := range w.Containers() {
				if v := imageVersion(c.Image); v != "" {
					return v
				}
			}
		}
	}
	return ""
}
