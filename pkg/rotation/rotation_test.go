package rotation_test

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rotation"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// release is a fixture chart, rendered, with Secrets beside it that are not the chart's.
type release struct {
	chart   string
	set     []string
	secrets map[string]string // NAME/KEY and its value as the snapshot would hold it
	labels  map[string]string // of the API server's or web server's workload
	unread  bool              // nobody could read Helm's record
}

const (
	token = "⟦secret 1 size:32 fernet⟧"
	meta  = "postgresql://⟦secret 2 size:1⟧:⟦secret 3 size:16⟧@db.example.com:5432/⟦secret 4 size:1⟧"
)

func (r release) model(t *testing.T) *airflow.Model {
	t.Helper()
	s, err := collect.FromChart(context.Background(), collect.Chart{
		Path: filepath.Join("..", "..", "testdata", "charts", r.chart), Set: r.set, Release: "af", Namespace: "air", Now: time.Unix(0, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.unread {
		s.Release.Record = snapshot.Recognised
	}
	for at, value := range r.secrets {
		name, key, _ := strings.Cut(at, "/")
		s.Objects = append(s.Objects, snapshot.Object{
			Ref: snapshot.Ref{APIVersion: "v1", Kind: "Secret", Namespace: "air", Name: name}, Origin: snapshot.Live,
			Content: map[string]any{"metadata": map[string]any{"name": name}, "data": map[string]any{key: value}},
		})
	}
	for i := range s.Objects {
		o := &s.Objects[i]
		if labels, _ := o.At("metadata", "labels").(map[string]any); labels != nil && o.Kind == "Deployment" {
			for k, v := range r.labels {
				labels[k] = v
			}
		}
	}
	return airflow.New(s)
}

var (
	official  = release{chart: "official"}
	community = release{chart: "community"}
	// apart keep every secret in a Secret that is not the chart's.
	apart = release{chart: "official", set: []string{
		"fernetKeySecretName=keys", "apiSecretKeySecretName=api", "jwtSecretName=jwt", "data.metadataSecretName=meta",
		"data.brokerUrlSecretName=broker", "redis.passwordSecretName=redis", "postgresql.enabled=false",
	}, secrets: map[string]string{
		"keys/fernet-key": token, "api/api-secret-key": token, "jwt/jwt-secret": token, "meta/connection": meta,
		"broker/connection": "redis://:⟦secret 5 size:16⟧@af-redis:6379/0", "redis/password": "⟦secret 5 size:16⟧",
	}}
	apartCommunity = release{chart: "community", set: []string{
		"airflow.fernetKey=", "airflow.extraEnv[0].name=AIRFLOW__CORE__FERNET_KEY", "airflow.extraEnv[0].valueFrom.secretKeyRef.name=keys",
		"airflow.extraEnv[0].valueFrom.secretKeyRef.key=fernet", "postgresql.existingSecret=pg", "redis.existingSecret=redis",
		"airflow.webserverSecretKey=", "airflow.extraEnv[1].name=AIRFLOW__WEBSERVER__SECRET_KEY",
		"airflow.extraEnv[1].valueFrom.secretKeyRef.name=keys", "airflow.extraEnv[1].valueFrom.secretKeyRef.key=web",
		"flower.basicAuthSecret=flower", "flower.basicAuthSecretKey=login",
		"dags.gitSync.enabled=true", "dags.gitSync.sshSecret=git", "dags.gitSync.repo=git@example.com:a/b.git",
	}, secrets: map[string]string{
		"keys/fernet": token, "pg/postgresql-password": "⟦secret 6 size:16⟧", "redis/redis-password": "⟦secret 7 size:16⟧",
		"flower/login": "⟦secret 8 size:16⟧", "git/id_rsa": "⟦secret 9 size:128⟧",
	}}
)

func (r release) with(set ...string) release {
	r.set = append(slices.Clone(r.set), set...)
	return r
}

func (r release) under(labels ...string) release {
	r.labels = map[string]string{labels[0]: "x"}
	return r
}

// TestRefused holds every order that would do harm to its reason and to what makes it safe.
func TestRefused(t *testing.T) {
	const migrate = "generate secrets af -n air --backend kubernetes"
	for name, test := range map[string]struct {
		release release
		key     rotation.Key
		want    []string
	}{
		"a Fernet key from values that upgrades ignore": {official.with("fernetKey=x"), rotation.Fernet, []string{"pre-install hook", "ignores", migrate, "fernetKeySecretName"}},
		"a hook under Argo CD":                          {official.under("argocd.argoproj.io/instance"), rotation.Fernet, []string{"Argo CD", "unreadable", migrate}},
		"a hook under Flux":                             {official.under("helm.toolkit.fluxcd.io/name"), rotation.Fernet, []string{"Flux", migrate}},
		"a hook without values":                         {release{chart: "official", unread: true}, rotation.Fernet, []string{"values could not be read", migrate}},
		"a Fernet key in the chart's own Secret":        {community, rotation.Fernet, []string{"af-config-envs", "next upgrade", migrate, "airflow.extraEnv"}},
		"no Fernet key":                                 {community.with("airflow.fernetKey="), rotation.Fernet, []string{"each pod makes its own", migrate}},
		"a web key in the chart's own Secret":           {community, rotation.WebSecret, []string{"next upgrade", migrate}},
		"an API key from values":                        {official.with("apiSecretKey=x"), rotation.APISecret, []string{"next upgrade", "apiSecretKeySecretName"}},
		"a database password from values":               {official, rotation.Database, []string{"af-metadata", "next upgrade", "data.metadataSecretName"}},
		"the community chart's own database Secret":     {community, rotation.Database, []string{"af-postgresql", "postgresql.existingSecret"}},
		"the community chart's own Redis Secret":        {community, rotation.Broker, []string{"af-redis", "redis.existingSecret"}},
		"Flower without a password":                     {community, rotation.Flower, []string{"no password"}},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := rotation.Of(test.release.model(t), test.key, nil)
			var refused *rotation.Refused
			if !errors.As(err, &refused) || plan != nil {
				t.Fatalf("not refused: %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %s", want, err)
				}
			}
		})
	}
}

