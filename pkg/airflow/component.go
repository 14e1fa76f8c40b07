package airflow

// Component is a part of Airflow, in Airflow's own words.
type Component string

// The components of both charts. The community chart's "web" is Webserver;
// Airflow 3 has an APIServer instead.
const (
	Webserver       Component = "webserver"
	APIServer       Component = "api-server"
	Scheduler       Component = "scheduler"
	Worker          Component = "worker"
	Triggerer       Component = "triggerer"
	DagProcessor    Component = "dag-processor"
	Flower          Component = "flower"
	PgBouncer       Component = "pgbouncer"
	Database        Component = "database"
	Broker          Component = "broker"
	Statsd          Component = "statsd"
	OtelCollector   Component = "otel-collector"
	Migrations      Component = "migrations"
	CreateUser      Component = "create-user"
	Sync            Component = "sync"
	Cleanup         Component = "cleanup"
	DatabaseCleanup Component = "database-cleanup"
	TaskPod         Component = "task-pod"
	// OperatorPod is a pod that a task started with KubernetesPodOperator: DAG authors choose its image and all else.
	OperatorPod Component = "operator-pod"
	// RPCServer is the internal API server that charts before Airflow 3 could run.
	RPCServer Component = "rpc-server"
	// Other is a workload of the release that no chart knows: an extra manifest, or a fork's own.
	Other Component = "other"
)

// Components are all of them, in the order a report lists them.
var Components = []Component{
	Webserver, APIServer, RPCServer, Scheduler, DagProcessor, Triggerer, Worker, TaskPod, OperatorPod, Flower,
	Database, PgBouncer, Broker, Statsd, OtelCollector,
	Migrations, CreateUser, Sync, Cleanup, DatabaseCleanup, Other,
}

// RunsDagCode says whether DAG authors' code runs in the component's pods.
func (c Component) RunsDagCode() bool {
	switch c {
	case Worker, TaskPod, OperatorPod, Triggerer, DagProcessor:
		return true
	}
	return false
}

// RunsAirflow says whether the component's main container is Airflow itself,
// and so reads Airflow's settings; the stores and exporters beside it do not.
func (c Component) RunsAirflow() bool {
	switch c {
	case PgBouncer, Database, Broker, Statsd, OtelCollector, OperatorPod, Other:
		return false
	}
	return true
}

// chartWords are what the charts call a component that Airflow calls otherwise.
var chartWords = map[string]Component{
	"web": Webserver, "redis": Broker, "postgresql": Database, "postgres": Database,
	"workers": Worker, "db-migrations": Migrations, "run-airflow-migrations": Migrations, "create-user-job": CreateUser,
}

// ComponentWords are all words for components, Airflow's and the charts', each with Airflow's.
func ComponentWords() map[string]string {
	out := map[string]string{}
	for _, c := range Components {
		out[string(c)] = string(c)
	}
	for word, c := range chartWords {
		out[word] = string(c)
	}
	return out
}
