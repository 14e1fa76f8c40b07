package airflow

import (
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// documented is one option as testdata/options.yaml has it.
type documented struct {
	Option    string             `json:"option"`
	Sensitive string             `json:"sensitive"`
	Defaults  map[string]*string `json:"defaults"`
}

func readDocumented(t *testing.T) map[optionName]documented {
	t.Helper()
	text, err := os.ReadFile("testdata/options.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []documented
	if err := yaml.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	out := map[optionName]documented{}
	for _, d := range list {
		section, key, _ := strings.Cut(d.Option, "/")
		out[optionName{section, key}] = d
	}
	return out
}

// TestEveryOption holds the table of options to what was written down apart
// from it: every option, its default in each version and where it may stand.
func TestEveryOption(t *testing.T) {
	all := readDocumented(t)
	for _, o := range options {
		d, found := all[o.name()]
		if !found {
			t.Errorf("%s is not in testdata/options.yaml", o.name())
			continue
		}
		delete(all, o.name())
		for version, want := range d.Defaults {
			checkDefault(t, o, version, want)
			checkSensitive(t, o, version, d.Sensitive)
		}
	}
	for name := range all {
		t.Errorf("%s is in testdata/options.yaml and not in the table", name)
	}
}

func checkDefault(t *testing.T, o option, version string, want *string) {
	t.Helper()
	list := New(load(t, scheduler("corp/airflow:"+version, "env: []", "", ""))).Settings(o.section, o.key)
	switch {
	case want == nil && len(list) > 0:
		t.Errorf("Airflow %s has no %s, but the table says %s", version, o.name(), brief(list[0]))
	case want != nil && (len(list) != 1 || !list[0].Known || !list[0].Default || list[0].Value != *want):
		t.Errorf("%s is %q by default in Airflow %s, but the table says %v", o.name(), *want, version, list)
	}
}

// checkSensitive sets an option by a command, which counts for sensitive ones alone.
func checkSensitive(t *testing.T, o option, version, since string) {
	t.Helper()
	env := "env: [{name: " + o.ready().read[0].command + ", value: cat /file}]"
	for _, s := range New(load(t, scheduler("corp/airflow:"+version, env, "", ""))).Settings(o.section, o.key) {
		want := since != "" && compareVersions(version, since) >= 0
		if got := s.Via == "cmd"; got != want {
			t.Errorf("%s in Airflow %s: from a command %t, want %t", o.name(), version, got, want)
		}
	}
}

func TestOptionNamesAreUnique(t *testing.T) {
	seen := map[optionName]bool{}
	for _, o := range options {
		if seen[o.name()] {
			t.Errorf("%s stands in the table twice", o.name())
		}
		seen[o.name()] = true
		for i := range o.defaults {
			if i > 0 && compareVersions(o.defaults[i-1].since, o.defaults[i].since) >= 0 {
				t.Errorf("%s: the defaults do not go up by version", o.name())
			}
		}
		if o.since != "" && o.until != "" && compareVersions(o.since, o.until) >= 0 {
			t.Errorf("%s: it was gone before it came", o.name())
		}
	}
}

func TestExpectations(t *testing.T) {
	tests := []struct {
		name   string
		e      Expectation
		value  string
		met    bool
		judged bool
	}{
		{"on", isOn(), "true", true, true},
		{"on with a comment", isOn(), "True # yes", true, true},
		{"off", isOff(), "1", false, true},
		{"no truth value", isOff(), "perhaps", false, false},
		{"nothing", isEmpty(), " ", true, true},
		{"something", notEmpty(), "", false, true},
		{"one of", oneOf("Disabled", "Hidden"), "hidden", true, true},
		{"none of", noneOf("DEBUG"), "debug", false, true},
		{"a word in a list", noWord("*"), "https://a.example.com, *", false, true},
		{"a word within another", noWord("*"), "airflow.*", true, true},
		{"small enough", atMost(5), "5", true, true},
		{"too large", atMost(5), "6", false, true},
		{"no number", atMost(5), "five", false, false},
		{"slow enough", fivePerFortySeconds(), "5 per 40 second", true, true},
		{"slow enough in another unit", fivePerFortySeconds(), "7/minute", true, true},
		{"too fast", fivePerFortySeconds(), "10 per second", false, true},
		{"the strictest counts", fivePerFortySeconds(), "100 per second; 20 per hour", true, true},
		{"no rate", fivePerFortySeconds(), "often", false, false},
		{"nobody else writes", notWritable(), "0o644", true, true},
		{"the group writes", notWritable(), "0o664", false, true},
		{"no mode", notWritable(), "rw", false, false},
		{"encrypted", encrypted(), "https://a", true, true},
		{"a file", encrypted(), "/keys/jwks.json", true, true},
		{"in clear text", encrypted(), "HTTP://a", false, true},
		{"nothing expected", Expectation{}, "x", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if met, judged := tt.e.Met(tt.value); met != tt.met || judged != tt.judged {
				t.Errorf("got %t, %t", met, judged)
			}
		})
	}
}
