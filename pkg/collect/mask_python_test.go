package collect

import (
	"strings"
	"testing"
)

func TestMaskWebserverConfig(t *testing.T) {
	m := testMasker(t)
	const config = `# AUTH_ROLE_PUBLIC = 'Admin'
import os
from flask_appbuilder.security.manager import AUTH_DB, AUTH_OAUTH
AUTH_TYPE = AUTH_OAUTH
AUTH_ROLE_PUBLIC = 'Viewer'  # hunter2
AUTH_USER_REGISTRATION_ROLE = """Custom role"""
WTF_CSRF_ENABLED = True
SECRET_KEY = 'temporary_key'
AUTH_REMOTE_USER_ENV_VAR = [f'https://h/{x}', b'Admin']
PASSWORD_SALT = os.environ['SALT'] + "hunter2"
AUTH_LDAP_SERVER = "ldap://ldap.example.com:389"
AUTH_LDAP_BIND_PASSWORD = "hunter2"
SQLALCHEMY_DATABASE_URI = "postgresql://u:hunter2@h/db"
OAUTH_PROVIDERS = [
    {
        'name': 'azure', 'icon': 'fa-windows',
        'remote_app': {
            'client_id': 'hunter2',
            'client_secret': os.getenv("CLIENT_SECRET"), # hunter2
            'client_kwargs': {"verify_signature": False, "scope": "User.read" "hunter2"},
            'api_base_url': "https://login.example.com/hunter2",
            'timeout': 123456789,
        },
    },
]
class X:
    def f(self):
        return "hunter2"
if True:
    AUTH_USER_REGISTRATION = True
`
	const want = `AUTH_TYPE = AUTH_OAUTH
AUTH_ROLE_PUBLIC = "Viewer"
AUTH_USER_REGISTRATION_ROLE = "Custom role"
WTF_CSRF_ENABLED = True
SECRET_KEY = "«temporary-key»"
AUTH_REMOTE_USER_ENV_VAR = ["«»", "«»"]
PASSWORD_SALT = «»
AUTH_LDAP_SERVER = "ldap://ldap.example.com:389"
AUTH_LDAP_BIND_PASSWORD = "«»"
SQLALCHEMY_DATABASE_URI = "«»"
OAUTH_PROVIDERS = [ { "name": "azure", "icon": "«»", "remote_app": { "client_id": "«»", "client_secret": os.getenv("CLIENT_SECRET"), "client_kwargs": {"verify_signature": False, "scope": "«»" "«»"}, "api_base_url": "https://login.example.com/«»", "timeout": «», }, }, ]
AUTH_USER_REGISTRATION = True
# «»
`
	got := m.configValue("webserver_config.py", config)
	if short(got) != want {
		t.Errorf("got\n%s\nwant\n%s", short(got), want)
	}
	if strings.Contains(got, "hunter2") {
		t.Error("a secret survives")
	}
}

func TestMaskPythonScripts(t *testing.T) {
	m := testMasker(t)
	const script = `
# password="hunter2"
def f(user: str = "hunter2"):
    add_user(username=u["username"], role="hunter2"[0])
VAR__USER_WRAPPERS = {
  "admin": UserWrapper(
    username="admin",
    email="a@example.com",
    roles=[        "Admin", "Custom",
    ],
    password="adm\"in",
  ),
}
VAR__CONNECTION_WRAPPERS = {
  "c1": ConnectionWrapper(conn_id="c1", conn_type="postgres", host="""h""", password='hunter2', port=5432),
}
print("hunter2")
`
	const want = `UserWrapper(username="«admin»", email="«»", roles=["Admin", "«»"], password="«»")
ConnectionWrapper(conn_id="c1", conn_type="postgres", host="«»", password="«»")
# «»
`
	got := m.secretValue("sync_users.py", script)
	if short(got) != want {
		t.Errorf("got\n%s\nwant\n%s", short(got), want)
	}
	if !strings.Contains(got, m.token(`adm"in`)) {
		t.Error("the password is not masked as it reads once unescaped")
	}
}

func TestPythonThatNeverEnds(t *testing.T) {
	m := testMasker(t)
	for _, text := range []string{`A = "hunter2`, "A = '''hunter2", "A = (hunter2", `A = "\`, "X(password=\"hunter2", `X(password="hunter2"`, "A = f'hunter2", "A = [\n'hunter2'\nB = 'hunter2'"} {
		for _, got := range []string{m.webserverConfig(text), m.python(text)} {
			if strings.Contains(got, "hunter2") {
				t.Errorf("%q: a secret survives in %q", text, got)
			}
		}
	}
}
