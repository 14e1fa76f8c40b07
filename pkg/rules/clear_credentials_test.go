package rules_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// forge makes credentials of random text, the same in every run: none of the
// right shape stands in this file.
type forge struct{ *rand.Rand }

const (
	smallLetters = "abcdefghijklmnopqrstuvwxyz"
	largeLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	tenDigits    = "0123456789"
	hexDigits    = tenDigits + "abcdef"
	anyLetters   = smallLetters + largeLetters + tenDigits
)

func (f forge) text(alphabet string, length int) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = alphabet[f.IntN(len(alphabet))]
	}
	return string(text)
}

func (f forge) alnum(length int) string { return f.text(anyLetters, length) }

func (f forge) base64(size int) string {
	return base64.StdEncoding.EncodeToString([]byte(f.text(string(allBytes()), size)))
}

func allBytes() []byte {
	out := make([]byte, 0x7f)
	for i := range out {
		out[i] = byte(i + 1)
	}
	return out
}

func (f forge) jwt() string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	return part(`{"alg":"HS256","typ":"JWT"}`) + "." + part(`{"sub":"airflow","iat":1700000000}`) + "." + f.alnum(43)
}

// pem is a private key's block; kind stands before "PRIVATE KEY".
func (f forge) pem(kind string) string {
	return "-----BEGIN " + kind + "PRIVATE" + " KEY-----\n" + f.base64(48) + "\n-----END " + kind + "PRIVATE" + " KEY-----\n"
}

// credentials are as many kinds as anybody keeps in Airflow, each under a name it may have.
func credentials() []named {
	f := forge{rand.New(rand.NewPCG(5, 412))}
	return append(tokens(f), append(keys(f), passwords(f)...)...)
}

// tokens are known by their shape, under names that say nothing.
func tokens(f forge) []named {
	return []named{
		{"source", "gh" + "p_" + f.alnum(36)}, {"source", "gh" + "s_" + f.alnum(36)}, {"source", "gh" + "o_" + f.alnum(36)},
		{"source", "github" + "_pat_" + f.alnum(22) + "_" + f.alnum(59)},
		{"source", "glp" + "at-" + f.alnum(20)}, {"runner", "glr" + "t-" + f.alnum(20)}, {"deploy", "gld" + "t-" + f.alnum(20)},
		{"channel", "xox" + "b-" + f.text(tenDigits, 12) + "-" + f.text(tenDigits, 12) + "-" + f.alnum(24)},
		{"channel", "xap" + "p-1-A" + f.text(largeLetters+tenDigits, 10) + "-" + f.text(tenDigits, 12) + "-" + f.text(hexDigits, 40)},
		{"hook", "https://hooks.slack.com/serv" + "ices/T" + f.text(largeLetters+tenDigits, 9) + "/B" + f.text(largeLetters+tenDigits, 10) + "/" + f.alnum(24)},
		{"hook", "https://discord.com/api/web" + "hooks/" + f.text(tenDigits, 18) + "/" + f.alnum(68)},
		{"aws", "AK" + "IA" + f.text(largeLetters+"234567", 16)}, {"aws", "AS" + "IA" + f.text(largeLetters+"234567", 16)},
		{"maps", "AI" + "za" + f.alnum(35)}, {"google", "GOC" + "SPX-" + f.alnum(28)}, {"google", "ya" + "29." + f.alnum(120)},
		{"payments", "sk" + "_live_" + f.alnum(24)}, {"payments", "rk" + "_test_" + f.alnum(24)}, {"payments", "whs" + "ec_" + f.alnum(32)},
		{"mail", "S" + "G." + f.alnum(22) + "." + f.alnum(43)}, {"registry", "np" + "m_" + f.alnum(36)}, {"registry", "pyp" + "i-AgEIcHlwaS5vcmc" + f.alnum(150)},
		{"warehouse", "da" + "pi" + f.text(hexDigits, 32)}, {"warehouse", "da" + "pi" + f.text(hexDigits, 32) + "-2"},
		{"vault", "hv" + "s." + f.alnum(95)}, {"vault", "hv" + "b." + f.alnum(140)}, {"vault", "s" + "." + "aB3" + f.alnum(21)},
		{"models", "h" + "f_" + f.alnum(34)}, {"models", "sk" + "-proj-" + f.alnum(60)}, {"models", "sk" + "-ant-api03-" + f.alnum(93)},
		{"images", "dckr" + "_pat_" + f.alnum(27)}, {"cloud", "dop" + "_v1_" + f.text(hexDigits, 64)}, {"dashboards", "gl" + "sa_" + f.alnum(32) + "_" + f.text(hexDigits, 8)},
		{"errors", "sn" + "trys_" + f.alnum(80)}, {"deploys", "pu" + "l-" + f.text(hexDigits, 40)}, {"network", "ts" + "key-auth-" + f.alnum(12) + "-" + f.alnum(32)},
		{"issues", "ATA" + "TT3" + f.alnum(184)}, {"issues", "lin" + "_api_" + f.alnum(40)}, {"cloud", f.alnum(14) + ".atl" + "asv1." + f.alnum(67)},
		{"shop", "sh" + "pat_" + f.text(hexDigits, 32)}, {"bot", f.text(tenDigits[1:], 9) + ":A" + "A" + f.alnum(33)}, {"session", f.jwt()},
		{"entra", f.alnum(3) + "8Q" + "~" + f.alnum(34)}, {"snowflake", "ver:1-hint" + ":" + f.text(tenDigits, 12) + "-" + f.alnum(80)},
	}
}

