package airflow

// officialComponents translates the official chart's component label.
// Source: apache/airflow helm chart 1.15 to 1.22, templates/*; rpc-server only in 1.15.
var officialComponents = map[string]Component{
	"webserver":              Webserver,
	"api-server":             APIServer,
	"rpc-server":             RPCServer,
	"scheduler":              Scheduler,
	"worker":                 Worker,
	"triggerer":              Triggerer,
	"dag-processor":          DagProcessor,
	"flower":                 Flower,
	"pgbouncer":              PgBouncer,
	"redis":                  Broker,
	"statsd":                 Statsd,
	"otel-collector":         OtelCollector,
	"run-airflow-migrations": Migrations,
	"create-user-job":        CreateUser,
	"airflow-cleanup-pods":   Cleanup,
	"database-cleanup":       DatabaseCleanup,
}

// officialKeys are top-level keys of the official chart's values.yaml that no
// other chart named airflow has together.
var officialKeys = []string{"data", "images", "defaultAirflowRepository"}
