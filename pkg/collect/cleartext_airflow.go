package collect

// clearOptions are the Airflow options whose values may be shown: they decide
// about security or say where a component is, and Airflow does not count them
// as sensitive. Source: Airflow's configuration reference, 1.10 to 3.x.
var clearOptions = map[string]map[string]bool{
	"core": set("executor", "auth_manager", "load_examples", "dags_folder", "plugins_folder", "security", "secure_mode",
		"simple_auth_manager_all_admins", "simple_auth_manager_users", "simple_auth_manager_passwords_file",
		"enable_xcom_pickling", "donot_pickle", "allowed_deserialization_classes", "allowed_deserialization_classes_regexp",
		"unit_test_mode", "test_connection", "hide_sensitive_var_conn_fields", "sensitive_var_conn_names",
		"mask_secrets_content_patterns", "dagbag_import_error_tracebacks", "default_impersonation", "daemon_umask",
		"dag_run_conf_overrides_params", "execution_api_server_url", "multi_team", "database_access_isolation", "task_runner",
		"default_timezone", "hostname_callable", "remote_logging", "encrypt_s3_logs", "remote_base_log_folder", "remote_log_conn_id",
		"store_serialized_dags", "xcom_backend", "lazy_load_plugins", "load_default_connections", "logging_level",
		"max_templated_field_length", "use_historical_filename_templates", "dagbag_import_error_traceback_depth", "sql_alchemy_connect_args", "parallelism", "internal_api_url", "airflow_home"),
	"database": set("load_default_connections", "sql_alchemy_connect_args", "sql_alchemy_connect_args_async", "sql_engine_encoding",
		"sql_alchemy_schema", "external_db_managers", "check_migrations"),
	"webserver": set("rbac", "authenticate", "expose_config", "expose_hostname", "expose_stacktrace", "enable_proxy_fix",
		"proxy_fix_x_for", "proxy_fix_x_proto", "proxy_fix_x_host", "proxy_fix_x_port", "proxy_fix_x_prefix", "x_frame_enabled",
		"cookie_secure", "cookie_samesite", "session_lifetime_minutes", "session_lifetime_days", "force_log_out_after",
		"session_backend", "auth_rate_limited", "auth_rate_limit", "warn_deployment_exposure", "allow_raw_html_descriptions",
		"caching_hash_method", "run_internal_api", "web_server_host", "web_server_port", "web_server_ssl_cert",
		"web_server_ssl_key", "base_url", "config_file", "enable_swagger_ui", "default_ui_timezone", "update_fab_perms",
		"dag_default_view", "reload_on_plugin_change", "auth_backend", "workers"),
	"ldap": set("uri", "cacert"),
	"api": set("expose_config", "expose_stacktrace", "auth_backend", "auth_backends", "enable_experimental_api",
		"access_control_allow_origin", "access_control_allow_origins", "access_control_allow_headers", "access_control_allow_methods",
		"enable_swagger_ui", "enable_xcom_deserialize_support", "base_url", "host", "port", "ssl_cert", "ssl_key", "log_config", "server_type", "workers"),
	"fab": set("auth_backends", "auth_role_public", "enable_proxy_fix", "proxy_fix_x_for", "proxy_fix_x_proto", "proxy_fix_x_host",
		"proxy_fix_x_port", "proxy_fix_x_prefix", "cookie_secure", "cookie_samesite", "session_lifetime_minutes", "session_backend",
		"auth_rate_limited", "auth_rate_limit", "expose_hostname", "config_file", "update_fab_perms", "max_form_parts"),
	"api_auth": set("jwt_expiration_time", "jwt_cli_expiration_time", "jwt_audience", "jwt_issuer", "jwt_algorithm", "jwt_leeway",
		"jwt_private_key_path", "trusted_jwks_url", "jwt_kid", "jwt_refresh_threshold"),
	"keycloak_auth_manager": set("server_url", "realm", "client_id"),
	"execution_api":         set("jwt_expiration_time", "jwt_audience"),
	"simple_auth_manager":   set("all_admins"),
	"secrets":               set("backend", "use_cache", "cache_ttl_seconds", "backends_order"),
	"workers": set("secrets_backend", "execution_api_timeout", "execution_api_retries", "min_heartbeat_interval",
		"max_failed_heartbeats", "socket_cleanup_timeout"),
	"celery": set("flower_host", "flower_port", "flower_url_prefix", "ssl_active", "ssl_key", "ssl_cert", "ssl_cacert",
		"worker_enable_remote_control", "worker_concurrency", "worker_autoscale", "sync_parallelism", "celery_app_name",
		"celery_config_options", "pool", "operation_timeout", "worker_umask", "worker_log_server_port"),
	"celery_kubernetes_executor": set("kubernetes_queue"),
	"local_kubernetes_executor":  set("kubernetes_queue"),
	"kubernetes_executor": set("namespace", "multi_namespace_mode", "multi_namespace_mode_namespace_list", "pod_template_file",
		"worker_container_repository", "worker_container_tag", "delete_worker_pods", "delete_worker_pods_on_failure", "in_cluster",
		"verify_ssl", "config_file", "cluster_context", "worker_pods_creation_batch_size", "enable_tcp_keepalive"),
	"kubernetes": set("namespace", "multi_namespace_mode", "pod_template_file", "worker_container_repository", "worker_container_tag",
		"delete_worker_pods", "in_cluster", "verify_ssl", "worker_service_account_name", "image_pull_policy"),
	"logging": set("remote_logging", "encrypt_s3_logs", "remote_base_log_folder", "remote_log_conn_id", "google_key_path",
		"logging_level", "fab_logging_level", "celery_logging_level", "base_log_folder", "dag_processor_manager_log_location",
		"file_task_handler_new_folder_permissions", "file_task_handler_new_file_permissions", "worker_log_server_port",
		"trigger_log_server_port", "colored_console_log", "min_length_masked_secret", "secret_mask_adapter", "logging_config_class",
		"delete_local_logs", "use_historical_filename_templates", "task_log_reader", "dag_processor_log_target"),
	"scheduler": set("standalone_dag_processor", "allowed_run_id_pattern", "child_process_log_directory", "enable_health_check",
		"scheduler_health_check_server_port", "scheduler_health_check_server_host", "run_duration", "statsd_on", "statsd_host",
		"statsd_port", "statsd_prefix", "max_threads", "parsing_processes", "task_queued_timeout"),
	"dag_processor": set("parsing_processes", "dag_bundle_storage_path", "refresh_interval", "disable_bundle_versioning"),
	"triggerer":     set("default_capacity", "capacity", "job_heartbeat_sec"),
	"smtp":          set("smtp_host", "smtp_port", "smtp_starttls", "smtp_ssl", "smtp_timeout", "smtp_retry_limit"),
	"email":         set("ssl_context", "email_backend", "email_conn_id"),
	"metrics": set("statsd_on", "statsd_host", "statsd_port", "statsd_prefix", "statsd_datadog_enabled", "otel_on", "otel_host",
		"otel_port", "otel_ssl_active", "otel_prefix", "metrics_allow_list", "metrics_block_list"),
	"traces":                set("otel_on", "otel_host", "otel_port", "otel_ssl_active", "otel_service"),
	"sentry":                set("sentry_on"),
	"elasticsearch":         set("json_format", "log_id_template", "write_stdout", "write_to_es"),
	"elasticsearch_configs": set("verify_certs", "use_ssl", "ca_certs", "max_retries", "retry_timeout", "timeout", "http_compress", "retry_on_timeout"),
	"opensearch":            set("json_format", "log_id_template", "write_stdout"),
	"opensearch_configs":    set("verify_certs", "use_ssl", "ca_certs", "http_compress"),
	"kerberos":              set("ccache", "keytab", "reinit_frequency", "forwardable", "include_ip", "kinit_path"),
	"admin":                 set("hide_sensitive_variable_fields", "sensitive_variable_fields"),
	"operators":             set("default_owner", "default_queue", "allow_illegal_arguments"),
	"providers.jdbc":        set("allow_driver_path_in_extra", "allow_driver_class_in_extra"),
	"providers.odbc":        set("allow_driver_in_extra"),
	"sensors":               set("default_timeout"),
	"usage_data_collection": set("enabled"),
	"lineage":               set("backend"),
	"openlineage":           set("disabled", "namespace"),
	"aws":                   set("session_factory", "cloudwatch_task_handler_json_serializer"),
}

