package airflow

// communityComponents translates the community chart's component label; "task"
// is what its documentation suggests for the pod template, which has none.
// Source: airflow-helm/charts 8.9.0, charts/airflow/templates/*.
var communityComponents = map[string]Component{
	"web":              Webserver,
	"scheduler":        Scheduler,
	"worker":           Worker,
	"triggerer":        Triggerer,
	"flower":           Flower,
	"pgbouncer":        PgBouncer,
	"db-migrations":    Migrations,
	"sync-users":       Sync,
	"sync-connections": Sync,
	"sync-variables":   Sync,
	"sync-pools":       Sync,
	"task":             TaskPod,
}

// communityKeys are top-level keys of the community chart's values.yaml that
// no other chart named airflow has together: Bitnami's has no "airflow".
var communityKeys = []string{"airflow", "externalDatabase", "web"}
