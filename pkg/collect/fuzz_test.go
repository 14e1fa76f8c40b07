package collect

import (
	"bytes"
	"context"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// fuzzCanary stands for a secret in fuzzed input.
const fuzzCanary = "Xq7CanaryZ9w"

// planted puts the canary where the fuzzer put a ✿; a seed without one gets it at the end.
func planted(text string) string {
	if strings.Contains(strings.ToLower(text), "canary") || strings.Contains(text, "9w") || strings.Contains(text, "Xq7") {
		return ""
	}
	return strings.ReplaceAll(text, "✿", fuzzCanary)
}

func mustNotShow(t *testing.T, what, text string) {
	t.Helper()
	if strings.Contains(text, fuzzCanary) {
		t.Errorf("%s shows the secret: %q", what, text)
	}
}

// namesInErrors are kinds, names, keys and fields.
var namesInErrors = regexp.MustCompile(`(?:object |the |the key "|data\.|/|: )[\w.-]*` + fuzzCanary + `[\w./-]*`)

func FuzzManifests(f *testing.F) {
	f.Add(canaryManifests)
	f.Add(savedManifests)
	for _, text := range scalars {
		f.Add("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: ✿}\nx: " + text)
	}
	f.Add(`{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"stringData":{"a":"✿"}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		text = planted(text)
		objects, err := parseManifests(strings.NewReader(text), "f", "ns", testMasker(t))
		if err != nil {
			// An object's name may be shown, and nothing else.
			mustNotShow(t, "an error", namesInErrors.ReplaceAllString(strings.ReplaceAll(err.Error(), strings.ToLower(fuzzCanary), fuzzCanary), ""))
			return
		}
		s := newSnapshot("files", "rel", "ns", fixedTime)
		s.Objects = objects
		testMasker(t).seal(s)
		var first, second bytes.Buffer
		if err := WriteSnapshot(&first, s); err != nil {
			t.Fatal(err)
		}
		read, err := ReadSnapshot(bytes.NewReader(first.Bytes()), "s")
		if err != nil {
			t.Fatalf("%v\n%s", err, first.Bytes())
		}
		if err := WriteSnapshot(&second, read); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("the snapshot reads otherwise than it was written:\n%s\n%s", first.Bytes(), second.Bytes())
		}
	})
}

// FuzzSecrets fuzzes the values of a Secret and of an environment: none may survive.
func FuzzSecrets(f *testing.F) {
	f.Add("password", "✿")
	f.Add("connection", "postgresql://✿:✿@h/✿")
	f.Add("connection", "postgresql://\xbf@-✿")
	f.Add("connection", "git@x.✿:✿")
	f.Add("pgbouncer.ini", "[pgbouncer]\nstats_users=✿")
	f.Add("users.txt", `"✿" "✿"`)
	f.Add("a.py", `f(x="✿")`)
	f.Add("AIRFLOW__CORE__FERNET_KEY", "✿")
	f.Add("pod_template.yaml", "spec: {containers: [{env: [{name: a, value: ✿}]}]}")
	f.Fuzz(func(t *testing.T, key, text string) {
		text = planted(text)
		m := testMasker(t)
		if section, option, ok := airflowOption(key); ok && clearOption(section, option) || clearEnv[key] {
			return // shown on purpose
		}
		for _, got := range []string{m.secretValue(key, text), m.configValue(key, text), m.envValue(key, text)} {
			if masked := onlyNames(got); strings.Contains(masked, fuzzCanary) {
				t.Errorf("%s: %q becomes %q", key, text, got)
			}
		}
	})
}

// urlHost is the address of a URL, with what stands before its last "@" apart.
var urlHost = regexp.MustCompile(`://([^/?#\s]*@)?[^/?#@\s]*`)

// gitHost is the host of git@host:path.
var gitHost = regexp.MustCompile(`^git@[^:]*:`)

// token is what stands for a secret; the spaces in it are no end of a URL.
var token = regexp.MustCompile(`⟦[^⟧]*⟧`)

// onlyNames drops the parts of a masked text that are names by their form: hosts of URLs, names in Python and pods.
func onlyNames(text string) string {
	text = urlHost.ReplaceAllString(token.ReplaceAllString(text, "⟦⟧"), "://$1")
	text = gitHost.ReplaceAllString(text, "")
	if strings.Contains(text, "kind: Pod") || strings.Contains(text, "[") || strings.Contains(text, "(") || strings.Contains(text, "=") {
		return ""
	}
	return text
}

// FuzzShapes puts a known shape beside the fuzzer's text: no name makes it harmless.
func FuzzShapes(f *testing.F) {
	f.Add("TZ", "", "")
	f.Add("AIRFLOW__CORE__DAGS_FOLDER", "/opt/", "/dags")
	f.Add("airflow.cfg", "[core]\ndags_folder = ", "\n")
	f.Add("webserver_config.py", "AUTH_ROLE_PUBLIC = '", "'")
	f.Add("DATABASE_HOST", "https://", "/x")
	f.Fuzz(func(t *testing.T, key, before, after string) {
		m := testMasker(t)
		if n := len(before); n > 0 && before[n-1] >= 0x80 || n > 0 && (isLetterOrDigit(before[n-1]) || before[n-1] == '_') {
			before += " " // a token is a word of its own
		}
		if after != "" && (isLetterOrDigit(after[0]) || after[0] == '_' || after[0] >= 0x80) {
			after = " " + after
		}
		text := before + "gh" + "p_" + fuzzCanary + "abcdefghijklmnopqrstuvwx" + after
		if strings.ContainsAny(before+after, "=:\\") || strings.Contains(key, fuzzCanary) {
			text = "gh" + "p_" + fuzzCanary + "abcdefghijklmnopqrstuvwx" // a name before "=" stays, and so does a host
		}
		for _, got := range []string{m.secretValue(key, text), m.configValue(key, text), m.envValue(key, text), m.option("core", key, text)} {
			if masked := onlyNames(got); strings.Contains(masked, fuzzCanary) {
				t.Errorf("%s: %q becomes %q", key, text, got)
			}
		}
	})
}

// FuzzWrittenValues fuzzes the texts of values that are files of their own.
func FuzzWrittenValues(f *testing.F) {
	f.Add("- {name: A, value: ✿}")
	f.Add("a: ✿\nb: {c: ✿}")
	f.Add("kind: Secret\nmetadata: {name: a}\nstringData: {a: ✿}\n---\nkind: Pod\nspec: {containers: [{env: [{name: A, value: ✿}]}]}")
	f.Add("SECRET_KEY = '✿'")
	f.Add("{{ ✿ }}")
	f.Fuzz(func(t *testing.T, text string) {
		m := testMasker(t)
		// Quoted, no name, and of a known shape: some places show harmless texts.
		text = planted(strings.ReplaceAll(text, "✿", "\"gh"+"p_✿abcdefghijklmnopqrstuvwx !\""))
		for parent, keys := range map[string][]string{"x": {"extraEnv", "extraManifests", "podTemplate"}, "extraSecrets": {"data", "stringData"}, "pgbouncer": {"extraIni"}} {
			for _, key := range keys {
				masked, ok := m.written(parent, key, text)
				if !ok {
					continue
				}
				if shown := onlyNames(masked); strings.Contains(shown, fuzzCanary+"abcdefghijklmnopqrstuvwx !") {
					t.Errorf("%s of %q becomes %q", key, text, masked)
				}
				if again := m.value(parent, key, text); again != masked {
					t.Errorf("%s of %q is masked in two ways", key, text)
				}
			}
		}
	})
}

func FuzzAirflowCfg(f *testing.F) {
	f.Add("[core]\nfernet_key = ✿\nexecutor = LocalExecutor\n")
	f.Add("# ✿\n[smtp]\nsmtp_password: ✿\n ✿\n✿")
	f.Add("[secrets]\nbackend_kwargs = {\"a\": \"✿\"}\nsql_alchemy_conn = postgresql://u:✿@h/d")
	f.Add("=✿\n[\n]✿\n[]\n = \n✿=")
	f.Fuzz(func(t *testing.T, text string) {
		m := testMasker(t)
		got := m.ini(planted("[core]\nfernet_key = ✿\n"+text), func(_, _, value string) string { return m.reference(value) })
		for line := range strings.SplitSeq(got, "\n") {
			if name, value, _ := strings.Cut(line, "="); strings.Contains(value, fuzzCanary) || strings.Contains(name, fuzzCanary) && !strings.HasPrefix(name, "[") {
				t.Errorf("%q survives", line)
			}
		}
		again := m.configValue("airflow.cfg", got)
		if strings.Count(again, "\n") > strings.Count(got, "\n") {
			t.Errorf("masking twice adds lines: %q, %q", got, again)
		}
	})
}

func FuzzDSN(f *testing.F) {
	for _, seed := range [][2]string{{"user", "p✿"}, {"✿", "✿"}, {"u@x", "p/w"}, {"u", "p@h?x#y"}, {"", "%40✿%"}, {"a:b", "c d"}, {"u", "\n✿"}} {
		f.Add(seed[0], seed[1], "host", "db✿", "sslmode=✿&password=✿")
	}
	f.Fuzz(func(t *testing.T, user, password, host, path, query string) {
		m := testMasker(t)
		user, password, path, query = planted(user), planted(password), planted(path), planted(query)
		host = strings.ReplaceAll(host, fuzzCanary, "") // a host is no secret
		for _, dsn := range []string{
			"postgresql://" + user + ":" + password + fuzzCanary + "@" + host + "/" + path + "?" + query,
			"redis://:" + password + fuzzCanary + "@" + host, "https://" + fuzzCanary + user + "@" + host + "/" + path, "https://" + host + "/" + path + fuzzCanary + "?" + query,
			"https://h/?" + query + fuzzCanary, "https://h/#" + fuzzCanary + query, "amqp://" + user + ":" + password + "@h/" + fuzzCanary,
		} {
			if got := m.text(dsn); strings.Contains(got, fuzzCanary) && !shownHost(got) {
				t.Errorf("%q becomes %q", dsn, got)
			}
		}
	})
}

// shownHost says that the fuzzer made the canary itself the host: everything before it ended in an "@" or a slash.
func shownHost(masked string) bool {
	_, rest, _ := strings.Cut(masked, "://")
	authority, _, _ := strings.Cut(rest, "/")
	host := authority[strings.LastIndexByte(authority, '@')+1:]
	return strings.Contains(host, fuzzCanary) && !strings.Contains(strings.Replace(masked, host, "", 1), fuzzCanary)
}

func FuzzWebserverConfig(f *testing.F) {
	f.Add("AUTH_TYPE = AUTH_DB\n# ✿\nSECRET_KEY = '✿'\n")
	f.Add("OAUTH_PROVIDERS = [{'a': '✿', \"b\": \"\"\"✿\"\"\"}]\nX = f'✿'\nY = r\"✿\"")
	f.Add("A = '✿\nB = \"\\\"✿\"\nC = (\n'✿'\n")
	f.Add("AUTH_ROLE_PUBLIC = '✿' '✿'\ndef f(): return '✿'")
	f.Fuzz(func(t *testing.T, text string) {
		m := testMasker(t)
		// Only quoted: what stands outside quotes is a name of Python.
		quoted := strings.ReplaceAll(planted(text), fuzzCanary, "'"+fuzzCanary+"'")
		if strings.ContainsAny(text, "'\"\\#") {
			quoted = strings.ReplaceAll(text, "✿", "x")
		}
		mustNotShow(t, "the configuration", withoutClear(m.webserverConfig(quoted+"\nSECRET_KEY = '"+fuzzCanary+"'\n")))
		mustNotShow(t, "the script", withoutClear(m.python(quoted)))
	})
}

// FuzzLoginProviders plants a secret in every place of a login's settings where one may stand.
func FuzzLoginProviders(f *testing.F) {
	f.Add("client_secret", "", "")
	f.Add("token_key", "access_token ", " openid")
	f.Add("icon", "fa-", "")
	f.Add("url", "common/", "/{x}")
	f.Add("verify_signature", "%s/", "?a=b#c")
	f.Add("k", "{", "}")
	f.Fuzz(func(t *testing.T, key, before, after string) {
		if planted(key+before+after) == "" && key+before+after != "" || strings.Contains(before+after, ":") {
			return // what stands behind :// may be a host, which is no secret
		}
		clean := func(text string) string { return strings.Map(withoutQuotes, text) }
		secret := clean(before) + fuzzCanary + clean(after)
		text := strings.NewReplacer("✿", secret, "KEY", clean(key)).Replace(loginSettings)
		got := testMasker(t).webserverConfig(text)
		mustNotShow(t, "the configuration", got)
		if !strings.Contains(got, "OAUTH_PROVIDERS = [ {") || !strings.Contains(got, "# code: verify_signature=False\n") {
			t.Errorf("what is no secret does not survive: %q", got)
		}
	})
}

func withoutQuotes(r rune) rune {
	if strings.ContainsRune("'\"\\\r\n", r) {
		return -1
	}
	return r
}

const loginSettings = `OAUTH_PROVIDERS = [
    {"KEY": "✿", 'KEY': ['✿', ("✿",)], "name": '✿' "✿", "scope": 'openid ✿', "x": f"✿", "y": r'✿', "z": b"✿",
     "a": "https://u:✿@h/✿", "b": "https://h/✿/common?✿=✿#✿", "c": f"https://h/✿/{t}/common", "d": "https://h/" + "✿" % "✿"},
    dict(client_secret="✿", icon='✿', remote_app=dict(token_key="""✿""")),
]
OAUTH_PROVIDERS.append({"KEY": "✿"})
OAUTH_PROVIDERS[0]["KEY"] = "✿"
app.config["OAUTH_PROVIDERS"] = [{"KEY": "✿"}]
app.config.update(OAUTH_PROVIDERS=[{"KEY": "✿"}], SECRET_KEY="✿")
AUTH_ROLES_MAPPING = {"x": ["✿"]}
AUTH_LDAP_SERVER = "ldap://u:✿@h"
RATELIMIT_STORAGE_URI = "redis://:✿@h/0"
AUTH_LDAP_BIND_PASSWORD = "✿"
if X == "✿": SECRET_KEY = "✿"
class Login:
    def get(self, t): return jwt.decode(t, "✿", options={"verify_signature": False, "KEY": "✿"})
`

// withoutClear drops lines of settings that may be shown, and names that are no secrets.
func withoutClear(text string) string {
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		name, _, _ := strings.Cut(line, " = ")
		if !clearSettings[name] && !strings.Contains(line, "conn_") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

func FuzzSnapshot(f *testing.F) {
	f.Add(savedSnapshot(f))
	f.Add([]byte("{}"))
	f.Add([]byte("kind: Snapshot\napiVersion: airflowsec.io/v1alpha1\nobjects: [{content: {}}]\nrelease: {record: files}\n"))
	f.Add([]byte("kind: Snapshot\napiVersion: airflowsec.io/v1alpha1\nobjects: []\naround: [{apiVersion: v1, kind: Service, name: kube-dns, content: {spec: {ports: [{port: 53}]}}}]\nrelease: {record: files}\n"))
	f.Add([]byte("kind: Snapshot\napiVersion: airflowsec.io/v1alpha1\nAround: [{kind: Service, name: a}]\nrelease: {record: files, Manifest: [{kind: Job, name: b}]}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ReadSnapshot(bytes.NewReader(text), "s")
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := WriteSnapshot(&first, s); err != nil {
			t.Skip("a time that cannot be written")
		}
		again, err := ReadSnapshot(bytes.NewReader(first.Bytes()), "s")
		if err != nil {
			t.Fatalf("%v\n%s", err, first.Bytes())
		}
		if err := WriteSnapshot(&second, again); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("got\n%s\nwant\n%s", second.Bytes(), first.Bytes())
		}
	})
}

// FuzzYAML compares with the reader that kubectl and Helm use.
func FuzzYAML(f *testing.F) {
	for _, text := range scalars {
		f.Add(text)
	}
	f.Add(savedManifests[:200])
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "<<") || strings.Contains(text, "!") || strings.Contains(text, "?") {
			return // merges and tags are told apart elsewhere
		}
		want, ok := sigsYAML(t, text)
		got, _, err := parseYAML([]byte(text), "f", 1)
		if err == nil && ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %#v, want %#v", text, got, want)
		}
	})
}