// TestNotThere: a key that this release cannot have is a plain error that says what it has.
func TestNotThere(t *testing.T) {
	for want, test := range map[string]struct {
		release release
		key     rotation.Key
	}{
		"use --rotate api-secret":                    {official, rotation.WebSecret},
		"use --rotate web-secret":                    {community, rotation.APISecret},
		"only Airflow 3 has the key that signs JWTs": {community, rotation.JWT},
		"has no broker":                              {official.with("executor=KubernetesExecutor"), rotation.Broker},
		"has no Flower":                              {official, rotation.Flower},
		"no git-sync":                                {official, rotation.GitKey},
		`"fernets": use fernet, web-secret`:          {official, "fernets"},
	} {
		_, err := rotation.Of(test.release.model(t), test.key, nil)
		var refused *rotation.Refused
		if err == nil || errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", test.key, err, want)
		}
	}
}

// TestSteps holds the order of each rotation.
func TestSteps(t *testing.T) {
	for name, test := range map[string]struct {
		release release
		key     rotation.Key
		secrets string
		steps   []string
	}{
		"Fernet": {apart, rotation.Fernet, "keys/fernet-key", []string{"Put a new key before", "Restart everything", "Encrypt everything", "Prove", "Drop", "Restart everything"}},
		"Fernet with task pods": {apart.with("executor=KubernetesExecutor"), rotation.Fernet, "keys/fernet-key",
			[]string{"Put a new key before", "Restart everything", "Wait until task pods", "Encrypt everything", "Prove", "Drop", "Restart everything"}},
		"Fernet in a hook without GitOps": {official, rotation.Fernet, "af-fernet-key/fernet-key", []string{"Put", "Restart", "Encrypt", "Prove", "Drop", "Restart"}},
		"Fernet, community":               {apartCommunity, rotation.Fernet, "keys/fernet", []string{"Put", "Restart", "Encrypt", "Prove", "Drop", "Restart"}},
		"API key":                         {apart, rotation.APISecret, "api/api-secret-key", []string{"Write a new key", "Restart all"}},
		"web key":                         {apartCommunity, rotation.WebSecret, "keys/web", []string{"Write a new key", "Restart all"}},
		"API key that the chart makes":    {official, rotation.APISecret, "af-api-secret-key/api-secret-key", []string{"Write", "Restart"}},
		"JWT":                             {apart, rotation.JWT, "jwt/jwt-secret", []string{"Stop the scheduler", "Wait until no task runs", "Write a new key", "Restart all", "Start the scheduler"}},
		"JWT, LocalExecutor":              {apart.with("executor=LocalExecutor"), rotation.JWT, "jwt/jwt-secret", []string{"Wait until no task runs", "Write a new key", "Restart all"}},
		"database outside":                {apart, rotation.Database, "meta/connection", []string{"Make the new password", "Make a second login", "Write the new login", "Restart all", "Close the old login", "Forget"}},
		"database inside":                 {apartCommunity, rotation.Database, "pg/postgresql-password", []string{"Make", "Change the password in the database", "Write the new login", "Restart all", "Forget"}},
		"broker inside": {apart, rotation.Broker, "broker/connection redis/password",
			[]string{"Make", "Give the broker a second password", "Write", "Restart all", "Take the old passwords away", "Forget"}},
		"broker inside, hooks":     {official, rotation.Broker, "af-broker-url/connection af-redis-password/password", []string{"Make", "Give", "Write", "Restart", "Take", "Forget"}},
		"broker inside, community": {apartCommunity, rotation.Broker, "redis/redis-password", []string{"Make", "Give", "Write", "Restart", "Take", "Forget"}},
		"Flower":                   {apartCommunity, rotation.Flower, "flower/login", []string{"Write a new password", "Restart Flower"}},
		"deploy key":               {apartCommunity, rotation.GitKey, "git/id_rsa", []string{"Make a new key pair", "Add the public key", "Write the new private key", "Restart", "Take the old key away", "Forget"}},
		"database outside, MySQL":  {mysql(apart), rotation.Database, "meta/connection", []string{"Make", "Give the user a second password", "Write", "Restart", "Discard", "Forget"}},
		"broker outside, RabbitMQ": {rabbit(apart), rotation.Broker, "broker/connection", []string{"Make", "Make a second user", "Write", "Restart", "Delete the old user", "Forget"}},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := rotation.Of(test.release.model(t), test.key, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(plan.Secrets, " "); got != test.secrets {
				t.Errorf("it stands in %s, not %s", got, test.secrets)
			}
			var titles []string
			for _, s := range plan.Steps {
				titles = append(titles, s.Title)
			}
			fits := len(titles) == len(test.steps)
			for i := range min(len(titles), len(test.steps)) {
				fits = fits && strings.HasPrefix(titles[i], test.steps[i])
			}
			if !fits {
				t.Errorf("the steps are %q, not %q", titles, test.steps)
			}
			for _, s := range plan.Steps {
				for _, c := range s.Commands {
					hidden(t, c)
				}
			}
		})
	}
}

