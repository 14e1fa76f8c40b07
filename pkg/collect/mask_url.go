package collect

import (
	"net/url"
	"strings"
)

// schemes are those of the stores, brokers, backends and sites Airflow talks to.
// Each part of a compound scheme (db+postgresql, postgresql+psycopg2) must be known.
var schemes = set(
	"http", "https", "ws", "wss", "ftp", "sftp", "ssh", "git", "file", "tcp", "udp", "unix",
	"postgres", "postgresql", "psycopg", "psycopg2", "asyncpg", "pg8000", "pgbouncer",
	"mysql", "mariadb", "pymysql", "mysqldb", "mysqlconnector", "aiomysql", "sqlite", "aiosqlite", "mssql", "pyodbc",
	"oracle", "cx_oracle", "snowflake", "db", "rpc", "cache", "sentinel",
	"redis", "rediss", "redis_cluster", "valkey", "valkeys", "amqp", "amqps", "pyamqp", "librabbitmq", "sqs", "kafka", "sqla",
	"s3", "s3a", "gs", "gcs", "wasb", "wasbs", "abfs", "abfss", "azure", "cloudwatch", "oss", "hdfs", "hdfss", "stackdriver",
	"ldap", "ldaps", "ldapi", "smtp", "smtps", "imap", "imaps", "elasticsearch", "opensearch", "grpc", "otlp", "vault",
	"mongodb", "srv", "memory", "memcached", "etcd", "hive2", "presto", "trino", "spark", "k8s", "google-cloud-platform", "aws",
)

// clearParams are query parameters that say how a connection is made.
// Sources: libpq, mysqlclient, redis-py and Celery documentation.
var clearParams = set(
	"sslmode", "ssl_mode", "ssl", "ssl_disabled", "ssl_cert_reqs", "ssl_check_hostname", "ssl_verify_cert", "ssl_verify_identity", "sslrootcert", "sslcert", "sslkey", "sslcompression",
	"ssl_ca", "ssl_ca_certs", "ssl_cert", "ssl_key", "ssl_certfile", "ssl_keyfile", "ssl_min_protocol_version",
	"ssl_max_protocol_version", "sslnegotiation", "tls", "charset", "connect_timeout", "target_session_attrs",
	"channel_binding", "gssencmode", "require_auth", "keepalives", "heartbeat", "virtual_host_set", "verify", "verify_certs",
)

// clearParamValues are what such parameters say; paths are allowed besides.
var clearParamValues = set(
	"disable", "allow", "prefer", "require", "verify-ca", "verify-full", "disabled", "preferred", "required", "verify_ca",
	"verify_identity", "none", "optional", "cert_none", "cert_optional", "cert_required", "true", "false", "yes", "no", "on", "off",
	"0", "1", "utf8", "utf8mb4", "latin1", "any", "read-write", "read-only", "primary", "standby", "prefer-standby",
	"tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3", "postgres", "direct", "scram-sha-256", "md5", "password", "gss",
)

// clearSegments are parts of URL paths that chart and Airflow themselves write.
var clearSegments = set(
	"execution", "api", "v1", "v2", "health", "healthz", "monitor", "livez", "readyz", "metrics", "traces", "logs", "flower",
	"airflow", "admin", "auth", "login", "home", "static", "oauth", "callback", "docs", "ping",
)

// url masks a URL or DSN: scheme, host, port and harmless parameters stay; user,
// password, path and other parameters become tokens, each its own. Where it is
// not clear what belongs where (an "@" that nobody escaped), only the scheme stays.
func (m *masker) url(text string) (string, bool) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return m.sshURL(text)
	}
	if !isScheme(scheme) {
		return "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	if rest == "" {
		return text, true
	}
	if strings.Contains(tail, "@") || strings.ContainsAny(rest, " \t\r\n\"'`<>\\,;|") && !isHostList(authority, tail) {
		return scheme + "://" + m.token(text), true
	}
	user, hosts := "", authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, hosts = m.userinfo(authority[:at], scheme)+"@", authority[at+1:]
	}
	path, fragment, hasFragment := strings.Cut(tail, "#")
	path, query, hasQuery := strings.Cut(path, "?")
	out := scheme + "://" + user + m.hosts(hosts) + m.urlPath(path)
	if hasQuery {
		out += "?" + m.query(query)
	}
	if hasFragment {
		out += "#" + m.hide(fragment)
	}
	return out, true
}

