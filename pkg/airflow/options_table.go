package airflow

const (
	randomPerHome = "Airflow makes a random key for each pod, so pods cannot read what others wrote"
	randomPerRun  = "Airflow makes a random key at each start, so pods do not share it"
)

// options are those that rules ask for. Sources: airflow/config_templates of
// 1.10.1 to 2.6.3 and of 2.7, 3.0 and 3.2; the rename list of `airflow config
// lint`; fab and celery providers' provider.yaml; Apache's Dockerfile (image).
var options = []option{
	{section: "core", key: "executor", defaults: []optionDefault{{value: "SequentialExecutor"}, {since: "3.0", value: "LocalExecutor"}}},
	{section: "core", key: "fernet_key", sensitive: true, defaults: []optionDefault{{note: randomPerHome}}},
	{section: "core", key: "load_examples", defaults: []optionDefault{{value: "True"}}, image: "false"},
	{section: "core", key: "auth_manager", since: "2.7", defaults: []optionDefault{
		{value: "airflow.auth.managers.fab.fab_auth_manager.FabAuthManager"},
		{since: "2.9", value: "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"},
		{since: "3.0", value: "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"},
	}},
	{section: "core", key: "simple_auth_manager_all_admins", since: "3.0", defaults: []optionDefault{{value: "False"}}},
	{section: "core", key: "simple_auth_manager_users", since: "3.0", defaults: []optionDefault{{value: "admin:admin"}}},
	{section: "core", key: "sql_alchemy_conn", until: "2.3", sensitive: true, defaults: []optionDefault{{value: "sqlite:///{AIRFLOW_HOME}/airflow.db"}}},
	{section: "database", key: "sql_alchemy_conn", since: "2.3", sensitive: true,
		older:    []olderName{{optionName{"core", "sql_alchemy_conn"}, "3.0"}},
		defaults: []optionDefault{{value: "sqlite:///{AIRFLOW_HOME}/airflow.db"}}},

	{section: "webserver", key: "secret_key", until: "3.0", sensitive: true, defaults: []optionDefault{{value: "temporary_key"}, {since: "1.10.14", note: randomPerRun}}},
	{section: "api", key: "secret_key", since: "3.0", sensitive: true,
		older:    []olderName{{optionName{"webserver", "secret_key"}, ""}},
		defaults: []optionDefault{{note: randomPerRun}}},
	{section: "api_auth", key: "jwt_secret", since: "3.0", sensitive: true, defaults: []optionDefault{{note: randomPerRun}}},
	{section: "webserver", key: "rbac", until: "2.0", defaults: []optionDefault{{value: "False"}}},
	{section: "webserver", key: "authenticate", until: "2.0", defaults: []optionDefault{{value: "False"}}},

	{section: "api", key: "auth_backend", until: "2.3", defaults: []optionDefault{
		{value: "airflow.api.auth.backend.default"}, {since: "1.10.11", value: "airflow.api.auth.backend.deny_all"},
	}},
	{section: "api", key: "auth_backends", since: "2.3", until: "3.0",
		older:    []olderName{{optionName{"api", "auth_backend"}, "3.0"}},
		defaults: []optionDefault{{value: "airflow.api.auth.backend.session"}}},
	{section: "fab", key: "auth_backends", since: "3.0", defaults: []optionDefault{{value: "airflow.providers.fab.auth_manager.api.auth.backend.session"}}},
	{section: "fab", key: "auth_role_public", since: "3.0", defaults: []optionDefault{{note: "anonymous users get no role"}}},
	{section: "api", key: "enable_experimental_api", since: "2.0", until: "3.0", defaults: []optionDefault{{value: "False"}}},

	{section: "celery", key: "broker_url", sensitive: true, defaults: []optionDefault{
		{value: "sqla+mysql://airflow:airflow@localhost:3306/airflow"}, {since: "2.0", value: "redis://redis:6379/0"}, //nolint:gosec // Airflow's own published default
	}},
	{section: "celery", key: "result_backend", sensitive: true, defaults: []optionDefault{
		{value: "db+mysql://airflow:airflow@localhost:3306/airflow"}, {since: "2.0", value: "db+postgresql://postgres:airflow@postgres/airflow"}, //nolint:gosec // Airflow's own published default
		{since: "2.4", note: "the metadata database"},
	}},
	{section: "celery", key: "flower_basic_auth", sensitive: true, defaults: []optionDefault{{note: "Flower asks for no password"}}},
	{section: "celery", key: "ssl_active", defaults: []optionDefault{{value: "False"}}},

	{section: "kubernetes", key: "pod_template_file", until: "2.5", defaults: []optionDefault{{note: "Airflow's own template"}}},
	{section: "kubernetes_executor", key: "pod_template_file", since: "2.5",
		older:    []olderName{{optionName{"kubernetes", "pod_template_file"}, "3.0"}},
		defaults: []optionDefault{{note: "Airflow's own template"}}},
	{section: "kubernetes", key: "namespace", until: "2.5", defaults: []optionDefault{{value: "default"}}},
	{section: "kubernetes_executor", key: "namespace", since: "2.5",
		older:    []olderName{{optionName{"kubernetes", "namespace"}, "3.0"}},
		defaults: []optionDefault{{value: "default"}}},
	{section: "kubernetes", key: "multi_namespace_mode", until: "2.5", defaults: []optionDefault{{value: "False"}}},
	{section: "kubernetes_executor", key: "multi_namespace_mode", since: "2.5",
		older:    []olderName{{optionName{"kubernetes", "multi_namespace_mode"}, "3.0"}},
		defaults: []optionDefault{{value: "False"}}},

	{section: "secrets", key: "backend", defaults: []optionDefault{{note: "none"}}},
	{section: "secrets", key: "backend_kwargs", sensitive: true, defaults: []optionDefault{{note: "none"}}},
}
