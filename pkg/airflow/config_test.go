package airflow

import (
	"maps"
	"strings"
	"testing"
)

func TestParseConfig(t *testing.T) {
	const text = "stray = 1\n# comment\n; comment\n[Core]\nexecutor = LocalExecutor\r\nFernet_Key=a=b:c\nurl: redis://h:1/0\n" +
		"list = one,\n  two,\n\n  # not a value\n  three\nempty =\n\n[logging]\nremote\nlevel = INFO\n[broken\nx = 1\n"
	want := map[optionName]string{
		{"core", "executor"}:   "LocalExecutor",
		{"core", "fernet_key"}: "a=b:c",
		{"core", "url"}:        "redis://h:1/0",
		{"core", "list"}:       "one,\ntwo,\nthree",
		{"core", "empty"}:      "",
		{"logging", "level"}:   "INFO",
		{"logging", "x"}:       "1",
	}
	if got := parseConfig(text); !maps.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add("[core]\nexecutor = LocalExecutor\n")
	f.Add("[core]\nkey: a\n b\n\n[]\n= x\n")
	f.Add("\t[core]\n[core\n[a]]\n:\n=\n")
	f.Fuzz(func(t *testing.T, text string) {
		for name := range parseConfig(text) {
			if name.section == "" || name.key == "" || name.section != strings.ToLower(name.section) || name.key != strings.ToLower(name.key) {
				t.Errorf("option %q", name)
			}
		}
	})
}
