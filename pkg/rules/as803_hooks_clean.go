package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var hooksClean = &rule.Rule{
	ID:       "AS803",
	Slug:     "hooks-clean",
	Title:    "Helm's hooks leave no credential behind",
	Why:      "What a hook makes is no part of the release: upgrades do not renew it, `helm uninstall` does not take it away, and nobody looks at it again. A Secret with a key, or a finished Job with a password among its arguments, waits there for whoever may read the namespace.",
	Fix:      "Keep keys in Secrets of your own and name those to the chart; switch hook Jobs off that carry a password, or delete them when they are done.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Helm"},
	Refs: []rule.Ref{
		cis("5.4.1"), nsa("Network separation: Secrets"), owasp("K03"), mitre("T1552.007"),
		{Source: "Helm documentation", ID: "Hook deletion policies", URL: "https://helm.sh/docs/topics/charts_hooks/#hook-deletion-policies"},
	},
	Needs: append(slices.Clone(snapshot.Workloads), snapshot.Secret),
	Uses:  []snapshot.Kind{snapshot.ReleaseRecord},
	Check: checkHooks,
}

const (
	hookAnnotation   = "helm.sh/hook"
	deleteAnnotation = "helm.sh/hook-delete-policy"
)

func checkHooks(p *rule.Pass) {
	users := usersOfSecrets(p)
	for _, o := range p.Objects(snapshot.Secret) {
		if o.Annotations()[hookAnnotation] == "" || !holdsAny(o) {
			continue
		}
		p.Subjects++
		if strings.Contains(o.Annotations()[deleteAnnotation], "hook-succeeded") {
			continue
		}
		f := rule.Finding{
			Target: o.Ref, Path: "/metadata/annotations/helm.sh~1hook",
			Message: fmt.Sprintf("Secret %s is made by a %s hook and stays: upgrades do not renew it and helm uninstall leaves it behind", o.Name, o.Annotations()[hookAnnotation]),
			Fixes:   hookSecretFixes(p, o.Name),
		}
		if !p.Offline() && users[o.Namespace+"/"+o.Name] == "" {
			f.Message = fmt.Sprintf("Secret %s was made by a %s hook, and no pod of the release uses it: neither upgrades nor helm uninstall take it away", o.Name, o.Annotations()[hookAnnotation])
			f.Fixes = []rule.Fix{{Kind: rule.Manual, Summary: "delete it, unless something outside the release takes it"}}
		}
		p.Report(f)
	}
	for _, w := range p.Workloads() {
		if w.Ref.Kind == string(snapshot.Job) && w.Owner == nil && !byCronJob(w) {
			judgeHookJob(p, w)
		}
	}
}

// holdsAny says that a Secret holds anything at all.
func holdsAny(secret *snapshot.Object) bool {
	data, _ := secret.At("data").(map[string]any)
	for _, value := range data {
		text, _ := value.(string)
		if slices.ContainsFunc(snapshot.MaskedIn(text), func(m snapshot.Masked) bool { return m.Size > 0 }) {
			return true
		}
	}
	return false
}

// byCronJob: such a Job is cleaned up by its CronJob's history limits.
func byCronJob(w *airflow.Workload) bool {
	owners, _ := w.Object.At("metadata", "ownerReferences").([]any)
	return slices.ContainsFunc(owners, func(owner any) bool {
		o, _ := owner.(map[string]any)
		return o["kind"] == string(snapshot.CronJob)
	})
}

// judgeHookJob finds a Job that stays when it is done and carries a credential in its own text.
func judgeHookJob(p *rule.Pass, w *airflow.Workload) {
	p.Subjects++
	if leaves(w.Object) && (w.Origin != snapshot.Live || recent(p, w.Object)) {
		return
	}
	for _, c := range w.Containers() {
		path, what := carried(c)
		if path == "" {
			continue
		}
		state := "stays when it is done"
		if w.Origin == snapshot.Live {
			state = "is still there"
		}
		p.Report(rule.Finding{
			Target: w.Ref, Component: string(w.Component), Container: c.Name, Path: path, File: w.Object.File, Line: w.Object.Line,
			Message: fmt.Sprintf("%s %s, with %s: whoever may read Jobs reads it", w.Ref, state, what),
			Fixes:   hookJobFixes(p, w),
		})
		return
	}
}

// leaves says whether something takes a Job away when it is done: Helm, or Kubernetes after a while.
func leaves(o *snapshot.Object) bool {
	return strings.Contains(o.Annotations()[deleteAnnotation], "hook-succeeded") && o.Annotations()[hookAnnotation] != "" || o.At("spec", "ttlSecondsAfterFinished") != nil
}

// settling is how long after its making a Job that is to be taken away may still be there.
const settling = time.Hour

func recent(p *rule.Pass, o *snapshot.Object) bool {
	text, _ := o.At("metadata", "creationTimestamp").(string)
	made, err := time.Parse(time.RFC3339, text)
	return err == nil && p.Now().Sub(made) < settling
}

// passwordFlags are the ways commands take a password as an argument.
var passwordFlags = []string{"-p", "--password", "--pass"}

// carried finds a credential in a container's own text, and says what it is; path is empty where there is none.
func carried(c airflow.Container) (path, what string) {
	for i, text := range c.Args {
		flag, value, joined := strings.Cut(text, "=")
		switch {
		case joined && slices.Contains(passwordFlags, flag) && holdsSecret(value),
			i > 0 && slices.Contains(passwordFlags, c.Args[i-1]) && holdsSecret(text):
			return fmt.Sprintf("%s/args/%d", c.Path, i), "a password among its arguments"
		}
	}
	for i := range c.Env {
		if e := &c.Env[i]; mayHold(e.Name) && holdsSecret(e.Value) {
			return fmt.Sprintf("%s/env/%d/value", c.Path, i), "a credential in its variable " + e.Name
		}
	}
	return "", ""
}

func holdsSecret(text string) bool { return len(snapshot.MaskedIn(text)) > 0 }

// hookSecrets are what the official chart makes by hooks, by the end of the
// name, with the key that names a Secret of one's own.
// Source: apache/airflow chart 1.15 to 1.22, templates/secrets.
var hookSecrets = []struct{ suffix, key, holds string }{
	{"-fernet-key", "fernetKeySecretName", "fernet-key"},
	{"-redis-password", "redis.passwordSecretName", "password; the chart wants data.brokerUrlSecretName with it"},
	{"-broker-url", "data.brokerUrlSecretName", "connection"},
}

func hookSecretFixes(p *rule.Pass, name string) []rule.Fix {
	for _, known := range hookSecrets {
		if p.Airflow().Dialect == airflow.Official && strings.HasSuffix(name, known.suffix) {
			return valuesFix(p, known.key, fmt.Sprintf("copy the value into a Secret of your own (key %s), name that Secret there, and delete %s when nothing uses it", known.holds, name))
		}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: "take the hook annotations away, so that the Secret is a part of the release, or delete it when its hook is done"}}
}

// hookJobFixes name the key that switches a chart's own Job off.
func hookJobFixes(p *rule.Pass, w *airflow.Workload) []rule.Fix {
	if p.Airflow().Dialect != airflow.Official || w.Component != airflow.CreateUser {
		return []rule.Fix{{Kind: rule.Manual, Summary: "delete the Job, give it hook-delete-policy hook-succeeded or ttlSecondsAfterFinished, and take the credential from a Secret"}}
	}
	key := "createUserJob.enabled"
	if olderUserJob(p, whereabouts{}) {
		key = "webserver.defaultUser.enabled"
	}
	return valuesFix(p, key, "set it to false, delete the Job, and make users by hand or by single sign-on")
}
