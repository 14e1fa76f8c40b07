package emit

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/wire"
)

// steps says what to do with the files, in which order, and what the wiring leaves.
func steps(m *airflow.Model, p *wire.Plan) []byte {
	var b bytes.Buffer
	way := string(p.Options.Backend)
	if p.Options.Sync != wire.NoSync {
		way += ", synced by " + string(p.Options.Sync)
	}
	fmt.Fprintf(&b, "# Secrets of Airflow release %s in namespace %s\n\nWritten by kubectl-airflowsec. Credentials move to %s. Nothing here holds a value.\n\n## Steps\n\n", p.Release, p.Namespace, way)
	list := []string{}
	if p.Options.Backend != wire.Kubernetes {
		list = append(list, access(p))
	}
	list = append(list, "Look at `migrate.sh` and run it as somebody who may read the release's Secrets and write to the manager: `bash migrate.sh`.")
	if len(p.Objects) > 0 {
		list = append(list, "Make the objects: `kubectl apply -f objects.yaml`. "+waits(p))
	}
	list = append(list,
		fmt.Sprintf("Upgrade: `helm upgrade %s CHART -n %s --reset-then-reuse-values -f values.yaml`.", p.Release, p.Namespace),
		fmt.Sprintf("Judge the result: `kubectl airflowsec check %s -n %s`.", p.Release, p.Namespace),
		"Then change every credential that stood in values: Helm's older revisions and your Git history still hold it.",
	)
	for i, text := range list {
		fmt.Fprintf(&b, "%d. %s\n", i+1, text)
	}
	if undo := m.Snapshot.Release.Revision; undo > 0 {
		fmt.Fprintf(&b, "\nUndo: `helm rollback %s %d -n %s`. The chart's own Secrets come back with it; those of install hooks (Fernet key, broker) were never taken away.\n", p.Release, undo, p.Namespace)
	}
	table(&b, p)
	bullets(&b, "To do by hand", leftLines(p))
	bullets(&b, "Worth knowing", p.Notes)
	return b.Bytes()
}

// access says what the identity must be allowed to read.
func access(p *wire.Plan) string {
	o := p.Options
	base := p.Base()
	accounts := "the service accounts `"
	if len(p.Accounts) == 1 {
		accounts = "the service account `"
	}
	accounts += strings.Join(p.Accounts, "`, `") + "` of namespace " + p.Namespace
	switch o.Backend {
	case wire.Vault:
		return fmt.Sprintf("Let role `%s` of Vault's login at `%s` read `%s/data/%s/*`, for %s.", o.VaultRole, o.VaultAuthMount, o.VaultMount, base, accounts)
	case wire.AWSSecretsManager:
		return fmt.Sprintf("Let role `%s` call `secretsmanager:GetSecretValue` and `DescribeSecret` on `%s/*`, and let %s assume it.", o.RoleARN, base, accounts)
	case wire.AWSSSM:
		return fmt.Sprintf("Let role `%s` call `ssm:GetParameter` and `GetParameters` on `%s/*` and decrypt with its key, and let %s assume it.", o.RoleARN, base, accounts)
	case wire.GCP:
		return fmt.Sprintf("Give `%s` the role Secret Manager Secret Accessor on secrets whose names begin with `%s-`, and let %s act as it.", o.ServiceAccount, base, accounts)
	}
	return fmt.Sprintf("Give client `%s` the role Key Vault Secrets User on secrets whose names begin with `%s-`, and federate %s.", o.ClientID, base, accounts)
}

func waits(p *wire.Plan) string {
	const there = "Wait until every Secret of the table is there"
	switch p.Options.Sync {
	case wire.CSI:
		return "The Secrets of the table come with the first pod that mounts the class, which the upgrade brings."
	case wire.ExternalSecrets:
		return there + ": `kubectl wait --for=condition=Ready externalsecret --all -n " + p.Namespace + "`."
	}
	return there + "."
}

// table lists what moves.
func table(b *bytes.Buffer, p *wire.Plan) {
	b.WriteString("\n## What moves\n\n| credential | today | afterwards in | pods take it by |\n|---|---|---|---|\n")
	for _, item := range p.Items {
		for _, d := range item.Data {
			place := d.There.Name
			if d.There.Field != "" {
				place += ", field " + d.There.Field
			}
			by := string(item.Carrier)
			if item.Option == "" && item.Secret != "" {
				by += " " + item.Secret + ", key " + d.Key
			}
			if item.Carrier == wire.ByPlain {
				place = "the cluster"
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", cell(item.What), cell(d.Now.String()), cell(place), cell(by))
		}
	}
}

func leftLines(p *wire.Plan) []string {
	var out []string
	for _, l := range p.Left {
		out = append(out, strings.TrimPrefix("`"+l.Key+"`: "+l.Reason, "``: "))
	}
	return out
}

func bullets(b *bytes.Buffer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n", title)
	for _, line := range lines {
		fmt.Fprintf(b, "- %s\n", cell(line))
	}
}

// cell keeps a text to one line, and to what a table can hold.
func cell(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	return strings.ReplaceAll(text, "|", `\|`)
}