func FuzzShell(f *testing.F) {
	f.Add("airflow users create -u admin -p ✿")
	f.Add("curl -u a:✿ --password=✿ X_Y=✿ https://u:✿@h/✿ '✿' \"✿\" $(✿) ${✿} `✿` -✿ --✿")
	f.Fuzz(func(t *testing.T, text string) {
		m := testMasker(t)
		if text = planted(text); strings.Contains(text, "/") {
			text = "" // a path below /opt or the host of a URL is no secret; FuzzDSN looks at URLs
		}
		mustNotShow(t, "the command", m.script(text+" --password "+fuzzCanary))
		for _, entry := range m.command([]any{text, "-p", fuzzCanary, "--token", fuzzCanary + " x"}).([]any) {
			mustNotShow(t, "an argument", entry.(string))
		}
	})
}

func FuzzUnreadValues(f *testing.F) {
	f.Add("{{ .Values.a }}{{ range $k, $v := .Values.b }}{{ $k }}{{ end }}", "a: 1")
	f.Add(`{{ define "m" }}{{ include "m" (dict "a" . "b" .Values) }}{{ end }}{{ include "m" . }}`, "b: {c: 1}")
	f.Add(`{{ $a := dict }}{{ $_ := set $a "a" $a }}{{ $_ := merge $a $a }}{{ toYaml $a }}{{ range $a }}{{ . }}{{ end }}`, "x: 1")
	f.Add(`{{ $_ := set .Values "a" .Values }}{{ .Values.a.a.a.b }}{{ tpl (toYaml .) . }}`, "a: '{{ .Values.a }}'")
	f.Fuzz(func(t *testing.T, template, values string) {
		value, root, err := parseYAML([]byte(values), "v", 1)
		user, ok := value.(map[string]any)
		if err != nil || !ok || len(template) > 2000 {
			return
		}
		for _, at := range placesIn(root, "v", 0) {
			if last := strings.Count(values, "\n") + strings.Count(values, "\r") + 1; at.Line < 1 || at.Line > last {
				t.Errorf("%s stands in line %d of %d", at.Path, at.Line, last)
			}
		}
		_ = unreadValues(templateChart(t, template, ""), user)
	})
}