// TestStore: what an operator syncs is written into its store, and only there.
func TestStore(t *testing.T) {
	synced := func(label, value string) *airflow.Model {
		m := apart.model(t)
		for i := range m.Snapshot.Objects {
			if o := &m.Snapshot.Objects[i]; o.Kind == "Secret" && o.Origin == snapshot.Live {
				o.Content["metadata"] = map[string]any{"name": o.Name, "labels": map[string]any{label: value}}
			}
		}
		return airflow.New(m.Snapshot)
	}
	store := &rotation.Store{
		Name:  "Vault",
		Write: func(secret, key string) string { return "vault kv put " + secret + " " + key + "=-" },
		Sync:  func(secret string) string { return "kubectl annotate externalsecret " + secret + " now=1" },
	}
	for _, key := range []rotation.Key{rotation.Fernet, rotation.APISecret, rotation.JWT, rotation.Database, rotation.Broker} {
		m := synced("reconcile.external-secrets.io/managed", "true")
		if _, err := rotation.Of(m, key, nil); err == nil || !strings.Contains(err.Error(), "External Secrets Operator") || !strings.Contains(err.Error(), "--backend") {
			t.Errorf("%s: without a store: %v", key, err)
		}
		plan, err := rotation.Of(m, key, store)
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, s := range plan.Steps {
			for _, c := range s.Commands {
				hidden(t, c)
				all.WriteString(c + "\n")
			}
		}
		if strings.Contains(all.String(), "kubectl patch") || !strings.Contains(all.String(), "| vault kv put") || !strings.Contains(all.String(), "kubectl annotate externalsecret") {
			t.Errorf("%s: not written into the store alone:\n%s", key, all.String())
		}
	}
	plan, err := rotation.Of(apart.model(t), rotation.Fernet, store)
	if err != nil || !strings.Contains(strings.Join(plan.Warnings, "\n"), "nothing in Vault") || !strings.Contains(plan.Steps[0].Commands[0], "kubectl patch secret") {
		t.Errorf("a store that does not count: %v, %v", plan, err)
	}
	if plan, err = rotation.Of(synced("reconcile.external-secrets.io/managed", "true"), rotation.Fernet, store); err != nil || strings.Contains(strings.Join(plan.Warnings, "\n"), "nothing in Vault") {
		t.Errorf("a store that counts: %v, %v", plan, err)
	}
	if _, err := rotation.Of(synced("app.kubernetes.io/managed-by", "hashicorp-vso"), rotation.Fernet, nil); err == nil || !strings.Contains(err.Error(), "Vault Secrets Operator") {
		t.Errorf("the Vault operator is not seen: %v", err)
	}
}

