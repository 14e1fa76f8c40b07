package airflow

import "slices"

// The components that more than one row names.
var (
	webServers = []Component{Webserver, APIServer}
	// taskRunners run tasks and their callbacks; the scheduler counts for Local
	// executors, and for callbacks that it runs itself.
	taskRunners = []Component{Scheduler, DagProcessor, Triggerer, Worker, TaskPod}
)

// outsideRows are all connections out of the release that Airflow's settings
// show. Sources are the charts' templates (community 8.9.0, official 1.15 to
// 1.22) and Airflow's code (1.10 to 3.2).
var outsideRows = []outsideRow{
	{id: "database", find: metadataTargets, when: needsDatabase, inside: true, demand: Required,
		why:    "it cannot start: its state is in the metadata database, and the image waits for it",
		source: "Airflow's image, entrypoint (airflow db check); [database] sql_alchemy_conn"},
	{id: "database", who: []Component{PgBouncer}, find: pgBouncerTargets, inside: true, demand: Required,
		why:    "nothing reaches the database: PgBouncer passes all queries on",
		source: "both charts, pgbouncer.ini"},
	{id: "database-proxy", every: true, find: proxyTargets, demand: Required,
		why:    "it cannot start: the proxy beside it passes its connections on to the database",
		source: "Google Cloud's documentation of its Auth Proxies, the container's image"},
	{id: "result-backend", who: []Component{Worker, Scheduler}, when: celery, find: resultTargets, inside: true, demand: Required,
		why:    "Celery tasks fail: their states are kept there",
		source: "Airflow's Celery executor, [celery] result_backend"},
	{id: "broker", who: []Component{Worker, Scheduler, Flower}, when: celery, find: brokerTargets, inside: true, demand: Required,
		why:    "Celery tasks are neither sent nor taken",
		source: "Airflow's Celery executor, [celery] broker_url"},
	{id: "execution-api", who: []Component{Worker, TaskPod, Scheduler}, when: runsTasks, find: executionTargets, inside: true, demand: Required,
		why:    "every task fails: Airflow 3 tasks report to the execution API",
		source: "Airflow 3, [core] execution_api_server_url"},
	{id: "git", every: true, find: gitTargets, demand: Required,
		why:    "DAG files are not fetched, and its pods do not start",
		source: "both charts, dags.gitSync.repo; git-sync's manual"},
	{id: "dag-bundle", who: taskRunners, when: runsBundles, find: bundleTargets, demand: Required,
		why:    "DAG files are missing or stale: Airflow fetches the bundle from there",
		source: "Airflow 3, [dag_processor] dag_bundle_config_list"},
	{id: "pip", every: true, when: installs, find: pipTargets, demand: Required,
		why:    "its pods do not start: they install Python packages first",
		source: "community chart, airflow.extraPipPackages; Airflow's image, _PIP_ADDITIONAL_REQUIREMENTS"},
	{id: "secrets-backend", when: asksSecrets, find: secretTargets, demand: Required,
		why:    "connections, variables and options that stand in the secrets backend are missing",
		source: "Airflow, [secrets] backend and [workers] secrets_backend"},
	{id: "vault-agent", every: true, when: onMain, find: agentTargets, demand: Required,
		why:    "its pods do not start: the injected agent fetches secrets from Vault first",
		source: "vault-k8s, annotation " + vaultInject},
	{id: "cloud-identity", every: true, when: callsClouds, find: identityTargets, demand: Required,
		why:    "calls to the cloud's API have no credentials",
		source: "EKS, GKE and Azure workload identity, annotations of the service account"},
	{id: "cloud-identity", every: true, find: podIdentityTargets, demand: Required,
		why:    "calls to AWS have no credentials",
		source: "EKS Pod Identity, AWS_CONTAINER_CREDENTIALS_FULL_URI"},
	{id: "kerberos", every: true, find: kerberosTargets, demand: Required,
		why:    "its pods do not start: a Kerberos ticket is fetched first",
		source: "the official chart's containers kerberos-init and worker-kerberos"},
	{id: "remote-logs", who: []Component{Webserver, APIServer, Scheduler, Triggerer, Worker, TaskPod}, when: handlesLogs, find: logTargets, demand: Required,
		why:    "task logs are neither kept nor shown",
		source: "Airflow, [logging] remote_logging, [elasticsearch] host, [opensearch] host"},
	{id: "identity-provider", who: webServers, find: oauthTargets, demand: Required,
		why:    "nobody can log in through it",
		source: "Flask-AppBuilder, OAUTH_PROVIDERS in webserver_config.py"},
	{id: "identity-provider", who: webServers, find: ldapTargets, demand: Required,
		why:    "nobody can log in through it",
		source: "Flask-AppBuilder, AUTH_LDAP_SERVER in webserver_config.py"},
	{id: "identity-provider", who: webServers, find: authManagerTargets, demand: Required,
		why:    "nobody can log in through it, or no token can be checked",
		source: "Airflow's auth managers, [keycloak_auth_manager] server_url and [api_auth] trusted_jwks_url"},
	{id: "mail", who: taskRunners, find: mailTargets, demand: Optional,
		why:    "alerts by mail are not sent",
		source: "Airflow, [smtp] smtp_host and [email] email_backend"},
	{id: "statsd", find: statsdTargets, inside: true, demand: Optional,
		why:    "metrics are lost",
		source: "Airflow, [metrics] statsd_host"},
	{id: "otel", find: otelTargets, inside: true, demand: Optional,
		why:    "metrics and traces are lost",
		source: "Airflow, [metrics] otel_host, [traces] otel_host; OpenTelemetry's OTEL_EXPORTER_OTLP_ENDPOINT"},
	{id: "datadog", every: true, find: datadogTargets, demand: Optional,
		why:    "traces and metrics for Datadog are lost",
		source: "Datadog's documentation, DD_AGENT_HOST"},
	{id: "sentry", who: taskRunners, find: sentryTargets, demand: Optional,
		why:    "errors are not reported",
		source: "Airflow, [sentry] sentry_dsn"},
	{id: "lineage", who: taskRunners, find: lineageTargets, demand: Optional,
		why:    "events of data lineage are lost",
		source: "the OpenLineage provider, [openlineage] transport"},
	{id: "telemetry", who: []Component{Scheduler}, when: collectsUsage, find: scarfTargets, demand: Optional,
		why:    "Airflow's developers get no report of its version and settings",
		source: "Airflow 2.10, airflow/utils/usage_data_collection.py"},
}

