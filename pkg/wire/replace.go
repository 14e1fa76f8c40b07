package wire

import "slices"

// Replace is the command that takes a new value for what a Secret of the wiring
// holds under a key from standard input; nil where no manager keeps it.
// Sources: the documentation of each command line tool.
func (p *Plan) Replace(secret, key string) []string {
	for _, item := range p.Items {
		if item.Carrier != BySecret || item.Secret != secret {
			continue
		}
		for _, d := range item.Data {
			if d.Key == key {
				return p.replace(d.There)
			}
		}
	}
	return nil
}

func (p *Plan) replace(t There) []string {
	_, write := p.write(t, true) // Vault: the other fields of the path stay
	switch o := p.Options; o.Backend {
	case AWSSecretsManager:
		return []string{"aws", "secretsmanager", "--region", o.Region, "put-secret-value", "--secret-id", t.Name, "--secret-string", "file:///dev/stdin"}
	case AWSSSM:
		return append(write, "--overwrite")
	case GCP:
		return []string{"gcloud", "secrets", "versions", "add", t.Name, "--project=" + o.Project, "--data-file=-"}
	}
	return write
}

// Refresh is the command that asks what syncs a Secret of the wiring to look at
// once; nil where it looks by itself in its own time. Both operators look when
// an annotation changes. Sources: External Secrets' FAQ; the predicates of the
// Vault Secrets Operator's controllers.
func (p *Plan) Refresh(secret string) []string {
	kind := map[Sync]string{ExternalSecrets: "externalsecret", VaultOperator: "vaultstaticsecret"}[p.Options.Sync]
	if kind == "" || !slices.ContainsFunc(p.Items, func(i Item) bool { return i.Secret == secret }) {
		return nil
	}
	return []string{"kubectl", "annotate", kind, secret, "-n", p.Namespace, "--overwrite", "force-sync=now"}
}