// isHostList says that commas are all that is unusual in a URL, and stand between hosts.
func isHostList(authority, tail string) bool {
	return !strings.ContainsAny(authority, " \t\r\n\"'`<>\\;|") && !strings.ContainsAny(tail, " \t\r\n\"'`<>\\,;|")
}

func isScheme(scheme string) bool {
	if scheme == "" {
		return false
	}
	for part := range strings.SplitSeq(strings.ToLower(scheme), "+") {
		if !schemes[part] {
			return false
		}
	}
	return true
}

// sshURL masks git@host:path, the short form of an SSH URL.
func (m *masker) sshURL(text string) (string, bool) {
	user, rest, found := strings.Cut(text, "@")
	host, path, colon := strings.Cut(rest, ":")
	if !found || !colon || user != "git" || !isHost(host) || strings.ContainsAny(path, " \t\r\n@") || path == "" || isDigit(path[0]) {
		return "", false
	}
	return user + "@" + host + ":" + m.hide(path), true
}

func (m *masker) userinfo(text, scheme string) string {
	user, password, found := strings.Cut(text, ":")
	if user != "git" || found || scheme != "ssh" {
		user = m.credential(user)
	}
	if found {
		user += ":" + m.credential(password)
	}
	return user
}

// credential masks one part of a URL's user information, as it reads once unescaped.
func (m *masker) credential(text string) string {
	if text == "" || isReference(text) {
		return text
	}
	if plain, err := url.PathUnescape(text); err == nil {
		text = plain
	}
	return m.token(text)
}

func (m *masker) hosts(list string) string {
	hosts := strings.Split(list, ",")
	for i, each := range hosts {
		masked := m.hostPort(each)
		if len(hosts) > 1 && masked != each { // then it may be no list of hosts at all
			return m.token(list)
		}
		hosts[i] = masked
	}
	return strings.Join(hosts, ",")
}

func (m *masker) hostPort(text string) string {
	host, port, found := text, "", false
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "]") {
		host, port, found = text[:i], text[i+1:], true
	}
	if !isHost(host) && host != "" && !isReference(host) {
		host = m.token(host)
	}
	if !found {
		return host
	}
	if !isPort(port) && !isReference(port) {
		port = m.hide(port)
	}
	return host + ":" + port
}

func isPort(text string) bool {
	return len(text) <= 5 && text != "" && isShortNumber(text) && isDigit(text[0])
}

// isHost says that a text has the form of a host name or address. No name begins with "-".
// Source: RFC 1123, section 2.1.
func isHost(text string) bool {
	if inner, found := strings.CutPrefix(text, "["); found {
		text = strings.TrimSuffix(inner, "]")
		return len(text) > 1 && len(text) < 40 && strings.Trim(text, "0123456789abcdefABCDEF:.") == ""
	}
	for i := range len(text) {
		if c := text[i]; !isLetterOrDigit(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return text != "" && text[0] != '-' && len(text) <= 253 && !holdsCredential(text)
}

// urlPath keeps short numbers (Redis databases) and paths that Airflow itself serves.
func (m *masker) urlPath(path string) string {
	rest := strings.Trim(path, "/")
	if rest == "" || isShortNumber(rest) && len(rest) <= 3 {
		return path
	}
	for segment := range strings.SplitSeq(rest, "/") {
		if !clearSegments[segment] {
			return path[:1] + m.token(path[1:])
		}
	}
	return path
}

func (m *masker) query(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		switch {
		case !found || !isParamName(name):
			pairs[i] = m.hide(pair)
		case !isClearParam(name, value):
			pairs[i] = name + "=" + m.credential(value)
		}
	}
	return strings.Join(pairs, "&")
}

func isParamName(text string) bool {
	return len(text) <= 40 && isWord(text) && text != "" && !isDigit(text[0]) && (clearParams[text] || strings.ToLower(text) == text)
}

func isClearParam(name, value string) bool {
	if !clearParams[strings.ToLower(name)] {
		return false
	}
	return clearParamValues[strings.ToLower(value)] || isShortNumber(value) || isKnownPath(value)
}
