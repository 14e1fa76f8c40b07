package airflow

import (
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestAssignments(t *testing.T) {
	const text = `"""
AUTH_ROLE_PUBLIC = 'Admin'
"""
# AUTH_ROLE_PUBLIC = 'Viewer'
AUTH_TYPE = AUTH_OAUTH  # not the database
AUTH_ROLE_PUBLIC = 'Op'
AUTH_ROLE_PUBLIC = "Public"
if os.environ.get('DEV'):
    AUTH_ROLE_PUBLIC = 'Admin'
AUTH_USER_REGISTRATION: bool = True
AUTH_LDAP_BIND_PASSWORD = os.environ['LDAP']
WTF_CSRF_TIME_LIMIT = None
COUNT = 3
SUM = 1 + 2
LOOKS_LIKE == 'x'
TEXT = 'it''s'
SECRET_KEY = 'outside'
doc = '''
SECRET_KEY = 'inside'
'''
`
	for name, want := range map[string]string{
		"AUTH_ROLE_PUBLIC":        "Public Admin",
		"AUTH_TYPE":               "AUTH_OAUTH",
		"AUTH_USER_REGISTRATION":  "True",
		"AUTH_LDAP_BIND_PASSWORD": "?",
		"WTF_CSRF_TIME_LIMIT":     "None",
		"COUNT":                   "3",
		"SUM":                     "?",
		"LOOKS_LIKE":              "",
		"TEXT":                    "its",
		"SECRET_KEY":              "outside",
		"MISSING":                 "",
	} {
		var got []string
		file := WebserverFile{lines: parseSettings(text)}
		for _, s := range file.Values(name) {
			if !s.Known {
				s.Value = "?"
			}
			got = append(got, s.Value)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestWebserverConfig(t *testing.T) {
	m := New(load(t, fixture(t, "community")))
	got := m.WebserverConfig("AUTH_ROLE_PUBLIC")
	if len(got) != 1 || brief(got[0]) != `"Admin" via webserver_config.py, AUTH_ROLE_PUBLIC at secret/rel-webserver-config  /data/webserver_config.py#AUTH_ROLE_PUBLIC` || got[0].Component != Webserver {
		t.Errorf("got %v", got)
	}
	if got := m.WebserverConfig("AUTH_USER_REGISTRATION"); got != nil {
		t.Errorf("the file does not set it: got %v", got)
	}
	if got := New(load(t, fixture(t, "official"))).WebserverConfig("AUTH_ROLE_PUBLIC"); got != nil {
		t.Errorf("no file is mounted: got %v", got)
	}
}

func TestUnreadWebserverConfig(t *testing.T) {
	s := load(t, fixture(t, "community"))
	s.Find(snapshot.Secret, "airflow", "rel-webserver-config").Content["data"] = map[string]any{"webserver_config.py": snapshot.Masked{ID: "1"}.Token()}
	got := New(s).WebserverConfig("AUTH_ROLE_PUBLIC")
	if len(got) != 1 || got[0].Known || got[0].Reason != "the text of Secret rel-webserver-config is masked as a whole" {
		t.Errorf("got %v", got)
	}
}

func FuzzAssignments(f *testing.F) {
	f.Add("AUTH_TYPE = AUTH_DB\n")
	f.Add("\"\"\"\nAUTH_TYPE = 1\n\"\"\" + '''\nAUTH_TYPE = 'x' # y\n")
	f.Fuzz(func(t *testing.T, text string) {
		file := WebserverFile{lines: parseSettings(text)}
		for _, s := range file.Values("AUTH_TYPE") {
			if s.Known && s.Literal.Kind != Text && !strings.Contains(strings.ReplaceAll(text, "_", ""), strings.ReplaceAll(s.Value, "_", "")) {
				t.Errorf("%q does not stand in the file", s.Value)
			}
		}
	})
}
