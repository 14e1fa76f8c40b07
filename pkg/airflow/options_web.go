package airflow

// openBackends let every request in.
var openBackends = []string{"airflow.api.auth.backend.default", "airflow.providers.fab.auth_manager.api.auth.backend.default"}

const (
	loginFile = "{AIRFLOW_HOME}/webserver_config.py"
	closed    = "no other site may call the API"
)

// webOptions are those of the pages and the API.
var webOptions = []option{
	{section: "webserver", key: "rbac", until: "2.0", defaults: plain("False"), secure: isOn()},
	{section: "webserver", key: "authenticate", until: "2.0", defaults: plain("False"), secure: isOn()},
	{section: "webserver", key: "auth_backend", until: "2.0", defaults: nothing(none)},
	{section: "ldap", key: "uri", until: "2.0", defaults: nothing(none)},
	{section: "webserver", key: "workers", until: "3.0", defaults: plain("4")},
	{section: "api", key: "workers", since: "3.0", defaults: []optionDefault{{value: "4"}, {since: "3.1", value: "1"}},
		also: []otherName{{optionName: optionName{"webserver", "workers"}}}},
	{section: "webserver", key: "expose_config", until: "3.0.1", defaults: plain("False"), secure: isOff()},
	{section: "api", key: "expose_config", since: "3.0.1", defaults: plain("False"), secure: isOff(),
		also: []otherName{{optionName: optionName{"webserver", "expose_config"}}}},
	{section: "webserver", key: "expose_hostname", since: "1.10.8", until: "3.0", secure: isOff(),
		defaults: []optionDefault{{value: "True"}, {since: "2.5.2", value: "False"}}},
	{section: "webserver", key: "expose_stacktrace", since: "1.10.8", until: "3.0", secure: isOff(),
		defaults: []optionDefault{{value: "True"}, {since: "2.4.2", value: "False"}}},
	{section: "api", key: "expose_stacktrace", since: "3.0.3", defaults: plain("False"), secure: isOff(),
		also: []otherName{{optionName: optionName{"webserver", "expose_stacktrace"}, until: "3.0"}}},
	{section: "webserver", key: "enable_proxy_fix", since: "1.10.1", until: "3.0", defaults: plain("False")},
	{section: "webserver", key: "proxy_fix_x_for", since: "1.10.7", until: "3.0", defaults: plain("1")},
	{section: "webserver", key: "proxy_fix_x_proto", since: "1.10.7", until: "3.0", defaults: plain("1")},
	{section: "webserver", key: "proxy_fix_x_host", since: "1.10.7", until: "3.0", defaults: plain("1")},
	{section: "webserver", key: "proxy_fix_x_port", since: "1.10.7", until: "3.0", defaults: plain("1")},
	{section: "webserver", key: "proxy_fix_x_prefix", since: "1.10.7", until: "3.0", defaults: plain("1")},
	{section: "webserver", key: "x_frame_enabled", since: "1.10.8", until: "3.0", gone: "send X-Frame-Options or a Content-Security-Policy from the Ingress", defaults: plain("True"), secure: isOff()},
	{section: "webserver", key: "cookie_secure", since: "1.10.3", until: "3.0", defaults: plain("False"), secure: isOn()},
	{section: "webserver", key: "cookie_samesite", since: "1.10.3", until: "3.0", secure: oneOf("Lax", "Strict"),
		defaults: []optionDefault{{note: "cookies go along with every request"}, {since: "2.0", value: "Lax"}}},
	{section: "webserver", key: "session_lifetime_days", since: "1.10.8", until: "3.0", secure: atMost(1), // 2.x takes it where session_lifetime_minutes has its default
		defaults: []optionDefault{{value: "30"}, {since: "1.10.13", note: "session_lifetime_minutes counts"}}},
	{section: "webserver", key: "force_log_out_after", since: "1.10.8", until: "3.0",
		defaults: []optionDefault{{value: "0"}, {since: "1.10.13", note: "session_lifetime_minutes counts"}}},
	{section: "webserver", key: "session_lifetime_minutes", since: "1.10.13", until: "3.0", defaults: plain("43200"), secure: atMost(1440)},
	{section: "webserver", key: "session_backend", since: "2.2.4", until: "3.0", defaults: plain("database"), secure: oneOf("database")},
	{section: "webserver", key: "auth_rate_limited", since: "2.6", until: "2.9", defaults: plain("True"), secure: isOn()},
	{section: "webserver", key: "auth_rate_limit", since: "2.6", until: "2.9", defaults: plain("5 per 40 second"), secure: fivePerFortySeconds()},
	{section: "api", key: "auth_backend", until: "2.3", secure: noWord(openBackends...), defaults: []optionDefault{
		{value: "airflow.api.auth.backend.default"}, {since: "1.10.11", value: "airflow.api.auth.backend.deny_all"},
	}},
	{section: "api", key: "auth_backends", since: "2.3", until: "3.0", secure: noWord(openBackends...),
		also:     []otherName{{optionName: optionName{"api", "auth_backend"}, until: "3.0"}},
		defaults: plain("airflow.api.auth.backend.session")},
	{section: "api", key: "enable_experimental_api", since: "2.0", until: "3.0", defaults: plain("False"), secure: isOff()},
	{section: "api", key: "access_control_allow_origin", since: "2.1", until: "2.2", defaults: nothing(closed), secure: noWord("*", "null")},
	{section: "api", key: "access_control_allow_origins", since: "2.2", defaults: nothing(closed), secure: noWord("*", "null"),
		also: []otherName{{optionName: optionName{"api", "access_control_allow_origin"}, until: "3.0"}}},
	{section: "api", key: "access_control_allow_headers", since: "2.1", defaults: nothing(none)},
	{section: "api", key: "access_control_allow_methods", since: "2.1", defaults: nothing(none)},
	{section: "api", key: "enable_xcom_deserialize_support", since: "2.7", until: "3.0", defaults: plain("False"), secure: isOff()},
	{section: "webserver", key: "enable_swagger_ui", since: "2.6", until: "3.0.2", defaults: plain("True")},
	{section: "api", key: "enable_swagger_ui", since: "3.0.2", defaults: plain("True"),
		also: []otherName{{optionName: optionName{"webserver", "enable_swagger_ui"}}}},
	{section: "webserver", key: "warn_deployment_exposure", since: "2.3", until: "3.0", defaults: plain("True"), secure: isOn()},
	{section: "webserver", key: "allow_raw_html_descriptions", since: "2.8", until: "3.0", defaults: plain("False"), secure: isOff()},
	{section: "webserver", key: "caching_hash_method", since: "2.6", until: "3.0", defaults: plain("md5")},
	{section: "webserver", key: "run_internal_api", since: "2.6", until: "3.0", defaults: plain("False"), secure: isOff()},
	{section: "webserver", key: "web_server_ssl_cert", until: "3.0", defaults: nothing("no TLS in the pod")},
	{section: "webserver", key: "web_server_ssl_key", until: "3.0", defaults: nothing("no TLS in the pod")},
	{section: "api", key: "ssl_cert", since: "3.0", defaults: nothing("no TLS in the pod"),
		also: []otherName{{optionName: optionName{"webserver", "web_server_ssl_cert"}}}},
	{section: "api", key: "ssl_key", since: "3.0", defaults: nothing("no TLS in the pod"),
		also: []otherName{{optionName: optionName{"webserver", "web_server_ssl_key"}}}},
	{section: "webserver", key: "base_url", until: "3.0", defaults: plain("http://localhost:8080")},
	{section: "api", key: "base_url", since: "3.0", defaults: nothing("relative to what the browser asks"),
		also: []otherName{{optionName: optionName{"webserver", "base_url"}, since: "3.1.6"}}},
	{section: "core", key: "execution_api_server_url", since: "3.0", secure: encrypted(),
		defaults: []optionDefault{{value: "http://localhost:8080/execution/"}, {since: "3.0.1", value: "{BASE_URL}/execution/"}}},
	{section: "webserver", key: "config_file", since: "2.7", until: "3.0", defaults: plain(loginFile)},
}