func TestFromFilesStopsWhenTold(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := FromFiles(ctx, Files{Paths: []string{write(t, t.TempDir(), "a.yaml", configMapA)}}); err == nil {
		t.Error("a cancelled run goes on")
	}
}

// FuzzReadPolicies looks for values in errors, and for policies that pass the checks and do not decode.
func FuzzReadPolicies(f *testing.F) {
	f.Add(goodPolicy)
	f.Add(goodPolicy + "---\n" + savedManifests)
	f.Add(strings.Replace(goodPolicy, "ingress:", "ingres: ✿", 1))
	f.Add("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {matchLabels: {a: ✿}}, egress: [{to: [{ipBlock: {cidr: ✿}}]}]}")
	f.Fuzz(func(t *testing.T, text string) {
		text = planted(text)
		objects, err := ReadPolicies(context.Background(), Files{Paths: []string{"-"}, Stdin: strings.NewReader(text), Namespace: "team"})
		if err != nil {
			// Names of objects, kinds and fields may be shown, and nothing else.
			mustNotShow(t, "an error", namesInErrors.ReplaceAllString(strings.ReplaceAll(err.Error(), strings.ToLower(fuzzCanary), fuzzCanary), ""))
		}
		for _, o := range objects {
			if o.Namespace == "" || o.Kind != "NetworkPolicy" || o.At("spec") == nil {
				t.Errorf("%q reads as %+v", text, o)
			}
		}
	})
}