// lineOptions are the clear ones that list names of classes, often one on each line.
var lineOptions = set("allowed_deserialization_classes", "allowed_deserialization_classes_regexp")

// clearOption says whether the value of an option may be shown.
func clearOption(section, key string) bool { return clearOptions[section][key] }

// clearEnv are the environment variables, apart from Airflow's own options, whose values may be shown.
// Sources: both charts' templates, the git-sync, Flower, PostgreSQL and Redis images' documentation.
var clearEnv = set(
	"TZ", "LANG", "LC_ALL", "HOME", "TMPDIR", "PYTHONUNBUFFERED", "PYTHONPATH", "PATH", "LOG_PATH", "PGDATA", "AIRFLOW_HOME",
	"AIRFLOW_VERSION", "PYTHON_VERSION", "DUMB_INIT_SETSID", "CONNECTION_CHECK_MAX_COUNT", "CONNECTION_CHECK_SLEEP_TIME",
	"AIRFLOW_CONFIG", "AIRFLOW_UID", "AIRFLOW_GID", "_AIRFLOW_DB_MIGRATE", "_AIRFLOW_DB_UPGRADE", "_AIRFLOW_WWW_USER_CREATE",
	"AIRFLOW__LOG_RETENTION_DAYS", "AIRFLOW__LOG_RETENTION_MINUTES", "AIRFLOW__LOG_CLEANUP_FREQUENCY_MINUTES",
	"AIRFLOW_PIP_VERSION", "PIP_USER", "PIP_NO_CACHE_DIR",
	"DATABASE_HOST", "DATABASE_PORT", "REDIS_HOST", "REDIS_PORT", "REDIS_DBNUM", "REDIS_REPLICATION_MODE", "REDIS_TLS_ENABLED",
	"REDIS_MASTER_HOST", "REDIS_MASTER_PORT_NUMBER", "REDIS_AOF_ENABLED", "ALLOW_EMPTY_PASSWORD", "REDIS_TLS_PORT",
	"REDIS_TLS_AUTH_CLIENTS", "DATABASE_PROPERTIES", "REDIS_PROPERTIES", "PGSSLMODE", "PGSSLROOTCERT",
	"FLOWER_UNAUTHENTICATED_API", "FLOWER_PORT", "FLOWER_URL_PREFIX", "FLOWER_AUTH_PROVIDER", "FLOWER_ADDRESS",
	"GIT_KNOWN_HOSTS", "GIT_SYNC_KNOWN_HOSTS", "GITSYNC_SSH_KNOWN_HOSTS", "GIT_SSH_KNOWN_HOSTS_FILE",
	"GITSYNC_SSH_KNOWN_HOSTS_FILE", "GIT_SSH_KEY_FILE", "GITSYNC_SSH_KEY_FILE", "GIT_SYNC_SSH", "GITSYNC_SSH", "GIT_SYNC_BRANCH",
	"GIT_SYNC_REV", "GITSYNC_REF", "GIT_SYNC_DEPTH", "GITSYNC_DEPTH", "GIT_SYNC_ROOT", "GITSYNC_ROOT", "GIT_SYNC_DEST",
	"GITSYNC_LINK", "GIT_SYNC_ADD_USER", "GITSYNC_ADD_USER", "GIT_SYNC_PERIOD", "GITSYNC_PERIOD", "GIT_SYNC_WAIT",
	"GIT_SYNC_TIMEOUT", "GITSYNC_SYNC_TIMEOUT", "GIT_SYNC_ONE_TIME", "GITSYNC_ONE_TIME", "GIT_SYNC_HTTP_BIND", "GITSYNC_HTTP_BIND",
	"GIT_SYNC_MAX_SYNC_FAILURES", "GITSYNC_MAX_FAILURES", "GIT_SYNC_SUBMODULES", "GITSYNC_SUBMODULES", "GITSYNC_STALE_WORKTREE_TIMEOUT",
	"GIT_SYNC_MAX_FAILURES", "GITSYNC_MAX_SYNC_FAILURES",
	"POSTGRESQL_ENABLE_TLS", "POSTGRESQL_ENABLE_LDAP", "POSTGRESQL_PORT_NUMBER", "POSTGRESQL_VOLUME_DIR", "POSTGRESQL_LOG_HOSTNAME",
	"POSTGRESQL_LOG_CONNECTIONS", "POSTGRESQL_LOG_DISCONNECTIONS", "POSTGRESQL_PGAUDIT_LOG_CATALOG",
	"POSTGRESQL_CLIENT_MIN_MESSAGES", "POSTGRESQL_SHARED_PRELOAD_LIBRARIES", "BITNAMI_DEBUG", "POSTGRES_HOST_AUTH_METHOD",
	"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
	"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_SERVICE_NAME", "OTEL_TRACES_EXPORTER",
	"INTERVAL_SECONDS", "RETENTION_MINUTES", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_STS_REGIONAL_ENDPOINTS", "KUBERNETES_NAMESPACE",
)

