package airflow

import (
	"slices"
	"testing"
)

// whoNeedsWhat are facts, each with a release that has the connection and one
// that has not.
var whoNeedsWhat = []struct {
	scene, id, from, to string
	want                bool
}{
	{"official-airflow3-celery", "execution-api", "worker", "api-server", true},
	{"official-airflow2-celery", "execution-api", "worker", "webserver", false},
	{"official-airflow3-kubernetes", "execution-api", "task-pod", "api-server", true},
	{"official-airflow3-local", "execution-api", "scheduler", "api-server", true},
	{"official-airflow3-celery", "execution-api", "scheduler", "api-server", false},
	{"official-airflow3-celery", "execution-api", "triggerer", "api-server", false},
	{"official-airflow3-celery", "execution-api", "dag-processor", "api-server", false},
	{"secrets-unread", "execution-api", "worker", "api-server", false}, // its URL is another host's
	{"community-celery", "broker", "worker", "broker", true},
	{"community-celery", "broker", "flower", "broker", true},
	{"community-celery", "broker", "webserver", "broker", false},
	{"community-celery", "broker", "triggerer", "broker", false},
	{"official-airflow3-kubernetes", "broker", "scheduler", "broker", false},
	{"official-airflow3-celery", "worker-logs", "api-server", "worker", true},
	{"official-airflow3-kubernetes", "worker-logs", "api-server", "task-pod", false},
	{"official-airflow2-local", "scheduler-logs", "webserver", "scheduler", true},
	{"official-airflow2-celery", "scheduler-logs", "webserver", "scheduler", false},
	{"airflow1", "triggerer-logs", "webserver", "triggerer", false},
	{"official-airflow2-kubernetes", "database", "task-pod", "database", true},
	{"official-airflow3-kubernetes", "database", "task-pod", "database", false},
	{"official-airflow3-kubernetes", "database-at-start", "task-pod", "database", true},
	{"official-airflow3-kubernetes", "database-at-start", "cleanup", "database", true},
	{"no-start-check", "database-at-start", "cleanup", "database", false}, // its command passes the image's entrypoint by
	{"no-start-check", "database-at-start", "flower", "database", false},
	{"official-airflow3-celery", "result-backend", "worker", "database", true},
	{"official-pgbouncer", "database", "scheduler", "pgbouncer", true},
	{"official-pgbouncer", "database", "scheduler", "database", false},
	{"official-pgbouncer", "pgbouncer-database", "pgbouncer", "database", true},
	{"stores-outside", "database", "scheduler", "database", false},
	{"sidecar-proxy", "database", "scheduler", "database", false},
	{"redis-replicas", "broker-replication", "broker rel-redis-slave", "broker rel-redis-master", true},
	{"redis-replicas", "broker-replication", "broker rel-redis-master", "broker rel-redis-slave", false},
	{"redis-sentinel", "broker-replication", "broker rel-redis-master", "broker rel-redis-slave", true},
	{"database-replica", "database-replication", "database rel-postgresql-read", "database rel-postgresql-primary", true},
	{"database-replica", "database-replication", "database rel-postgresql-primary", "database rel-postgresql-read", false},
	{"database-replica", "database", "scheduler", "database rel-postgresql-read", false},
	{"internal-api", "internal-api", "triggerer", "rpc-server", true},
	{"internal-api", "internal-api", "dag-processor", "rpc-server", false},
	{"collectors", "statsd", "scheduler", "statsd", true},
	{"collectors", "statsd", "api-server", "statsd", false},
	{"collectors", "statsd", "dag-processor", "statsd", false}, // it sends elsewhere
	{"collectors", "otel", "dag-processor", "otel-collector", true},
	{"collectors", "otel", "api-server", "otel-collector", false},
	{"official-airflow3-kubernetes", "kubernetes-api", "scheduler", "kubernetes-api", true},
	{"official-airflow3-celery", "kubernetes-api", "scheduler", "kubernetes-api", false},
	{"official-airflow3-celery", "kubernetes-api", "worker", "kubernetes-api", false},
	{"declared-functions", "kubernetes-api", "worker", "kubernetes-api", true},
	{"live", "kubernetes-api-service", "scheduler", "kubernetes-api-service", true},
	{"official-airflow3-kubernetes", "kubernetes-api-service", "scheduler", "kubernetes-api-service", false},
	{"live", "dns", "statsd", "kube-dns", true},
	{"live", "dns", "operator-pod kpo-one", "dns-default", true},
	{"live", "dns-node-local", "scheduler", "node-local-dns", true},
	{"official-airflow3-celery", "dns-node-local", "scheduler", "node-local-dns", false},
	{"community-kubernetes", "dns", "operator-pod", "kube-dns", true},
	{"community-celery", "dns", "operator-pod", "kube-dns", false},
	{"entries-ingress", "web-ui", "entry-point", "api-server", true},
	{"official-airflow3-celery", "web-ui", "entry-point", "api-server", false}, // nothing leads there
	{"entries-declared", "web-ui", "entry-point", "api-server", false},         // the profile's word replaces it
	{"entries-declared", "flower-ui", "entry-point", "flower", true},
	{"entries-ingress", "metrics-entry", "entry-point", "statsd", true},
	{"entries-ingress", "entry", "entry-point", "broker", false},
	{"entries-routes", "web-ui", "entry-point", "api-server", true},
	{"others", "entry", "entry-point", "login-proxy", true},
	{"others", "named-in-settings", "login-proxy", "api-server", true},
	{"others", "named-in-settings", "exporter", "api-server", false},
	{"official-pgbouncer", "metrics-scrape", "scraper", "pgbouncer", true},
	{"keda", "metrics-scrape", "scraper", "pgbouncer", false},
	{"keda", "keda-database", "keda-operator", "database", true},
	{"keda", "keda-database", "keda-operator", "pgbouncer", false},
	{"keda-autoscaler", "keda-database", "keda-operator", "pgbouncer", true},
	{"keda-values", "keda-database", "keda-operator", "pgbouncer", true},
	{"official-pgbouncer", "keda-database", "keda-operator", "pgbouncer", false},
}

func TestWhoNeedsWhat(t *testing.T) {
	all := scenes(t)
	for _, tt := range whoNeedsWhat {
		s := all[tt.scene]
		got := slices.ContainsFunc(s.model.Flows(s.d), func(f Flow) bool {
			return f.ID == tt.id && f.From.Name == tt.from && f.To.Name == tt.to
		})
		if got != tt.want {
			t.Errorf("%s: %s from %s to %s: got %v", tt.scene, tt.id, tt.from, tt.to, got)
		}
	}
}