func celery(s site) bool { return s.m.Celery() }

// needsDatabase leaves out Airflow 3's task pods where the image does not wait for the database: tasks never ask it.
// Source: Airflow's image, entrypoint, CONNECTION_CHECK_MAX_COUNT.
func needsDatabase(s site) bool {
	if s.m.Major < 3 || s.w.Component != TaskPod && s.w.Component != Worker {
		return true
	}
	checks, set := s.variable("CONNECTION_CHECK_MAX_COUNT")
	return !set || !checks.Clear() || checks.Value != "0"
}

// runsTasks is for the pods that tasks of Airflow 3 run in.
func runsTasks(s site) bool {
	return s.m.Major >= 3 && (s.w.Component != Scheduler || s.m.Local())
}

func executionTargets(s site) []target {
	at, set := s.option("core", "execution_api_server_url")
	if !set {
		return nil
	}
	return []target{targetAt("the execution API", at, 443, false)}
}

// runsBundles is for the pods that read DAG files in Airflow 3.
func runsBundles(s site) bool {
	return s.m.Major >= 3 && (s.w.Component != Scheduler || s.m.Local())
}

// handlesLogs is for those that write task logs, and the web servers that show them.
func handlesLogs(s site) bool {
	return remoteLogging(s) && (s.w.Component != Scheduler || s.m.Local())
}

// onMain asks once for what holds for the whole pod, also where Airflow does not run in it.
func onMain(s site) bool { return s.c.Role == Main }

// callsClouds leaves out what shares a service account and has nothing to ask a cloud for.
func callsClouds(s site) bool {
	return onMain(s) && (s.w.Component.RunsDagCode() || s.w.Component.RunsAirflow() && asksSecrets(s))
}

// collectsUsage is for the versions that report home unless told not to.
func collectsUsage(s site) bool {
	at, set := s.option("usage_data_collection", "enabled")
	if on, clear := at.On(); set && clear && !on {
		return false
	}
	off, _ := s.variable("SCARF_ANALYTICS")
	return s.m.Major == 2 && !s.m.before("2.10") && !slices.Contains([]string{"false", "no", "0"}, off.Value)
}

func scarfTargets(s site) []target {
	return []target{fixed("Scarf", "apacheairflow.gateway.scarf.sh", Setting{Ref: s.w.Ref, Path: s.c.Path}, 443)}
}