// clearJSON are the keys of JSON options (secrets backends, DAG bundles, Celery) whose values may be shown.
// Sources: the Airflow providers' documentation of their secrets backends.
var clearJSON = set(
	"name", "classpath", "auth_type", "kubernetes_role", "mount_point", "auth_mount_point", "connections_path", "variables_path",
	"config_path", "connections_prefix", "variables_prefix", "config_prefix", "connections_lookup_pattern", "variables_lookup_pattern",
	"config_lookup_pattern", "region_name", "project_id", "kubernetes_jwt_path", "gcp_scopes", "full_url_mode", "sep", "verify",
	"url", "vault_url", "namespace", "conn_type", "type", "schema_name", "kv_engine_version", "ca_cert", "subdir", "tracking_ref",
	"git_conn_id", "repo_url", "refresh_interval", "are_secret_values_urlencoded",
	"accept_content", "result_accept_content", "task_serializer", "result_serializer", "event_serializer",
)

// secretArguments are the other arguments of secrets backends: their names are
// known, and their values never shown. Source: the same.
var secretArguments = set(
	"token", "token_path", "username", "password", "key_id", "secret_id", "role_id", "radius_host", "radius_port", "radius_secret",
	"azure_tenant_id", "azure_resource", "jwt_role", "jwt_token", "jwt_token_path", "assume_role_kwargs", "region", "use_team_secrets_path",
	"gcp_key_path", "gcp_keyfile_dict", "gcp_credential_config_file", "impersonation_chain", "gcp_service_account",
	"profile_name", "role_arn", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "endpoint_url", "extra_conn_words",
	"tenant_id", "client_id", "client_secret", "managed_identity_client_id", "workload_identity_tenant_id",
	"yc_oauth_token", "yc_sa_key_json", "yc_sa_key_json_path", "yc_connection_id", "folder_id", "endpoint",
	"connections_label", "variables_label", "config_label", "connections_data_key", "variables_data_key", "config_data_key",
	"connections_file_path", "variables_file_path",
)

