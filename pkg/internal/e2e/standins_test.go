package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// standins is a folder of programs, first in the PATH, that write down how each
// is called. kubectl and what a shell pipes through do their work then; clients
// of stores outside the cluster only keep what they read.
type standins struct {
	t       testing.TB
	cluster *controlplane.Cluster
	dir     string
	env     []string
}

// piped are the programs that really run, outside those that only write down.
var (
	piped   = []string{"openssl", "base64", "tr", "awk", "date", "mktemp", "rm", "cat", "ssh-keygen", "sleep", "sed", "grep", "head"}
	outside = []string{"psql", "mysql", "redis-cli", "rabbitmqctl", "vault", "aws", "gcloud", "az"}
)

// recorded writes down one call; a call's arguments are one line.
const recorded = `#!/bin/sh
{ printf '%%s' %[1]s; printf ' %%s' "$@"; printf '\n'; } >>'%[2]s/calls'
`

// kept is what a client of a store does: it keeps its standard input, call by call.
const kept = `if [ ! -t 0 ]; then { printf '\n== %[1]s'; printf ' %%s' "$@"; printf '\n'; /bin/cat; } >>'%[2]s/stdin'; fi
[ ! -f '%[2]s/answer-%[1]s' ] || /bin/cat '%[2]s/answer-%[1]s'
`

// execed asks the real API server for the pod and the container. The node has no
// address, and the API server looks for one only once it has found both. Played
// pods are ready at once, and kubectl takes no two restarts within a second.
const execed = `case " $* " in *" rollout restart "*) /bin/sleep 1.1 ;; esac
case " $* " in " exec "*|" -n "*" exec "*) ;; *) exec '%[3]s' "$@" ;; esac
for word in "$@"; do [ "$word" != -- ] || break; [ "$word" != -i ] || { printf '\n== exec'; printf ' %%s' "$@"; printf '\n'; /bin/cat; } >>'%[2]s/stdin'; done
said=$('%[3]s' "$@" </dev/null 2>&1)
case $said in
*'no preferred addresses found'*) [ ! -f '%[2]s/answer-exec' ] || /bin/cat '%[2]s/answer-exec' ;;
*) printf '%%s\n' "$said" >&2; exit 1 ;;
esac
`

func newStandins(t testing.TB, c *controlplane.Cluster) *standins {
	t.Helper()
	s := &standins{t: t, cluster: c, dir: t.TempDir()}
	real, err := controlplane.Tool(t.Context(), "kubectl")
	if err != nil {
		t.Fatal(err)
	}
	s.program("kubectl", fmt.Sprintf(recorded+execed, "kubectl", s.dir, real))
	for _, name := range piped {
		if path, err := exec.LookPath(name); err == nil {
			s.program(name, fmt.Sprintf(recorded+"exec '%[3]s' \"$@\"\n", name, s.dir, path))
		}
	}
	for _, name := range outside {
		s.program(name, fmt.Sprintf(recorded+kept, name, s.dir))
	}
	s.env = append(c.Env(controlplane.Admin), "PATH="+filepath.Join(s.dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"),
		"DB_HOST=db.example.com", "DB_ADMIN=admin", "DB_USER=airflow", "VHOST=/", "REDIS_HOST=redis.example.com", "REDISCLI_AUTH=unused")
	return s
}

func (s *standins) program(name, text string) {
	s.t.Helper()
	bin := filepath.Join(s.dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
		s.t.Fatal(err)
	}
}

// answer makes a client print something from now on.
func (s *standins) answer(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "answer-"+name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// sh runs a command line as a person would, and hands over what it prints on both streams.
func (s *standins) sh(command string) (string, error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.WaitDelay = time.Second // what it has started may hold its output open
	var out bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, &out, &out
	err := cmd.Run()
	return out.String(), err
}

// must is sh for what has to go well.
func (s *standins) must(command string) string {
	s.t.Helper()
	out, err := s.sh(command)
	if err != nil {
		s.t.Fatalf("%v\n%s\nof\n%s", err, out, command)
	}
	return out
}

// calls are all command lines so far; stdin is all that clients have read.
func (s *standins) calls() string { return s.text("calls") }
func (s *standins) stdin() string { return s.text("stdin") }

func (s *standins) text(name string) string {
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	return string(text)
}

// unseen says that no secret was ever an argument of a program, nor printed.
func (s *standins) unseen(printed string, secrets ...string) {
	s.t.Helper()
	for _, secret := range secrets {
		for line := range strings.Lines(s.calls() + printed) {
			if len(secret) > 3 && strings.Contains(line, secret) {
				s.t.Errorf("a secret is seen in %q", strings.ReplaceAll(line, secret, "…"))
			}
		}
	}
}

// secret is the value of a key of a Secret.
func (s *standins) secret(namespace, at string) string {
	s.t.Helper()
	name, key, _ := strings.Cut(at, "/")
	out, err := s.cluster.Run(s.t.Context(), controlplane.Admin, "kubectl", "get", "secret", name, "-n", namespace,
		"-o", fmt.Sprintf(`go-template={{index .data %q | base64decode}}`, key))
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// makeSecrets makes Secrets of "NAME/KEY" and its value.
func makeSecrets(t testing.TB, c *controlplane.Cluster, namespace string, values map[string]string) {
	t.Helper()
	bySecret := map[string][]string{}
	for at, value := range values {
		name, key, _ := strings.Cut(at, "/")
		bySecret[name] = append(bySecret[name], fmt.Sprintf("%q: %q", key, value))
	}
	var text strings.Builder
	for name, pairs := range bySecret {
		slices.Sort(pairs)
		fmt.Fprintf(&text, "---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: %s}\nstringData: {%s}\n", name, namespace, strings.Join(pairs, ", "))
	}
	apply(t, c, text.String())
}
