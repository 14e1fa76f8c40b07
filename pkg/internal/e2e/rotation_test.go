package e2e

import (
	"errors"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rotation"
)

const (
	oldFernet = "b2xkLWZlcm5ldC1rZXktb2YtMzItYnl0ZXMhISEhISE="
	oldURL    = "postgresql://airflow:old-database-password@db.example.com:5432/airflow?sslmode=require"
	oldBroker = "redis://:old-broker-password@af-redis:6379/0"
)

// rotating is a release whose secrets are in Secrets of their own.
type rotating struct {
	*standins
	chart, namespace, helm string
	secrets                map[string]string
	values                 []string
}

func rotatingOfficial() rotating {
	return rotating{
		chart: "official", namespace: "official", helm: "helm3",
		secrets: map[string]string{
			"keys/fernet-key": oldFernet, "api/api-secret-key": "old-api-secret-key", "jwt/jwt-secret": "old-jwt-secret",
			"meta/connection": oldURL, "meta/kedaConnection": oldURL, "broker/connection": oldBroker, "redis/password": "old-broker-password",
		},
		values: []string{
			"fernetKeySecretName=keys", "apiSecretKeySecretName=api", "jwtSecretName=jwt", "data.metadataSecretName=meta",
			"data.brokerUrlSecretName=broker", "redis.passwordSecretName=redis", "postgresql.enabled=false",
		},
	}
}

func rotatingCommunity() rotating {
	return rotating{
		chart: "community", namespace: "community", helm: "helm4",
		secrets: map[string]string{
			"keys/fernet": oldFernet, "keys/web": "old-web-secret-key", "pg/postgresql-password": "old-database-password",
			"redis/redis-password": "old-broker-password", "flower/login": "watcher:old-flower-password", "git/id_rsa": "old-deploy-key", "git/known_hosts": "stays",
		},
		values: []string{
			"airflow.fernetKey=", "airflow.webserverSecretKey=", "airflow.users=null", "airflow.extraEnv[0].name=AIRFLOW__CORE__FERNET_KEY",
			"airflow.extraEnv[0].valueFrom.secretKeyRef.name=keys", "airflow.extraEnv[0].valueFrom.secretKeyRef.key=fernet",
			"airflow.extraEnv[1].name=AIRFLOW__WEBSERVER__SECRET_KEY",
			"airflow.extraEnv[1].valueFrom.secretKeyRef.name=keys", "airflow.extraEnv[1].valueFrom.secretKeyRef.key=web",
			"postgresql.existingSecret=pg", "redis.existingSecret=redis", "flower.basicAuthSecret=flower", "flower.basicAuthSecretKey=login",
			"dags.gitSync.enabled=true", "dags.gitSync.sshSecret=git", "dags.gitSync.repo=git@example.com:a/b.git",
		},
	}
}

// TestRotation runs every command of every rotation on a real release. No
// kubelet runs Airflow here, so that what is to run in a pod is only addressed.
func TestRotation(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	for _, r := range []rotating{rotatingOfficial(), rotatingCommunity()} {
		t.Run(r.chart, func(t *testing.T) {
			kubectl(t, c, "create", "namespace", r.namespace)
			makeSecrets(t, c, r.namespace, r.secrets)
			var args []string
			for _, v := range r.values {
				args = append(args, "--set", v)
			}
			install(t, c, r.helm, r.chart, r.namespace, "af", args...)
			r.standins = newStandins(t, c)
			if out, err := r.sh("kubectl exec -n " + r.namespace + " deployment/af-scheduler -c nobody -- true"); err == nil {
				t.Errorf("a container that is not there is taken: %s", out)
			}
			r.fernet()
			for key, change := range map[rotation.Key]func(before, after string) bool{
				rotation.WebSecret: another(64), rotation.APISecret: another(64), rotation.JWT: another(128),
				rotation.Flower: func(_, after string) bool {
					return strings.HasPrefix(after, "watcher:") && len(after) == len("watcher:")+32
				},
				rotation.GitKey: func(_, after string) bool {
					return strings.HasPrefix(after, "-----BEGIN OPENSSH PRIVATE KEY-----\n") && strings.HasSuffix(after, "-----END OPENSSH PRIVATE KEY-----\n")
				},
				rotation.Database: loginChanged, rotation.Broker: loginChanged,
			} {
				r.whole(key, change)
			}
			if r.chart == "community" && r.secret(r.namespace, "git/known_hosts") != "stays" {
				t.Error("another key of the Secret is gone")
			}
		})
	}
}

func another(size int) func(before, after string) bool {
	return func(before, after string) bool { return len(after) == size && after != before }
}

