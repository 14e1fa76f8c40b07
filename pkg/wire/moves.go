package wire

import (
	"fmt"
	"slices"
	"strings"
)

// Move is one value on its way into the manager.
type Move struct {
	What string
	From string
	// To is its name in the manager, with Vault's field after #, or the Secret's name and key.
	To string
	// Exists succeeds where it is there already; what it prints is nobody's
	// business. Read prints the value, Pick cuts it out of what Read prints (empty
	// where that is all of it), and Write takes it from standard input.
	Exists, Read, Pick, Write []string
}

// Moves are the values to move, in the order of the items, each once.
func (p *Plan) Moves() []Move {
	var out []Move
	for _, item := range p.Items {
		if item.Carrier == ByPlain {
			out = append(out, p.plain(item)...)
			continue
		}
		for _, d := range item.Data {
			m := p.move(item, d, len(item.Data) > 1)
			same := func(o Move) bool { return o.To == m.To }
			if p.secretName(item.Name) != d.Now.Ref.Name && !slices.ContainsFunc(out, same) {
				out = append(out, m)
			}
		}
	}
	return out
}

func (p *Plan) secretName(name string) string { return (&builder{Plan: p}).secretName(name) }

func (p *Plan) move(item Item, d Datum, parts bool) Move {
	m := Move{What: item.What, From: d.Now.String(), To: d.There.Name, Read: p.read(d.Now), Pick: pick(d.Now)}
	if d.There.Field != "" {
		m.To += "#" + d.There.Field
	}
	m.Exists, m.Write = p.write(d.There, parts && d.There.Field != item.Data[0].There.Field)
	return m
}

// read prints a value where it lies today.
func (p *Plan) read(now Now) []string {
	kubectl := []string{"kubectl", "-n", p.Namespace}
	exec := append(slices.Clone(kubectl), "exec", p.Exec, "-c", p.Container, "--")
	switch now.Via {
	case InSecret:
		template := `{{index .data "` + now.Key + `" | base64decode}}`
		return []string{"kubectl", "-n", now.Ref.Namespace, "get", "secret", now.Ref.Name, "-o", "go-template=" + template}
	case InOption:
		return append(exec, "airflow", "config", "get-value", now.Section, now.Option)
	case InConnection:
		return append(exec, "airflow", "connections", "export", "-", "--file-format", "env")
	case InVariable:
		return append(exec, "airflow", "variables", "get", now.Name)
	}
	if now.Ref.Name != "" {
		exec = append(kubectl, "exec", strings.ToLower(now.Ref.Kind)+"/"+now.Ref.Name, "-c", now.Container, "--")
	}
	return append(exec, "printenv", now.Name)
}

// pick cuts a value out of what its command prints: programs end it with a
// line feed, and a connection stands on a line of its own.
func pick(now Now) []string {
	switch now.Via {
	case InSecret:
		return nil
	case InConnection:
		return []string{"awk", "-v", "id=" + now.Name + "=", `index($0, id) == 1 { printf "%s", substr($0, length(id) + 1) }`}
	}
	return []string{"awk", `NR > 1 { printf "\n" } { printf "%s", $0 }`}
}

// write takes a value from standard input into the manager; no value becomes
// an argument, which other users of the machine could see. Further fields of
// one path of Vault are added to it.
// Sources: the documentation of each command line tool: value=- of vault,
// file:// of aws, --data-file=- of gcloud, --file of az.
func (p *Plan) write(t There, further bool) (exists, write []string) {
	o := p.Options
	switch o.Backend {
	case Vault:
		exists = []string{"vault", "kv", "get", "-mount=" + o.VaultMount, "-field=" + t.Field, t.Name}
		verb := []string{"vault", "kv", "put", "-mount=" + o.VaultMount, "-cas=0"} // refused where any version is there
		if further {
			verb = []string{"vault", "kv", "patch", "-mount=" + o.VaultMount}
		}
		return exists, append(verb, t.Name, t.Field+"=-")
	case AWSSecretsManager:
		at := []string{"aws", "secretsmanager", "--region", o.Region}
		return append(slices.Clone(at), "describe-secret", "--secret-id", t.Name),
			append(slices.Clone(at), "create-secret", "--name", t.Name, "--secret-string", "file:///dev/stdin")
	case AWSSSM:
		at := []string{"aws", "ssm", "--region", o.Region}
		return append(slices.Clone(at), "get-parameter", "--name", t.Name, "--query", "Parameter.Version"),
			append(slices.Clone(at), "put-parameter", "--name", t.Name, "--type", "SecureString", "--tier", "Intelligent-Tiering", "--value", "file:///dev/stdin")
	case GCP:
		return []string{"gcloud", "secrets", "describe", t.Name, "--project=" + o.Project},
			[]string{"gcloud", "secrets", "create", t.Name, "--project=" + o.Project, "--replication-policy=automatic", "--data-file=-"}
	}
	return []string{"az", "keyvault", "secret", "show", "--vault-name", o.vaultName(), "--name", t.Name, "--query", "id", "--output", "tsv"},
		[]string{"az", "keyvault", "secret", "set", "--vault-name", o.vaultName(), "--name", t.Name, "--encoding", "utf-8", "--output", "none", "--file", "/dev/stdin"}
}

// plain moves an item into a Secret of the cluster. Keys that one Secret holds
// are copied as they are, in one go.
func (p *Plan) plain(item Item) []Move {
	first := item.Data[0].Now
	if first.Ref.Name == item.Secret {
		return nil
	}
	at := []string{"kubectl", "-n", p.Namespace}
	exists := append(slices.Clone(at), "get", "secret", item.Secret, "-o", "name")
	m := Move{What: item.What, To: "Secret " + item.Secret, Exists: exists}
	if first.Via != InSecret {
		m.From, m.Read, m.Pick = first.String(), p.read(first), pick(first)
		m.Write = append(slices.Clone(at), "create", "secret", "generic", item.Secret, "--from-file="+item.Data[0].Key+"=/dev/stdin")
		return []Move{m}
	}
	var data, from []string
	for _, d := range item.Data {
		data = append(data, fmt.Sprintf(`%q:"{{index .data %q}}"`, d.Key, d.Now.Key))
		if text := d.Now.String(); !slices.Contains(from, text) {
			from = append(from, text)
		}
	}
	template := fmt.Sprintf(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":%q,"namespace":%q,"labels":{"airflowsec.io/release":%q}},"type":%q,"data":{%s}}`,
		item.Secret, p.Namespace, p.Release, secretType(item.Type), strings.Join(data, ","))
	m.From = strings.Join(from, "; ")
	m.Read = []string{"kubectl", "-n", first.Ref.Namespace, "get", "secret", first.Ref.Name, "-o", "go-template=" + template}
	m.Write = append(slices.Clone(at), "create", "-f", "-")
	return []Move{m}
}

// Base is what the names of everything that is stored begin with.
func (p *Plan) Base() string { return p.Options.name(p.Namespace, p.Release) }