// keys are known by a form of more than one line or part.
func keys(f forge) []named {
	return []named{
		{"id_rsa", f.pem("RSA ")}, {"deploy", f.pem("OPENSSH ")}, {"signing", f.pem("")}, {"ec", f.pem("EC ")}, {"encrypted", f.pem("ENCRYPTED ")},
		{"account", `{"type": "service_account", "project_id": "p", "private_key": "` + strings.ReplaceAll(f.pem(""), "\n", `\n`) + `"}`},
		{"storage", "DefaultEndpointsProtocol=https;AccountName=airflowlogs;Account" + "Key=" + f.base64(64) + ";EndpointSuffix=core.windows.net"},
		{"events", "Endpoint=sb://airflow.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccess" + "Key=" + f.base64(32)},
		{"blob", "https://airflow.blob.core.windows.net/logs?sv=2022-11-02&ss=b&s" + "ig=" + f.alnum(43) + "%3D"},
		{"dockerconfig", `{"auths": {"registry.example.com": {"au` + `th": "` + base64.StdEncoding.EncodeToString([]byte("robot:"+f.alnum(20))) + `"}}}`},
		{"fernet_key", base64.URLEncoding.EncodeToString([]byte(f.text(string(allBytes()), 32)))},
		{"age", "AGE-SECRET" + "-KEY-1" + f.text("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)},
	}
}

// passwords are known by their names or by the URL they stand in.
func passwords(f forge) []named {
	return []named{
		{"password", "hunter2"}, {"DB_PASSWORD", "correct horse battery staple"}, {"smtp_password", "Tr0ub4dor&3"}, {"bind_password", "changeme"},
		{"rootPassword", "12345678"}, {"mysql_pwd", "s3cr3t!"}, {"keystore_passphrase", "open sesame"}, {"REDIS_PASS", "letmein"},
		{"aws_secret_access_key", f.text(anyLetters+"+/", 40)}, {"AWS_SESSION_TOKEN", f.base64(120)}, {"client_secret", f.alnum(32)}, {"OAUTH_CLIENT_SECRET", "plain-oauth"},
		{"snowflake_password", "Sn0wfl4ke"}, {"datadog_api_key", f.text(hexDigits, 32)}, {"webserver_secret_key", f.text(hexDigits, 32)}, {"jwt_secret", "not so secret"},
		{"azure_storage_account_key", f.base64(64)}, {"slack_api_token", f.alnum(40)}, {"X_API_TOKEN", f.text(hexDigits, 40)}, {"encryption_key", f.base64(32)},
		{"sql_alchemy_conn", "postgresql+psycopg2://airflow:" + f.alnum(12) + "@pg.example.com:5432/airflow"},
		{"result_backend", "db+mysql://airflow:p%40ss" + f.alnum(6) + "@mysql/airflow"}, {"broker_url", "amqp://airflow:" + f.alnum(10) + "@rabbit:5672//"},
		{"warehouse", "snowflake://robot:" + f.alnum(12) + "@account/db?warehouse=wh"}, {"repo", "https://robot:" + f.alnum(20) + "@git.example.com/dags.git"},
		{"index", "https://" + "gh" + "p_" + f.alnum(36) + "@pypi.example.com/simple"}, {"jdbc", "jdbc:postgresql://pg/dwh?user=u&password=" + f.alnum(12)},
		{"mongo", "mongodb+srv://u:" + f.alnum(9) + "@cluster.example.com/db"}, {"unescaped", "postgresql://u:p@ss/w0rd@pg/airflow"},
		{"sentry_dsn", "https://" + f.text(hexDigits, 32) + ":" + f.text(hexDigits, 32) + "@sentry.example.com/1"}, {"callback", "https://api.example.com/run?api_key=" + f.text(hexDigits, 32)},
		{"header", "Authorization: Bearer " + f.alnum(40)}, {"odbc", "Driver=x;Server=dwh;Uid=u;Pwd=" + f.alnum(12) + ";"},
		{"kwargs", `{"url": "https://vault:8200", "auth_type": "approle", "role_id": "r", "secret_id": "x", "password": "` + f.alnum(16) + `"}`},
		{"libpq", "host=pg user=airflow password=" + f.alnum(14) + " dbname=airflow"}, {"export", "export DB_PASSWORD='" + f.alnum(11) + "'"},
	}
}

// TestEveryCredentialIsFound puts each of them into values, variables,
// annotations and ConfigMaps of both charts, and looks for a finding at each place.
func TestEveryCredentialIsFound(t *testing.T) {
	list := credentials()
	if len(list) < 60 {
		t.Fatalf("only %d credentials", len(list))
	}
	for _, chart := range []string{"", communityChart} {
		found := map[string]bool{}
		for _, findings := range clearFindings(t, placed(t, chart, list)) {
			for _, f := range findings {
				place, _, _ := strings.Cut(f.Path, "#")
				found[f.Target.Name+place] = true
			}
		}
		for i, each := range list {
			key := notInKeys.ReplaceAllString(each.name, "-")
			for _, place := range []string{
				"af/values/" + numbered(i) + "/settings/" + each.name,
				"af/values/" + numbered(i) + "/env/0/value",
				fmt.Sprintf("af-scheduler/spec/template/spec/containers/0/env/%d/value", i+1),
				"af-scheduler/spec/template/metadata/annotations/" + numbered(i) + ".example.com~1" + key,
				numbered(i) + "/data/" + key,
			} {
				if !found[place] {
					t.Errorf("%d: %s is not found at %s", i, each.name, place)
				}
			}
			lower := strings.ToLower(each.name) == each.name // as options are; other names are not shown
			if lower && !strings.Contains(each.value, "\n") && !found[numbered(i)+"/data/airflow.cfg"] {
				t.Errorf("%d: %s is not found in airflow.cfg", i, each.name)
			}
		}
	}
}