// clearSettings are the names in webserver_config.py whose values may be shown.
// Source: Flask-AppBuilder's and Airflow's documentation.
var clearSettings = set(
	"AUTH_TYPE", "AUTH_ROLE_PUBLIC", "AUTH_ROLE_ADMIN", "AUTH_USER_REGISTRATION", "AUTH_USER_REGISTRATION_ROLE",
	"AUTH_ROLES_SYNC_AT_LOGIN", "AUTH_ROLES_MAPPING", "AUTH_API_LOGIN_ALLOW_MULTIPLE_PROVIDERS",
	"AUTH_LDAP_SERVER", "AUTH_LDAP_USE_TLS", "AUTH_LDAP_TLS_DEMAND", "AUTH_LDAP_ALLOW_SELF_SIGNED", "AUTH_LDAP_TLS_CACERTFILE",
	"AUTH_LDAP_TLS_CACERTDIR", "AUTH_LDAP_TLS_CERTFILE", "AUTH_LDAP_TLS_KEYFILE", "OAUTH_PROVIDERS", "OPENID_PROVIDERS",
	"WTF_CSRF_ENABLED", "WTF_CSRF_CHECK_DEFAULT", "CSRF_ENABLED", "WTF_CSRF_TIME_LIMIT", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_SAMESITE",
	"SESSION_COOKIE_HTTPONLY", "PERMANENT_SESSION_LIFETIME", "RATELIMIT_ENABLED", "RATELIMIT_STORAGE_URI", "RATELIMIT_STORAGE_URL", "AUTH_RATE_LIMITED",
	"AUTH_RATE_LIMIT", "FAB_PASSWORD_COMPLEXITY_ENABLED", "FAB_PASSWORD_HASH_METHOD", "FAB_API_SHOW_STACKTRACE",
	"FAB_API_SWAGGER_UI", "FAB_SAFE_REDIRECT_HOSTS", "SECURITY_MANAGER_CLASS", "FAB_SECURITY_MANAGER_CLASS",
	"TALISMAN_ENABLED", "ENABLE_PROXY_FIX", "AUTH_REMOTE_USER_ENV_VAR",
)

// clearPgBouncer are PgBouncer's settings whose values may be shown. Source: https://www.pgbouncer.org/config.html.
var clearPgBouncer = set(
	"host", "port", "pool_size", "pool_mode", "listen_port", "listen_addr", "auth_type", "auth_file", "auth_hba_file",
	"ignore_startup_parameters", "max_client_conn", "default_pool_size", "verbose", "log_disconnections", "log_connections",
	"server_reset_query_always", "client_tls_sslmode", "client_tls_ciphers", "client_tls_key_file", "client_tls_cert_file",
	"client_tls_ca_file", "client_tls_protocols", "server_tls_sslmode", "server_tls_ciphers", "server_tls_key_file",
	"server_tls_cert_file", "server_tls_ca_file", "server_tls_protocols", "server_round_robin", "unix_socket_dir",
	"application_name_add_host", "server_idle_timeout", "query_wait_timeout", "reserve_pool_size", "min_pool_size",
)

// clearRedis are Redis' directives whose values may be shown. Source: redis.conf of Redis 7.
var clearRedis = set(
	"appendonly", "port", "tls-port", "bind", "protected-mode", "dir", "maxmemory-policy", "maxmemory", "tls-auth-clients",
	"tls-replication", "slave-read-only", "replica-read-only", "timeout", "databases", "tls-cert-file", "tls-key-file", "tls-ca-cert-file",
)
