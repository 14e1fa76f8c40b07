package collect

// shellWords are the words of commands and arguments that may be shown: what
// both charts and the images they use say. No name of a user or password is among them.
var shellWords = set(
	// shells
	"bash", "sh", "/bin/bash", "/bin/sh", "exec", "eval", "set", "export", "unset", "if", "then", "else", "elif", "fi", "for", "do",
	"done", "while", "in", "true", "false", "test", "[", "]", "[[", "]]", "!", "!=", "==", "=", "-eq", "-ne", "-gt", "-lt", "exit",
	"return", "trap", "echo", "printf", "cat", "cp", "mv", "rm", "ln", "mkdir", "chmod", "chown", "sleep", "date", "find", "grep",
	"sed", "awk", "wc", "head", "tail", "sort", "timeout", "kill", "killall", "pkill", "wait", "nice", "env", "sudo", "su", "tee",
	"dirname", "basename", "hostname", "id", "touch", "ls", "cd", "pwd", "source", ".", "--", "-euo", "pipefail", "-ec", "-ex", "-lc",
	"-cx", "-xc", "-exc", "-ce", "SIGINT", "SIGTERM", "EXIT", "-INT", "-TERM", "-KILL", "-9", "60s", "30s", "5s", "10s", "tini", "*",
	// Airflow
	"airflow", "celery", "worker", "flower", "scheduler", "webserver", "api-server", "triggerer", "dag-processor", "standalone",
	"kerberos", "db", "check", "migrate", "upgrade", "upgradedb", "initdb", "init", "check-migrations", "clean", "users", "create",
	"create-user", "sync-perm", "jobs", "kubernetes", "cleanup-pods", "dags", "tasks", "run", "version", "info", "serve_logs",
	"python", "python3", "-m", "-Wignore", "dumb-init", "/usr/bin/dumb-init", "/entrypoint", "/clean-logs", "gunicorn",
	"SchedulerJob", "TriggererJob", "DagProcessorJob", "LocalTaskJob", "WebserverJob", "inspect", "ping", "stop", "import", "socket",
	"airflow.executors.celery_executor.app", "airflow.providers.celery.executors.celery_executor.app", "celery_kubernetes", "internal-api",
	// stores, proxies, exporters
	"redis-server", "redis-cli", "pgbouncer", "pgbouncer_exporter", "pg_isready", "psql", "health", "statsd_exporter", "otelcol",
	"/run.sh", "/health", "lru", "git-sync", "/git-sync", "curl", "wget", "nc", "select",
	// installing
	"pip", "pip3", "install", "freeze", "apt-get", "apt", "apk", "add", "update", "uv", "conda",
)

// tellingWords are those of a long script whose lines are worth keeping.
var tellingWords = set("pip", "pip3", "apt-get", "apk", "uv", "--requirepass", "--masterauth", "redis-server", "airflow", "pgbouncer", "--basic_auth", "--basic-auth")

// topDirectories are directories at the root of the images that charts use.
var topDirectories = set(
	"opt", "tmp", "home", "etc", "mnt", "usr", "bin", "sbin", "var", "run", "git", "dags", "logs", "data", "bitnami", "health",
	"dev", "proc", "srv", "root", "app", "config", "scripts", "vault", "secrets", "docker-entrypoint-initdb.d",
)

// roles are the roles Airflow comes with.
var roles = set("Admin", "Op", "User", "Viewer", "Public")
