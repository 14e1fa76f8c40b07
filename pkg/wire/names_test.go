package wire

import (
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestWhatIsACredential(t *testing.T) {
	token := func(shapes ...string) string { return snapshot.Masked{ID: "1", Size: 16, Shapes: shapes}.Token() }
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"AIRFLOW__SMTP__SMTP_PASSWORD":                              {token(), true},
		"AIRFLOW__CORE__FERNET_KEY":                                 {token(), true},
		"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN":                       {token(), true},
		"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD":                   {token(), false},
		"AIRFLOW__CORE__FERNET_KEY_SECRET":                          {token(), false}, // its place in the backend
		"AIRFLOW__API_AUTH__JWT_SECRET":                             {token(), true},  // an option that ends so
		"AIRFLOW__API_AUTH__JWT_SECRET_SECRET":                      {token(), false},
		"AIRFLOW_CONN_MY_DB":                                        {token(), true},
		"AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__SENTINEL_KWARGS": {token(), true},
		"AIRFLOW_VAR_COLOUR":                                        {token(), true},
		"AWS_SECRET_ACCESS_KEY":                                     {token(), true},
		"AIRFLOW__WEBSERVER__INSTANCE_NAME":                         {token(), false},
		"MY_TOKEN":                                                  {token("harmless"), false},
		"PASSWORD_FILE":                                             {token(), false},
		"EMPTY_PASSWORD":                                            {snapshot.Masked{ID: "1"}.Token(), false},
		"MONGODB_URL":                                               {"mongodb://" + token() + ":" + token() + "@mongo:27017/db", true},
		"SEARCH_URL":                                                {"https://search:9200/?q=" + token(), false},
	} {
		if got := holdsSecret(name, c.text); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// Airflow asks its backend and runs commands only for options that it counts as sensitive.
func TestSlotsLetGoOfSensitiveOptionsOnly(t *testing.T) {
	for dialect, list := range slots {
		for _, s := range list {
			if s.option != "" && !sensitive[s.section+"."+s.option] {
				t.Errorf("%s: %s: [%s] %s is not sensitive", dialect, s.name, s.section, s.option)
			}
			if s.secret == "" && s.option == "" {
				t.Errorf("%s: %s has no way to come from elsewhere", dialect, s.name)
			}
		}
	}
}

// Python comes with comments and code masked: they are no credentials.
func TestCredentialsInPython(t *testing.T) {
	token := func(shapes ...string) string { return snapshot.Masked{ID: "1", Size: 16, Shapes: shapes}.Token() }
	for text, want := range map[string]bool{
		"AUTH_TYPE = AUTH_OAUTH\n# " + token():                                                false,
		"UIAlert(category=\"" + token("word") + "\")\n# " + token("harmless"):                 false,
		`[{"client_secret": os.environ["OAUTH_SECRET"]}]` + "\n# " + token():                  false,
		`[{"client_secret": "` + token() + `"}]`:                                              true,
		"AUTH_LDAP_BIND_PASSWORD = '" + token() + "'":                                         true,
		`SQLALCHEMY_DATABASE_URI = "postgresql://` + token() + ":" + token() + `@db/airflow"`: true,
		"# " + token("github-token"):                                                          true,
		token():                                                                               true, // nothing of it can be told apart
	} {
		if got := holdsCredential(text); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}
