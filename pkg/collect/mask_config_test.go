package collect

import "testing"

func TestMaskAirflowCfg(t *testing.T) {
	m := testMasker(t)
	const cfg = `# hunter2
[core]
executor = CeleryExecutor
fernet_key = hunter2
  hunter2
load_examples: True
allowed_deserialization_classes = airflow.*
    corp.models.*
; hunter2
sql_alchemy_conn = postgresql://u:hunter2@h/db?sslmode=require
not an option hunter2
[hunter2 section!]
[secrets]
backend_kwargs = {"url": "https://vault:8200", "token": "hunter2"}
[smtp]
smtp_password =
[logging]
logging_level = INFO
remote_base_log_folder = s3://bucket/hunter2
[celery]
extra_celery_config = {"accept_content": ["json", "pickle"], "security_key": "hunter2"}
`
	const want = `[core]
executor = CeleryExecutor
fernet_key = «»
load_examples = True
allowed_deserialization_classes = airflow.*
    corp.models.*
sql_alchemy_conn = postgresql://«»:«»@h/«»?sslmode=require
[secrets]
backend_kwargs = {"token":"«»","url":"https://vault:8200"}
[smtp]
smtp_password = 
[logging]
logging_level = INFO
remote_base_log_folder = s3://bucket/«»
[celery]
extra_celery_config = {"accept_content":["json","pickle"],"security_key":"«»"}
`
	if got := short(m.configValue("airflow.cfg", cfg)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMaskPgBouncer(t *testing.T) {
	m := testMasker(t)
	const ini = "[databases]\nrel-metadata = host=pg.airflow dbname=postgres port=5432 user=u password='hunter2' pool_size=10\n* = host=pg port=5432\n" +
		"[pgbouncer]\nlisten_port = 6543\nauth_type = scram-sha-256\nserver_tls_sslmode = verify-full\nstats_users = postgres\nlisten_addr = *\n# hunter2\n"
	const want = "[databases]\nrel-metadata = host=pg.airflow dbname=«postgres» port=5432 user=«» password=«» pool_size=10\n* = host=pg port=5432\n" +
		"[pgbouncer]\nlisten_port = 6543\nauth_type = scram-sha-256\nserver_tls_sslmode = verify-full\nstats_users = «postgres»\nlisten_addr = *\n"
	if got := short(m.secretValue("pgbouncer.ini", ini)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := short(m.secretValue("users.txt", "\n\"postgres\" \"postgres\"\n\"a\" \"b\"\nhunter2\n")), "\"«postgres»\" \"«postgres»\"\n\"«»\" \"«»\"\n«»\n"; got != want {
		t.Errorf("users.txt: got %q, want %q", got, want)
	}
}

func TestMaskRedisConf(t *testing.T) {
	m := testMasker(t)
	const conf = "# hunter2\nappendonly yes\nrequirepass airflow\nsave \"\"\nprotected-mode no\nrename-command FLUSHDB hunter2\n"
	const want = "appendonly yes\nrequirepass «airflow»\nsave\nprotected-mode no\nrename-command «»\n"
	if got := short(m.configValue("redis.conf", conf)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMaskSecretValues(t *testing.T) {
	m := testMasker(t)
	for _, c := range []struct{ key, text, want string }{
		{"AIRFLOW__CORE__EXECUTOR", "CeleryExecutor", "CeleryExecutor"},
		{"AIRFLOW__CORE__FERNET_KEY", "hunter2", "«»"},
		{"DATABASE_HOST", "rel-pgbouncer.airflow.svc.cluster.local", "rel-pgbouncer.airflow.svc.cluster.local"},
		{"DATABASE_DB", "airflow", "«airflow»"},
		{"connection", "redis://:hunter2@redis:6379/0", "redis://:«»@redis:6379/0"},
		{"basicAuth", "admin:admin", "«admin»:«admin»"},
		{"password", "true", "«»"},
		{"password", "12345", "«»"},
		{"password", "$(PASSWORD)", "«»"},
		{"password", "", "«»"},
		{".dockerconfigjson", `{"auths":{"r":{"auth":"aHVudGVyMg=="}}}`, "«»"},
	} {
		if got := short(m.secretValue(c.key, c.text)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.key, got, c.want)
		}
	}
}
