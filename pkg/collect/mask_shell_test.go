package collect

import (
	"reflect"
	"strings"
	"testing"
)

func TestMaskCommand(t *testing.T) {
	m := testMasker(t)
	for _, c := range []struct{ args, want []any }{
		{[]any{"bash", "-c", "exec \\\nairflow users create \"$@\"", "--", "-r", "Admin", "-u", "admin", "-e", "a@example.com", "-f", "admin", "-p", "admin"},
			[]any{"bash", "-c", "exec \\\nairflow users create \"$@\"", "--", "-r", "Admin", "-u", "«admin»", "-e", "«»", "-f", "«admin»", "-p", "«admin»"}},
		{[]any{"bash", "-c", "airflow users create -u admin --password=hunter2 --role Admin -p 'a b'"},
			[]any{"bash", "-c", "airflow users create -u «admin» --password=«» --role Admin -p '«»'"}},
		{[]any{"redis-server", "--requirepass", "airflow"}, []any{"redis-server", "--requirepass", "«airflow»"}},
		{[]any{"redis-server", "--requirepass", "$(REDIS_PASSWORD)"}, []any{"redis-server", "--requirepass", "$(REDIS_PASSWORD)"}},
		{[]any{"--requirepass", "two words"}, []any{"--requirepass", "«»"}},
		{[]any{"/bin/sh", "-c", "redis-server --requirepass ${REDIS_PASSWORD}"}, []any{"/bin/sh", "-c", "redis-server --requirepass ${REDIS_PASSWORD}"}},
		{[]any{"curl", "--user", "$AIRFLOW__CELERY__FLOWER_BASIC_AUTH", "localhost:5555"}, []any{"curl", "--user", "$AIRFLOW__CELERY__FLOWER_BASIC_AUTH", "localhost:5555"}},
		{[]any{"curl", "-u", "admin:hunter2", "http://u:p@localhost:5555/flower"}, []any{"curl", "-u", "«»", "http://«»:«»@localhost:5555/flower"}},
		{[]any{"python", "-u", "/mnt/scripts/sync_users.py"}, []any{"python", "-u", "/mnt/scripts/sync_users.py"}},
		{[]any{"--statsd.mapping-config=/etc/statsd-exporter/mappings.yml", "--token=hunter2", "--hunter=hunter2"},
			[]any{"--statsd.mapping-config=/etc/statsd-exporter/mappings.yml", "--token=«»", "--hunter=«»"}},
		{[]any{"sh", "-c", "CONNECTION_CHECK_MAX_COUNT=0 API_TOKEN=hunter2 exec airflow jobs check --job-type SchedulerJob --local"},
			[]any{"sh", "-c", "CONNECTION_CHECK_MAX_COUNT=0 API_TOKEN=«» exec airflow jobs check --job-type SchedulerJob --local"}},
		{[]any{"sh", "-c", "pip install --user authlib==1.3.0 && airflow webserver"}, []any{"sh", "-c", "pip install --user «» && airflow webserver"}},
		{[]any{"-phunter2", "hunter2", int64(12345)}, []any{"«»", "«»", "«»"}},
	} {
		got, _ := m.command(append([]any(nil), c.args...)).([]any)
		for i := range got {
			got[i] = short(got[i].(string))
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q:\n got %q\nwant %q", c.args, got, c.want)
		}
	}
}

func TestLongScriptsKeepTheirTellingLines(t *testing.T) {
	m := testMasker(t)
	script := "#!/bin/bash\n# hunter2\n" + strings.Repeat("something else entirely hunter2\n", 20) +
		"ARGS+=(\"--requirepass\" \"${REDIS_PASSWORD}\")\n  pip install --user \"hunter2==1.0\"\n"
	got := m.script(script)
	want := "ARGS+=(\"--requirepass\" \"${REDIS_PASSWORD}\")\npip install --user \"«»\"\n«»"
	if short(got) != strings.Replace(want, "ARGS+=", "«»", 1) {
		t.Errorf("got %s", short(got))
	}
	if strings.Contains(got, "hunter2") {
		t.Error("the script's text survives")
	}
}
