package airflow

// codeOptions are about what DAG code may do and what is shown of it.
var codeOptions = []option{
	{section: "core", key: "executor", defaults: []optionDefault{{value: "SequentialExecutor"}, {since: "3.0", value: "LocalExecutor"}}},
	{section: "core", key: "enable_xcom_pickling", until: "3.0", secure: isOff(),
		defaults: []optionDefault{{value: "True"}, {since: "2.0", value: "False"}}},
	{section: "core", key: "donot_pickle", until: "3.0", secure: isOn(),
		defaults: []optionDefault{{value: "False"}, {since: "2.0", value: "True"}}},
	{section: "core", key: "allowed_deserialization_classes", since: "2.5", secure: noWord("*", "**", ".*", "^.*$", ".+"),
		defaults: []optionDefault{{value: `airflow\..*`}, {since: "2.8.2", value: "airflow.*"}}},
	{section: "core", key: "allowed_deserialization_classes_regexp", since: "2.8.2", secure: noWord(".*", "^.*", "^.*$", ".+", "^.+$"),
		defaults: nothing("only what allowed_deserialization_classes names")},
	{section: "core", key: "load_examples", defaults: plain("True"), secure: isOff(), image: "false"},
	{section: "core", key: "unit_test_mode", defaults: plain("False"), secure: isOff()},
	{section: "core", key: "test_connection", since: "2.7", defaults: plain("Disabled"), secure: oneOf("Disabled", "Hidden")},
	{section: "providers.jdbc", key: "allow_driver_path_in_extra", since: "2.4", defaults: plain("False"), secure: isOff()},
	{section: "providers.jdbc", key: "allow_driver_class_in_extra", since: "2.4", defaults: plain("False"), secure: isOff()},
	{section: "providers.odbc", key: "allow_driver_in_extra", since: "2.4", defaults: plain("False"), secure: isOff()},
	{section: "admin", key: "hide_sensitive_variable_fields", until: "2.1", defaults: plain("True"), secure: isOn()},
	{section: "core", key: "hide_sensitive_var_conn_fields", since: "2.1", defaults: plain("True"), secure: isOn(),
		also: []otherName{{optionName: optionName{"admin", "hide_sensitive_variable_fields"}, until: "3.0"}}},
	{section: "admin", key: "sensitive_variable_fields", until: "2.1", defaults: nothing("Airflow's own list of names")},
	{section: "core", key: "sensitive_var_conn_names", since: "2.1", defaults: nothing("Airflow's own list of names"),
		also: []otherName{{optionName: optionName{"admin", "sensitive_variable_fields"}, until: "3.0"}}},
	{section: "core", key: "mask_secrets_content_patterns", since: "3.4", defaults: plain("False"), secure: isOn()},
	{section: "logging", key: "min_length_masked_secret", since: "3.0", defaults: plain("5"), secure: atMost(5)},
	{section: "logging", key: "secret_mask_adapter", since: "2.6", defaults: nothing(none)},
	{section: "core", key: "max_templated_field_length", since: "2.9", defaults: plain("4096")},
	{section: "core", key: "dagbag_import_error_tracebacks", since: "2.0", defaults: plain("True")},
	{section: "core", key: "dagbag_import_error_traceback_depth", since: "2.0", defaults: plain("2")},
	{section: "core", key: "security", defaults: nothing("no Kerberos")},
	{section: "core", key: "secure_mode", until: "2.0", defaults: plain("False"), secure: isOn()},
	{section: "core", key: "default_impersonation", defaults: nothing("tasks run as Airflow's own user")},
	{section: "core", key: "daemon_umask", since: "2.3.4", defaults: plain("0o077"), secure: oneOf("0o077", "0o177", "077")},
	{section: "core", key: "dag_run_conf_overrides_params", defaults: []optionDefault{{value: "False"}, {since: "2.0", value: "True"}}},
	{section: "core", key: "plugins_folder", defaults: plain("{AIRFLOW_HOME}/plugins")},
	{section: "core", key: "dags_folder", defaults: plain("{AIRFLOW_HOME}/dags")},
	{section: "scheduler", key: "allowed_run_id_pattern", since: "2.6.3", defaults: plain("^[A-Za-z0-9_.~:+-]+$"), secure: noneOf("", ".*", "^.*$", ".+", "^.+$")},
	{section: "scheduler", key: "standalone_dag_processor", since: "2.3", until: "3.0", defaults: plain("False"), secure: isOn()},
	{section: "dag_processor", key: "dag_bundle_config_list", since: "3.0",
		defaults: plain(`[{"name": "dags-folder", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {}}]`)},
}

