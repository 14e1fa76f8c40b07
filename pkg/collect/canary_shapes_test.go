package collect

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
)

// shapes are texts of known shapes with a canary in each; %s is where it stands.
// They are put together here, so that none stands in this file.
var shapes = []string{
	"gh" + "p_%sabcdefghijklmnopqrstuv", "github" + "_pat_%s0123456789_" + strings.Repeat("aB3dE", 12)[:57], "glp" + "at-%sabc123", "xox" + "b-%s-0123456789abcdef",
	"AI" + "za%sabcdefghijklmnopqrstu", "GOC" + "SPX-%sabcdefghijklmn", "ya" + "29.%sabcdefghijklmnopqrstuvwxyz0123456789", "sk" + "_live_%sabcdefghijklm", "whs" + "ec_%sabcdefghijklmnopqrs",
	"S" + "G.%sabcdefgh." + strings.Repeat("aB3dE", 10)[:43], "np" + "m_%sabcdefghijklmnopqrstuv", "pyp" + "i-AgEIcHlwaS5vcmc%s" + strings.Repeat("aB3dE", 20), "hv" + "s.%sabcdefghijklm",
	"h" + "f_%sabcdefghijklmnopqrst", "dckr" + "_pat_%sabcdefghijklm", "sk" + "-proj-%sabcdefghijklmnopqrstuvwxyz0123456789", "gl" + "sa_%sabcdefghijklmnopqr_01234567",
	"sn" + "trys_%sabcdefghijklmnopqrstuvwxyz0123456789", "ts" + "key-auth-%s-abcdefghijkl", "lin" + "_api_%sabcdefghijklmnopqrstuvwxyz", "pscale" + "_pw_%sabcdefghijklmnopqrstuv",
	"-----BEGIN OPENSSH PRIVATE" + " KEY-----%s", "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiJhIiwiYiI6MX0." + "%sabcdefghijkl", "123456789:A" + "A%sabcdefghijklmnopqrs",
	"services/T" + "0A1B2C3D4/B" + "0A1B2C3D4E/%sabcdefghij", "aB38Q" + "~%sabcdefghijklmnopqrst"}

// TestNoKnownShapeSurvivesInClearPlaces puts each of them where other texts may be shown.
func TestNoKnownShapeSurvivesInClearPlaces(t *testing.T) {
	for _, shape := range shapes {
		var c canaries
		plant := func(text string) string {
			for strings.Contains(text, "✿") {
				text = strings.Replace(text, "✿", fmt.Sprintf(shape, c.next()), 1)
			}
			return text
		}
		if kinds := secret.Kinds(plant("✿")); len(kinds) == 0 {
			t.Errorf("%s is no known shape", shape)
			continue
		}
		s, err := FromFiles(context.Background(), Files{Paths: []string{"-"}, Stdin: strings.NewReader(plant(clearManifests)), Now: fixedTime})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := WriteSnapshot(&out, s); err != nil {
			t.Fatal(err)
		}
		values := write(t, t.TempDir(), "values.yaml", plant(clearValuesText))
		s, err = FromChart(context.Background(), Chart{Path: writeChart(t, chartFiles()), ValueFiles: []string{values}, CacheDir: filepath.Join(t.TempDir(), "cache")})
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteSnapshot(&out, s); err != nil {
			t.Fatal(err)
		}
		c.check(t, shape, out.String())
	}
}

const clearManifests = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {a: "✿"}, annotations: {helm.sh/chart: "✿", prometheus.io/path: "/x/✿"}}
spec:
  template:
    metadata: {labels: {a: "✿"}}
    spec:
      hostname: "✿"
      containers:
      - name: c
        image: "registry/✿"
        args: ["✿", "/opt/✿", "--x=✿", "--password", "✿", "echo ✿ /opt/✿"]
        env:
        - {name: TZ, value: "✿"}
        - {name: PATH, value: "/opt/✿"}
        - {name: AIRFLOW__CORE__DAGS_FOLDER, value: "✿"}
        - {name: DATABASE_HOST, value: "✿"}
        - {name: AIRFLOW__SECRETS__BACKEND_KWARGS, value: '{"url": "✿", "namespace": "✿", "x": "✿"}'}
        - {name: AIRFLOW__CORE__SQL_ALCHEMY_CONN, value: "postgresql://h/d?sslcert=/etc/✿"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data:
  airflow.cfg: "[core]\ndags_folder = ✿\n"
  webserver_config.py: "AUTH_ROLE_PUBLIC = '✿'\nAUTH_LDAP_SERVER = '✿'\n"
  redis.conf: "dir ✿\n"
  pgbouncer.ini: "[pgbouncer]\nauth_file = ✿\n"
`

const clearValuesText = `
airflow: {image: {tag: "✿", repository: "✿"}, executor: "✿", config: {AIRFLOW__CORE__DAGS_FOLDER: "✿"}, connections: [{id: "✿", type: "✿"}], variables: [{key: "✿", value: a}]}
dags: {gitSync: {branch: "✿", subPath: "✿", sshSecret: "✿"}}
labels: {a: "✿"}
nodeSelector: {a: "✿"}
externalDatabase: {host: "✿", properties: "✿"}
podAnnotations: {helm.sh/chart: "✿"}
args: ["✿"]
`