func mysql(r release) release {
	r.secrets = map[string]string{}
	for k, v := range apart.secrets {
		r.secrets[k] = v
	}
	r.secrets["meta/connection"] = strings.Replace(meta, "postgresql", "mysql+mysqldb", 1)
	return r
}

func rabbit(r release) release {
	r = mysql(r).with("redis.enabled=false")
	r.secrets["broker/connection"] = "amqp://⟦secret 2 size:1⟧:⟦secret 3 size:16⟧@rabbit:5672/"
	return r
}

// programs are what commands call that is no part of the shell, up to the end of that call.
var programs = regexp.MustCompile(`\b(kubectl|vault|openssl|psql|mysql|redis-cli|rabbitmqctl|base64|tr|awk|ssh-keygen|date|mktemp|cat|sleep)\b[^|\n]*`)

// secretVariables are the shell's variables that hold a secret.
var secretVariables = regexp.MustCompile(`\$\{?(new|old|list|file|key|login|url\d*|[a-z0-9]+_64)\b`)

// hidden says that no program gets a secret as an argument, which others could see with ps.
func hidden(t *testing.T, command string) {
	t.Helper()
	for _, call := range programs.FindAllString(command, -1) {
		call, _, _ = strings.Cut(call, `)" = "$`) // a comparison by the shell itself
		if secretVariables.MatchString(call) {
			t.Errorf("a secret is an argument of %q in\n%s", call, command)
		}
	}
}

func TestHiddenCanFail(t *testing.T) {
	for _, bad := range []string{`kubectl create secret generic x --from-literal=a="$new"`, `psql -c "ALTER ROLE a PASSWORD '$new'"`, `printf x | tr x "${list}"`} {
		inner := &testing.T{}
		hidden(inner, bad)
		if !inner.Failed() {
			t.Errorf("%s is taken", bad)
		}
	}
}
