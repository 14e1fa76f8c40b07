package airflow

import "strings"

// storeLabels place the subcharts' pods, which speak their own labels: the old
// stable charts "app", the newer ones "app.kubernetes.io/name".
// Sources: postgresql 8.6.4 and redis 10.5.7 (community), postgresql 13.2.24 (official).
var storeLabels = map[string]Component{
	"postgresql": Database, "mysql": Database, "mariadb": Database,
	"redis": Broker, "valkey": Broker, "rabbitmq": Broker,
	"pgbouncer": PgBouncer,
}

// mainNames are the names both charts give a component's main container, for
// forks that renamed the labels. They count only beside an Airflow image.
// Source: both charts' templates.
var mainNames = map[string]Component{
	"airflow-web": Webserver, "airflow-scheduler": Scheduler, "airflow-worker": Worker,
	"airflow-triggerer": Triggerer, "airflow-flower": Flower, "db-migrations": Migrations,
	"sync-airflow-users": Sync, "sync-airflow-connections": Sync,
	"sync-airflow-variables": Sync, "sync-airflow-pools": Sync,
	"webserver": Webserver, "api-server": APIServer, "rpc-server": RPCServer, "scheduler": Scheduler,
	"worker": Worker, "triggerer": Triggerer, "dag-processor": DagProcessor, "flower": Flower,
	"run-airflow-migrations": Migrations, "create-user": CreateUser,
	"airflow-cleanup-pods": Cleanup, "database-cleanup": DatabaseCleanup,
}

// commands are what Airflow's own command line calls its parts, the longer
// ones first. Source: airflow --help of 1.10, 2.x and 3.x.
var commands = []struct {
	words     string
	component Component
}{
	{"airflow kubernetes cleanup-pods", Cleanup},
	{"airflow db clean", DatabaseCleanup},
	{"airflow db migrate", Migrations},
	{"airflow db upgrade", Migrations},
	{"airflow upgradedb", Migrations},
	{"airflow users create", CreateUser},
	{"airflow celery worker", Worker},
	{"airflow celery flower", Flower},
	{"airflow worker", Worker},
	{"airflow flower", Flower},
	{"airflow webserver", Webserver},
	{"airflow api-server", APIServer},
	{"airflow scheduler", Scheduler},
	{"airflow triggerer", Triggerer},
	{"airflow dag-processor", DagProcessor},
}

// storeImages are the last path elements of the images that the charts run beside Airflow.
var storeImages = map[string]Component{
	"postgresql": Database, "postgres": Database, "postgresql-bitnami": Database, "mysql": Database,
	"redis": Broker, "valkey": Broker, "rabbitmq": Broker,
	"pgbouncer": PgBouncer, "statsd-exporter": Statsd,
	"opentelemetry-collector": OtelCollector, "opentelemetry-collector-contrib": OtelCollector,
}

// componentOf places a workload: by the labels of its pods, whichever chart
// wrote them, then by what its containers are and do.
func componentOf(w *Workload) Component {
	if c, known := byLabels(w.Meta.Labels); known {
		return c
	}
	for i := range w.Spec.Containers {
		c := &w.Spec.Containers[i]
		repository := imageRepository(c.Image)
		base := repository[strings.LastIndex(repository, "/")+1:]
		if component, known := storeImages[base]; known {
			return component
		}
		if !strings.Contains(repository, "airflow") {
			continue
		}
		if component, known := mainNames[c.Name]; known {
			return component
		}
		if component, known := byCommand(append(append([]string(nil), c.Command...), c.Args...)); known {
			return component
		}
	}
	return Other
}

func byLabels(labels map[string]string) (Component, bool) {
	switch { // labels that Airflow itself puts on the pods it launches
	case labels["kubernetes_executor"] == "True":
		return TaskPod, true
	case labels["kubernetes_pod_operator"] == "True":
		return OperatorPod, true
	}
	if c, known := storeLabels[labels["app.kubernetes.io/name"]]; known {
		return c, true
	}
	if c, known := storeLabels[labels["app"]]; known {
		return c, true
	}
	table := map[Dialect]map[string]Component{Official: officialComponents, Community: communityComponents}[dialectOfLabels(labels)]
	c, known := table[labels["component"]]
	return c, known
}

func byCommand(words []string) (Component, bool) {
	text := strings.Join(strings.Fields(strings.Join(words, " ")), " ")
	for _, entry := range commands {
		if strings.Contains(text, entry.words) {
			return entry.component, true
		}
	}
	return "", false
}
