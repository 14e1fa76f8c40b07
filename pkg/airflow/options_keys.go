package airflow

// The tables' sources: airflow/config_templates and configuration.py of 1.10.1
// to 2.6.3 and of 2.7, 3.0 and 3.2 (defaults, deprecated_options,
// deprecated_sections); the rename list of `airflow config lint`; the fab,
// celery and cncf.kubernetes providers' provider.yaml; Apache's Dockerfile (image).

const (
	randomPerHome = "Airflow makes a random key for each pod, so pods cannot read what others wrote"
	randomPerRun  = "Airflow makes a random key at each start, so pods do not share it"
	none          = "none"
)

// keyOptions are keys, tokens and the stores of secrets.
var keyOptions = []option{
	{section: "core", key: "fernet_key", sensitive: "1.10", defaults: nothing(randomPerHome), secure: notEmpty()},
	{section: "core", key: "internal_api_secret_key", since: "2.10", until: "3.0", sensitive: "2.10", defaults: nothing(randomPerRun)},
	{section: "webserver", key: "secret_key", until: "3.0.2", sensitive: "2.0", secure: notEmpty(),
		defaults: []optionDefault{{value: "temporary_key"}, {since: "1.10.14", note: randomPerRun}}},
	{section: "api", key: "secret_key", since: "3.0.2", sensitive: "3.0.2", defaults: nothing(randomPerRun), secure: notEmpty(),
		also: []otherName{{optionName: optionName{"webserver", "secret_key"}}}},
	{section: "api_auth", key: "jwt_secret", since: "3.0", sensitive: "3.0", defaults: nothing(randomPerRun)}, // unsafe when empty unless jwt_private_key_path is set
	{section: "api_auth", key: "jwt_private_key_path", since: "3.0", defaults: nothing(none)},
	{section: "api_auth", key: "trusted_jwks_url", since: "3.0", defaults: nothing(none), secure: encrypted()},
	{section: "api_auth", key: "jwt_expiration_time", since: "3.0", defaults: plain("86400"), secure: atMost(86400)},
	{section: "api_auth", key: "jwt_cli_expiration_time", since: "3.0", defaults: plain("3600"), secure: atMost(3600)},
	{section: "api_auth", key: "jwt_algorithm", since: "3.0", defaults: nothing("HS512 with a shared key, else what the private key is for")},
	{section: "api_auth", key: "jwt_audience", since: "3.0", defaults: nothing("tokens of another deployment with the same key are taken"), secure: notEmpty()},
	{section: "api_auth", key: "jwt_issuer", since: "3.0", defaults: nothing("tokens of another deployment with the same key are taken"), secure: notEmpty()},
	{section: "execution_api", key: "jwt_expiration_time", since: "3.0", defaults: plain("600"), secure: atMost(600)},
	{section: "execution_api", key: "jwt_audience", since: "3.0", defaults: plain("urn:airflow.apache.org:task"), secure: noneOf("urn:airflow.apache.org:task", "")},

	{section: "secrets", key: "backend", since: "1.10.10", defaults: nothing(none), secure: notEmpty()},
	{section: "secrets", key: "backend_kwargs", since: "1.10.10", sensitive: "2.6", defaults: nothing(none)},
	{section: "secrets", key: "use_cache", since: "2.7", defaults: plain("False"), secure: isOff()},
	{section: "workers", key: "secrets_backend", since: "3.0", defaults: nothing("workers use the same as all others")},
	{section: "workers", key: "secrets_backend_kwargs", since: "3.0", sensitive: "3.0", defaults: nothing(none)},

	{section: "atlas", key: "password", until: "3.0", sensitive: "1.10", defaults: nothing(none)},
	{section: "ldap", key: "bind_password", until: "2.0", gone: "set AUTH_LDAP_BIND_PASSWORD in webserver_config.py", sensitive: "1.10", defaults: plain("insecure")},
	{section: "core", key: "dataset_manager_kwargs", since: "2.4", until: "3.0", sensitive: "2.6", defaults: nothing(none)},
	{section: "core", key: "asset_manager_kwargs", since: "3.0", sensitive: "3.0", defaults: nothing(none),
		also: []otherName{{optionName: optionName{"core", "dataset_manager_kwargs"}, until: "3.0"}}},
	{section: "keycloak_auth_manager", key: "server_url", since: "3.0", defaults: plain("http://host.docker.internal:48080"), secure: encrypted()},
	{section: "keycloak_auth_manager", key: "client_secret", since: "3.0", sensitive: "3.0", defaults: nothing(none)},
}

const sqlite = "sqlite:///{AIRFLOW_HOME}/airflow.db"

// databaseOptions are those of the metadata database.
var databaseOptions = []option{
	{section: "core", key: "sql_alchemy_conn", until: "2.3", sensitive: "1.10", defaults: plain(sqlite)},
	{section: "database", key: "sql_alchemy_conn", since: "2.3", sensitive: "2.3", defaults: plain(sqlite),
		also: []otherName{{optionName: optionName{"core", "sql_alchemy_conn"}, until: "3.0"}}},
	{section: "database", key: "sql_alchemy_conn_async", since: "3.1", sensitive: "3.1", defaults: nothing("made from sql_alchemy_conn")},
	{section: "database", key: "sql_alchemy_engine_args", since: "2.3", sensitive: "2.6", defaults: nothing(none)},
	{section: "core", key: "sql_alchemy_connect_args", since: "1.10.11", until: "2.3", defaults: nothing(none)},
	{section: "database", key: "sql_alchemy_connect_args", since: "2.3", defaults: nothing(none),
		also: []otherName{{optionName: optionName{"core", "sql_alchemy_connect_args"}, until: "3.0"}}},
	{section: "database", key: "sql_alchemy_connect_args_async", since: "3.1", defaults: nothing(none)},
	{section: "core", key: "load_default_connections", since: "1.10.10", until: "2.3", defaults: plain("True"), secure: isOff()},
	{section: "database", key: "load_default_connections", since: "2.3", until: "3.0", defaults: plain("True"), secure: isOff(),
		also: []otherName{{optionName: optionName{"core", "load_default_connections"}, until: "3.0"}}},
	{section: "core", key: "database_access_isolation", since: "2.6", until: "3.0", defaults: plain("False")},
}
