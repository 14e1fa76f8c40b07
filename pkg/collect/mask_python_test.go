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
AUTH_REMOTE_USER_ENV_VAR = [f"https://h/{}", "«»"]
PASSWORD_SALT = «»
AUTH_LDAP_SERVER = "ldap://ldap.example.com:389"
AUTH_LDAP_BIND_PASSWORD = "«»"
SQLALCHEMY_DATABASE_URI = "«»"
OAUTH_PROVIDERS = [ { "name": "azure", "icon": "fa-windows", "remote_app": { "client_id": "«»", "client_secret": os.getenv("CLIENT_SECRET"), "client_kwargs": {"verify_signature": False, "scope": "User.read" "«»"}, "api_base_url": "https://login.example.com/«»", "timeout": «», }, }, ]
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

// TestMaskWebserverConfigKeepsWhatRulesAsk: each line beside what is left of it.
func TestMaskWebserverConfigKeepsWhatRulesAsk(t *testing.T) {
	m := testMasker(t)
	for _, c := range []struct{ text, want string }{
		{"AUTH_TYPE: int = AUTH_LDAP", "AUTH_TYPE = AUTH_LDAP\n"},
		{"A = AUTH_TYPE = AUTH_LDAP", "A = AUTH_LDAP\nAUTH_TYPE = AUTH_LDAP\n"},
		{"AUTH_TYPE, X = 1, 2", "AUTH_TYPE = «»\n"},
		{"AUTH_TYPE = AUTH_DB; AUTH_ROLE_PUBLIC = 'Op'", "AUTH_TYPE = AUTH_DB\nAUTH_ROLE_PUBLIC = \"Op\"\n"},
		{"if os.environ.get('X') == 'hunter2':\n\tAUTH_ROLE_PUBLIC = 'Op'\nelse: AUTH_ROLE_PUBLIC = 'User'", "    AUTH_ROLE_PUBLIC = \"Op\"\n    AUTH_ROLE_PUBLIC = \"User\"\n"},
		{"def f():\n    AUTH_ROLE_PUBLIC = 'Op'\nclass A:\n  AUTH_ROLE_PUBLIC = 'Op'\n\n  def g(): pass\nAUTH_ROLE_PUBLIC = 'User'", "AUTH_ROLE_PUBLIC = \"User\"\n"},
		{"try:\n    def f():\n        AUTH_TYPE = 1\n    AUTH_TYPE = 2\nexcept (A, B): AUTH_TYPE = 3", "    AUTH_TYPE = 2\n    AUTH_TYPE = 3\n"},
		{"current_app.config['WTF_CSRF_ENABLED'] = False", "    WTF_CSRF_ENABLED = False\n"},
		{"app.config.update(WTF_CSRF_ENABLED=False, SECRET_KEY='hunter2', AUTH_ROLES_MAPPING={'a,b': ['Admin']})", "    WTF_CSRF_ENABLED = False\n    SECRET_KEY = \"«»\"\n    AUTH_ROLES_MAPPING = {\"«»\": [\"Admin\"]}\n"},
		{"AUTH_TYPE = conf.getint('fab', 'hunter2')", "AUTH_TYPE = conf.getint(\"«»\", \"«»\")\n"},
		{"AUTH_ROLES_MAPPING['hunter2'] = ['Admin']", "AUTH_ROLES_MAPPING = «»\n"},
		{"AUTH_ROLES_MAPPING.update(hunter2=1)\nOAUTH_PROVIDERS += ['hunter2']", "AUTH_ROLES_MAPPING = «»\nOAUTH_PROVIDERS = «»\n"},
		{"from company import *\nfrom flask_appbuilder.security.manager import *\nfrom airflow.www.security import (AUTH_DB, X)", "from company import *\n"},
		{"from .company import AUTH_ROLE_PUBLIC, B as AUTH_TYPE, C", "AUTH_ROLE_PUBLIC = company.AUTH_ROLE_PUBLIC\nAUTH_TYPE = company.AUTH_TYPE\n"},
		{"from company import Login\nSECURITY_MANAGER_CLASS = Login", "SECURITY_MANAGER_CLASS = company.Login\n"},
		{"class Login(B): pass\nSECURITY_MANAGER_CLASS = Login", "SECURITY_MANAGER_CLASS = Login\n"},
		{"class A:\n def f(self, t):\n  return jwt.decode(t, options={'verify_signature': False, 'k': 'hunter2'})", "# code: verify_signature=False\n"},
		{"def f():\n requests.get('https://hunter2', verify=False)\n requests.get(u, verify=True)", "# code: verify=False\n"},
		{"os.environ['OAUTHLIB_INSECURE_TRANSPORT'] = '1'\nos.environ.setdefault('AUTHLIB_INSECURE_TRANSPORT', '1')", "# code: insecure transport\n"},
		{"# options={'verify_signature': False}\nX = os.environ.get('OAUTHLIB_INSECURE_TRANSPORT')", "X = «»\n"},
		{`OAUTH_PROVIDERS = [dict(name="azure", remote_app=dict(client_secret='user', scope="openid email", access_token_url=f"https://login.microsoftonline.com/{os.environ['T']}/oauth2/v2.0/token"))]`,
			`OAUTH_PROVIDERS = [dict(name="azure", remote_app=dict(client_secret="«»", scope="openid email", access_token_url=f"https://login.microsoftonline.com/{}/oauth2/v2.0/token"))]` + "\n"},
		{`OAUTH_PROVIDERS = [{'u': 'https://login.microsoftonline.com/common/oauth2', 'v': "https://%s/hunter2/keys" % HOST, 'w': 'https://login.microsoftonline.com/{t}/x'.format(t=T)}]`,
			`OAUTH_PROVIDERS = [{"u": "https://login.microsoftonline.com/common/oauth2", "v": "https://{}/«»/keys" % HOST, "w": "https://login.microsoftonline.com/{}/«»".format(t=T)}]` + "\n"},
		{`AUTH_ROLE_PUBLIC = 'a"b\\c'`, `AUTH_ROLE_PUBLIC = "a\"b\\c"` + "\n"},
		{"AUTH_LDAP_SERVER = 'ldaps://a.example.com ldap://u:hunter2@b.example.com'", "AUTH_LDAP_SERVER = \"ldaps://a.example.com ldap://«»:«»@b.example.com\"\n"},
		{"for k in os.environ:\n    globals()[k] = 'hunter2'\ndef f():\n    exec('hunter2')", "    from globals import *\n"},
		{"AUTH_LDAP_SERVER = 'ldap://u:a hunter2 b@ldap.example.com'", "AUTH_LDAP_SERVER = \"ldap://«»\"\n"},
		{"PERMANENT_SESSION_LIFETIME = timedelta(hours=8)\nRATELIMIT_STORAGE_URI = 'redis://:hunter2@r:6379/1'", "PERMANENT_SESSION_LIFETIME = timedelta(hours=8)\nRATELIMIT_STORAGE_URI = \"redis://:«»@r:6379/1\"\n"},
	} {
		got := m.configValue("webserver_config.py", c.text)
		if short(got) != c.want+"# «»\n" {
			t.Errorf("%s\nbecomes\n%s\nwant\n%s", c.text, short(got), c.want)
		}
		if strings.Contains(got, "hunter2") {
			t.Errorf("%s: a secret survives", c.text)
		}
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