// loginChanged says that a password is another, and that of a URL all but the login stays.
func loginChanged(before, after string) bool {
	scheme, rest, isURL := strings.Cut(before, "://")
	if !isURL {
		return another(64)(before, after)
	}
	_, place, _ := strings.Cut(rest, "@")
	return strings.HasPrefix(after, scheme+"://") && strings.HasSuffix(after, "@"+place) && !strings.Contains(after, "old-")
}

// plan is how a key of the release as it is now is replaced.
func (r rotating) plan(key rotation.Key) (*rotation.Plan, error) {
	r.t.Helper()
	return rotation.Of(airflow.New(read(r.t, as(r.t, r.cluster.Kubeconfig(controlplane.Admin)), r.namespace, "af")), key, nil)
}

// whole runs all steps of a rotation in their order.
func (r rotating) whole(key rotation.Key, changed func(before, after string) bool) {
	r.t.Helper()
	plan, err := r.plan(key)
	if err != nil {
		var refused *rotation.Refused
		if errors.As(err, &refused) || !strings.Contains(err.Error(), "only Airflow") && !strings.Contains(err.Error(), "has no") {
			r.t.Errorf("%s: %v", key, err)
		}
		return
	}
	before := map[string]string{}
	for _, at := range plan.Secrets {
		before[at] = r.secret(r.namespace, at)
	}
	r.answer("exec", "postgres")
	var printed strings.Builder
	for _, s := range plan.Steps {
		for _, command := range s.Commands {
			printed.WriteString(r.must(command))
		}
	}
	for at, old := range before {
		after := r.secret(r.namespace, at)
		if !changed(old, after) {
			r.t.Errorf("%s: Secret %s has not changed as it should", key, at)
		}
		r.unseen(printed.String(), old, after, password(after))
	}
	if left, _ := r.cluster.Run(r.t.Context(), controlplane.Admin, "kubectl", "get", "secrets,configmaps", "-n", r.namespace, "-o", "name"); strings.Contains(left, "-rotation") {
		r.t.Errorf("%s: something is left behind: %s", key, left)
	}
}

// password is the one of a URL or of "user:password"; the whole text where it is neither.
func password(text string) string {
	if _, rest, isURL := strings.Cut(text, "://"); isURL {
		login, _, _ := strings.Cut(rest, "@")
		text = login
	}
	return text[strings.LastIndex(text, ":")+1:]
}

// fernet goes through the steps one by one, with the mistakes that people make in between.
func (r rotating) fernet() {
	r.t.Helper()
	plan, err := r.plan(rotation.Fernet)
	if err != nil {
		r.t.Fatal(err)
	}
	at := plan.Secrets[0]
	var printed strings.Builder
	run := func(title string) {
		r.t.Helper()
		for _, s := range plan.Steps {
			for _, command := range s.Commands {
				if strings.HasPrefix(s.Title, title) {
					printed.WriteString(r.must(command))
				}
			}
		}
	}
	var drop string
	for _, s := range plan.Steps {
		if strings.HasPrefix(s.Title, "Drop") {
			drop = s.Commands[0]
		}
	}
	refused := func(when string) {
		r.t.Helper()
		before := r.secret(r.namespace, at)
		if out, err := r.sh(drop); err == nil || !strings.Contains(out, "Not dropped") || r.secret(r.namespace, at) != before {
			r.t.Errorf("%s, the old key is dropped: %v %s", when, err, out)
		}
	}
	refused("before there is a new key")
	run("Put a new key")
	keys := strings.Split(r.secret(r.namespace, at), ",")
	if len(keys) != 2 || len(keys[0]) != 44 || keys[1] != oldFernet {
		r.t.Fatalf("after the first step the Secret holds %d keys, not the new one and the old one", len(keys))
	}
	refused("before anything is proved")
	run("Restart everything that holds the key")
	run("Encrypt everything")
	run("Prove")
	kubectl(r.t, r.cluster, "-n", r.namespace, "annotate", "secret", strings.Split(at, "/")[0], "changed=since")
	refused("when the Secret has changed since the proof")
	run("Prove")
	run("Drop")
	if after := r.secret(r.namespace, at); after != keys[0] {
		r.t.Error("after the last step the Secret does not hold the new key alone")
	}
	refused("a second time")
	if stdin := r.stdin(); !strings.Contains(stdin, `expected = "`) || !strings.Contains(stdin, "get_password") {
		r.t.Error("the program of the proof does not reach the pod")
	}
	r.unseen(printed.String(), keys...)
	if !strings.Contains(r.calls(), "airflow rotate-fernet-key") {
		r.t.Error("Airflow is not asked to encrypt anew")
	}
}
