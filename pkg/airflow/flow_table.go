package airflow

// flowRow is one connection between a release's own pods.
type flowRow struct {
	id     string
	from   []Component
	when   condition
	to     destination
	demand Demand
	// why says what stops without it.
	why, source string
}

// These read and write the metadata database whatever the version.
var databaseUsers = []Component{
	Webserver, APIServer, RPCServer, Scheduler, DagProcessor, Triggerer, Migrations, CreateUser, Sync, DatabaseCleanup,
}

// runsAirflow are the components whose main container is Airflow.
var runsAirflow = componentsThat(Component.RunsAirflow)

// webTier serves the user interface.
var webTier = []Component{Webserver, APIServer}

const (
	communityConnection = "airflow-helm/charts 8.9.0 templates/config/secret-config-envs.yaml"
	officialConnection  = "apache/airflow chart templates/secrets/metadata-connection-secret.yaml"
)

// flowRows is who connects to whom inside a release. What is not here needs
// nothing: statsd, exporters, log groomers and a lone database open no
// connection, Airflow 3's triggerer and dag-processor talk to an execution API
// in their own process, Celery workers meet each other only through the
// broker, and of the community chart's pods that carry the broker's variables
// only three use them.
var flowRows = []flowRow{
	{
		id: "database", from: databaseUsers, to: toStore(metadataStore), demand: Required,
		why: "it cannot start: its state is in the metadata database", source: communityConnection + "; " + officialConnection,
	}, {
		id: "database", from: []Component{Worker, TaskPod}, when: inAirflow2, to: toStore(metadataStore), demand: Required,
		why: "Airflow 2 tasks fail: they read and write their state in the metadata database", source: "airflow/jobs/local_task_job_runner.py (2.x)",
	}, {
		id: "result-backend", from: []Component{Worker, Scheduler}, when: withCelery, to: toStore(resultStore), demand: Required,
		why: "Celery tasks fail: their states are kept there", source: "airflow/providers/celery/executors/default_celery.py",
	}, {
		id: "database-at-start", from: []Component{Worker, TaskPod, Flower, Cleanup}, when: checkingAtStart, to: toStore(metadataStore), demand: Required,
		why: "its pods do not start: the image or an init container checks the database first", source: "apache/airflow scripts/docker/entrypoint_prod.sh (wait_for_airflow_db); both charts' wait-for-migrations",
	}, {
		id: "pgbouncer-database", from: []Component{PgBouncer}, to: destination{"the metadata database", toUpstream}, demand: Required,
		why: "nothing reaches the database: PgBouncer passes all queries on", source: "both charts' pgbouncer.ini",
	}, {
		id: "broker", from: []Component{Scheduler, Worker, Flower}, when: withCelery, to: toStore(brokerStore), demand: Required,
		why: "Celery tasks are neither sent nor taken", source: "apache/airflow chart templates/redis/redis-networkpolicy.yaml",
	}, {
		id: "broker-replication", from: []Component{Broker}, to: destination{"the master", toPrimary}, demand: Required,
		why: "Redis replicas get no data", source: "redis 10.5.7 templates/redis-slave-statefulset.yaml",
	}, {
		id: "database-replication", from: []Component{Database}, to: destination{"the primary", toPrimary}, demand: Required,
		why: "the database's replicas get no data", source: "postgresql 8.6.4 templates/statefulset-slaves.yaml; postgresql 13.2.24 templates/read/statefulset.yaml",
	}, {
		id: "execution-api", from: []Component{Worker}, when: inAirflow3.and(withCelery), to: toServer(APIServer, "execution_api_server_url"), demand: Required,
		why: "every task fails: Airflow 3 tasks report to the execution API", source: "airflow/config_templates/config.yml [core] execution_api_server_url",
	}, {
		id: "execution-api", from: []Component{TaskPod}, when: inAirflow3, to: toServer(APIServer, "execution_api_server_url"), demand: Required,
		why: "every task fails: Airflow 3 tasks report to the execution API", source: "airflow/config_templates/config.yml [core] execution_api_server_url",
	}, {
		id: "execution-api", from: []Component{Scheduler}, when: inAirflow3.and(withLocal), to: toServer(APIServer, "execution_api_server_url"), demand: Required,
		why: "every task in the scheduler fails: Airflow 3 tasks report to the execution API", source: "airflow/executors/local_executor.py (3.x)",
	}, {
		id: "internal-api", from: []Component{Worker, TaskPod, Triggerer, DagProcessor}, when: isolatingDatabase, to: toServer(RPCServer, "internal_api_url"), demand: Required,
		why: "it cannot start: it reaches the database only through the internal API", source: "airflow/config_templates/config.yml [core] internal_api_url (2.x); apache/airflow chart 1.15 templates/rpc-server",
	}, {
		id: "worker-logs", from: webTier, to: toLogs(Worker), demand: Required,
		why: "logs of running tasks cannot be seen in the web UI", source: "airflow/utils/serve_logs; both charts' worker Service",
	}, {
		id: "triggerer-logs", from: webTier, when: since("2.6"), to: toLogs(Triggerer), demand: Required,
		why: "logs of deferred tasks cannot be seen in the web UI", source: "airflow/jobs/triggerer_job_runner.py; apache/airflow chart templates/triggerer/triggerer-service.yaml",
	}, {
		id: "scheduler-logs", from: webTier, when: withLocal, to: toLogs(Scheduler), demand: Required,
		why: "logs of running tasks cannot be seen in the web UI", source: "apache/airflow chart templates/scheduler/scheduler-service.yaml",
	}, {
		id: "statsd", from: runsAirflow, when: sendingStatsd, to: destination{"statsd", toStatsd}, demand: Optional,
		why: "metrics are lost", source: "apache/airflow chart templates/statsd/statsd-service.yaml",
	}, {
		id: "otel", from: runsAirflow, when: sendingOtel, to: destination{"otel-collector", toOtel}, demand: Optional,
		why: "metrics and traces are lost", source: "apache/airflow chart 1.22 templates/otel-collector",
	}, {
		id: "named-in-settings", from: []Component{Other}, to: destination{"whom its settings name", toNamed}, demand: Required,
		why: "it cannot do its work: its settings name the address", source: "the workload's own arguments and variables",
	},
}