// fabOptions moved from [webserver] to [fab], most with Airflow 3. Which
// version of the provider runs no object shows. Those before 2.1.0 (Airflow
// 3.0.2) read the proxy's options under neither name, and those before 2.4.0
// (Airflow 3.0.5) the cookies': only webserver_config.py counted.
var fabOptions = []option{
	{section: "fab", key: "expose_hostname", since: "3.0", defaults: plain("False"), secure: isOff(), // Airflow itself maps the old name since 3.0.2
		also: []otherName{{optionName: optionName{"webserver", "expose_hostname"}}}},
	{section: "fab", key: "enable_proxy_fix", since: "3.0", defaults: plain("False"), also: movedToFAB("enable_proxy_fix")},
	{section: "fab", key: "proxy_fix_x_for", since: "3.0", defaults: plain("1"), also: movedToFAB("proxy_fix_x_for")},
	{section: "fab", key: "proxy_fix_x_proto", since: "3.0", defaults: plain("1"), also: movedToFAB("proxy_fix_x_proto")},
	{section: "fab", key: "proxy_fix_x_host", since: "3.0", defaults: plain("1"), also: movedToFAB("proxy_fix_x_host")},
	{section: "fab", key: "proxy_fix_x_port", since: "3.0", defaults: plain("1"), also: movedToFAB("proxy_fix_x_port")},
	{section: "fab", key: "proxy_fix_x_prefix", since: "3.0", defaults: plain("1"), also: movedToFAB("proxy_fix_x_prefix")},
	{section: "fab", key: "cookie_secure", since: "3.0", defaults: plain("False"), secure: isOn(), also: movedToFAB("cookie_secure")},
	{section: "fab", key: "cookie_samesite", since: "3.0", defaults: plain("Lax"), secure: oneOf("Lax", "Strict"), also: movedToFAB("cookie_samesite")},
	{section: "fab", key: "session_lifetime_minutes", since: "3.0", defaults: plain("43200"), secure: atMost(1440), also: movedToFAB("session_lifetime_minutes")},
	{section: "fab", key: "session_backend", since: "3.0", defaults: plain("database"), secure: oneOf("database"), also: movedToFAB("session_backend")},
	{section: "fab", key: "auth_rate_limited", since: "2.9", defaults: plain("True"), secure: isOn(), also: movedToFAB("auth_rate_limited")},
	{section: "fab", key: "auth_rate_limit", since: "2.9", defaults: plain("5 per 40 second"), secure: fivePerFortySeconds(), also: movedToFAB("auth_rate_limit")},
	{section: "fab", key: "config_file", since: "3.0", defaults: plain(loginFile), also: movedToFAB("config_file")},
	{section: "fab", key: "auth_role_public", since: "3.0", defaults: nothing("anonymous users get no role"), secure: isEmpty()},
	{section: "fab", key: "auth_backends", since: "3.0", secure: noWord(openBackends...),
		also:     []otherName{{optionName: optionName{"api", "auth_backends"}, until: "3.0"}},
		defaults: plain("airflow.providers.fab.auth_manager.api.auth.backend.session")},
}

func movedToFAB(key string) []otherName {
	return []otherName{{optionName: optionName{"webserver", key}, until: "3.0"}}
}

const simpleAuthManager = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"

// loginOptions choose who may come in.
var loginOptions = []option{
	{section: "core", key: "auth_manager", since: "2.7", secure: noneOf(simpleAuthManager), defaults: []optionDefault{
		{value: "airflow.auth.managers.fab.fab_auth_manager.FabAuthManager"},
		{since: "2.9", value: "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"},
		{since: "3.0", value: simpleAuthManager},
	}},
	{section: "core", key: "simple_auth_manager_all_admins", since: "3.0", defaults: plain("False"), secure: isOff()},
	{section: "core", key: "simple_auth_manager_users", since: "3.0", defaults: plain("admin:admin")},
	{section: "core", key: "simple_auth_manager_passwords_file", since: "3.0", defaults: plain("{AIRFLOW_HOME}/simple_auth_manager_passwords.json.generated")},
	{section: "core", key: "multi_team", since: "3.2", defaults: plain("False"), secure: isOff()},
}
