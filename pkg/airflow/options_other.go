package airflow

// logOptions moved from [core] to [logging] with Airflow 2.
var logOptions = []option{
	{section: "core", key: "encrypt_s3_logs", until: "2.0", defaults: plain("False"), secure: isOn()},
	{section: "logging", key: "encrypt_s3_logs", since: "2.0", defaults: plain("False"), secure: isOn(), also: fromCore("encrypt_s3_logs")},
	{section: "core", key: "remote_logging", until: "2.0", defaults: plain("False"), secure: isOn()},
	{section: "logging", key: "remote_logging", since: "2.0", defaults: plain("False"), secure: isOn(), also: fromCore("remote_logging")},
	{section: "core", key: "remote_base_log_folder", until: "2.0", defaults: nothing(none)},
	{section: "logging", key: "remote_base_log_folder", since: "2.0", defaults: nothing(none), also: fromCore("remote_base_log_folder")},
	{section: "core", key: "remote_log_conn_id", until: "2.0", defaults: nothing(none), secure: isEmpty()},
	{section: "logging", key: "remote_log_conn_id", since: "2.0", defaults: nothing(none), secure: isEmpty(), also: fromCore("remote_log_conn_id")},
	{section: "logging", key: "google_key_path", since: "2.0", defaults: nothing("the pod's own identity"), secure: isEmpty()},
	{section: "logging", key: "remote_task_handler_kwargs", since: "2.6", sensitive: "2.6", defaults: nothing(none)},
	{section: "core", key: "logging_level", until: "2.0", defaults: plain("INFO"), secure: noneOf("DEBUG")},
	{section: "logging", key: "logging_level", since: "2.0", defaults: plain("INFO"), secure: noneOf("DEBUG"), also: fromCore("logging_level")},
	{section: "logging", key: "file_task_handler_new_folder_permissions", since: "2.6", defaults: plain("0o775"), secure: notWritable()},
	{section: "logging", key: "file_task_handler_new_file_permissions", since: "2.6", defaults: plain("0o664"), secure: notWritable()},
	{section: "core", key: "use_historical_filename_templates", since: "2.11.1", until: "2.11.2", defaults: plain("False"), secure: isOff()},
	{section: "logging", key: "use_historical_filename_templates", since: "2.11.2", until: "3.0", defaults: plain("False"), secure: isOff(), also: fromCore("use_historical_filename_templates")},
	{section: "celery", key: "worker_log_server_port", until: "2.2", defaults: plain("8793")},
	{section: "logging", key: "worker_log_server_port", since: "2.2", defaults: plain("8793"),
		also: []otherName{{optionName: optionName{"celery", "worker_log_server_port"}, until: "3.0"}}},
	{section: "logging", key: "trigger_log_server_port", since: "2.6", defaults: plain("8794")},
}

func fromCore(key string) []otherName {
	return []otherName{{optionName: optionName{"core", key}, until: "3.0"}}
}

// otherOptions are those of mail, metrics, search and Kerberos.
var otherOptions = []option{
	{section: "smtp", key: "smtp_starttls", defaults: plain("True"), secure: isOn()},
	{section: "smtp", key: "smtp_ssl", defaults: plain("False")}, // safe with smtp_starttls, too
	{section: "smtp", key: "smtp_user", until: "3.0", gone: "use the connection smtp_default", defaults: nothing(none)},
	{section: "smtp", key: "smtp_password", until: "3.0", gone: "use the connection smtp_default", sensitive: "1.10", defaults: nothing(none)},
	{section: "email", key: "ssl_context", since: "2.7", defaults: plain("default"), secure: oneOf("default")},
	{section: "sentry", key: "sentry_dsn", since: "1.10.4", sensitive: "2.6", defaults: nothing(none)},
	{section: "scheduler", key: "statsd_on", until: "2.0", defaults: plain("False")},
	{section: "metrics", key: "statsd_on", since: "2.0", defaults: plain("False"),
		also: []otherName{{optionName: optionName{"scheduler", "statsd_on"}, until: "3.0"}}},
	{section: "metrics", key: "otel_ssl_active", since: "2.7", defaults: plain("False"), secure: isOn()},
	{section: "traces", key: "otel_ssl_active", since: "2.10", defaults: plain("False"), secure: isOn()},
	{section: "elasticsearch", key: "host", since: "1.10.4", defaults: nothing(none), secure: encrypted(),
		also: []otherName{{optionName: optionName{"elasticsearch", "elasticsearch_host"}, until: "2.0"}}},
	{section: "elasticsearch_configs", key: "verify_certs", since: "1.10.5", defaults: plain("True"), secure: isOn()},
	{section: "elasticsearch_configs", key: "use_ssl", since: "1.10.5", defaults: plain("False")},
	{section: "opensearch", key: "host", since: "2.8", defaults: nothing(none), secure: encrypted()},
	{section: "opensearch_configs", key: "verify_certs", since: "2.8", defaults: plain("False"), secure: isOn()},
	{section: "opensearch_configs", key: "use_ssl", since: "2.8", defaults: plain("False")},
	{section: "opensearch", key: "username", since: "2.8", sensitive: "2.8", defaults: nothing(none)},
	{section: "opensearch", key: "password", since: "2.8", sensitive: "2.8", defaults: nothing(none)},
	{section: "kerberos", key: "ccache", defaults: plain("/tmp/airflow_krb5_ccache")},
	{section: "kerberos", key: "forwardable", since: "2.2", defaults: plain("True")},
}