// celeryOptions are those of the broker, the workers and Flower.
var celeryOptions = []option{
	{section: "celery", key: "broker_url", sensitive: "1.10", also: fromCelery("broker_url"), defaults: []optionDefault{
		{value: "sqla+mysql://airflow:airflow@localhost:3306/airflow"}, {since: "2.0", value: "redis://redis:6379/0"}, //nolint:gosec // Airflow's own published default
	}},
	{section: "celery", key: "result_backend", sensitive: "1.10", also: fromCelery("result_backend"), defaults: []optionDefault{
		{value: "db+mysql://airflow:airflow@localhost:3306/airflow"}, {since: "2.0", value: "db+postgresql://postgres:airflow@postgres/airflow"}, //nolint:gosec // Airflow's own published default
		{since: "2.4", note: "the metadata database"},
	}},
	{section: "celery", key: "flower_basic_auth", since: "1.10.2", sensitive: "1.10.8", defaults: nothing("Flower asks for no password"), secure: notEmpty()},
	{section: "celery", key: "flower_host", defaults: plain("0.0.0.0")},
	{section: "celery", key: "flower_url_prefix", defaults: nothing(none)},
	{section: "celery", key: "ssl_active", defaults: plain("False"), secure: isOn(), also: fromCelery("ssl_active")},
	{section: "celery", key: "worker_enable_remote_control", since: "2.3", defaults: plain("True"), secure: isOff()},
	{section: "celery", key: "extra_celery_config", defaults: plain("{}")},
	{section: "celery_broker_transport_options", key: "sentinel_kwargs", sensitive: "2.6", defaults: nothing(none)},
	{section: "celery_result_backend_transport_options", key: "sentinel_kwargs", sensitive: "2.6", defaults: nothing(none)},
}

// fromCelery are the names of Airflow 1.
func fromCelery(key string) []otherName {
	return []otherName{{optionName: optionName{"celery", "celery_" + key}, until: "2.0"}}
}

// kubernetesOptions are those of the KubernetesExecutor; [kubernetes] became [kubernetes_executor] in 2.5.
var kubernetesOptions = []option{
	{section: "kubernetes", key: "pod_template_file", since: "1.10.11", until: "2.5", defaults: nothing("Airflow's own template")},
	{section: "kubernetes_executor", key: "pod_template_file", since: "2.5", defaults: nothing("Airflow's own template"), also: fromKubernetes("pod_template_file")},
	{section: "kubernetes", key: "namespace", until: "2.5", defaults: plain("default"), secure: noneOf("default")},
	{section: "kubernetes_executor", key: "namespace", since: "2.5", defaults: plain("default"), secure: noneOf("default"), also: fromKubernetes("namespace")},
	{section: "kubernetes", key: "multi_namespace_mode", since: "1.10.12", until: "2.5", defaults: plain("False"), secure: isOff()},
	{section: "kubernetes_executor", key: "multi_namespace_mode", since: "2.5", defaults: plain("False"), secure: isOff(), also: fromKubernetes("multi_namespace_mode")},
	{section: "kubernetes", key: "verify_ssl", since: "2.1", until: "2.5", defaults: plain("True"), secure: isOn()},
	{section: "kubernetes_executor", key: "verify_ssl", since: "2.5", defaults: plain("True"), secure: isOn(), also: fromKubernetes("verify_ssl")},
	{section: "kubernetes", key: "in_cluster", until: "2.5", defaults: plain("True"), secure: isOn()},
	{section: "kubernetes_executor", key: "in_cluster", since: "2.5", defaults: plain("True"), secure: isOn(), also: fromKubernetes("in_cluster")},
	{section: "kubernetes", key: "delete_worker_pods", until: "2.5", defaults: plain("True"), secure: isOn()},
	{section: "kubernetes_executor", key: "delete_worker_pods", since: "2.5", defaults: plain("True"), secure: isOn(), also: fromKubernetes("delete_worker_pods")},
	{section: "kubernetes", key: "git_password", until: "2.0", gone: "give git-sync a Secret", sensitive: "1.10", defaults: nothing(none), secure: isEmpty()},
	{section: "kubernetes", key: "gcp_service_account_keys", until: "2.0", gone: "use workload identity", defaults: nothing(none), secure: isEmpty()},
}

func fromKubernetes(key string) []otherName {
	return []otherName{{optionName: optionName{"kubernetes", key}, until: "3.0"}}
}
