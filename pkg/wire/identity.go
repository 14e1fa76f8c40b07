package wire

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// Annotations and labels that give pods a cloud's identity. Sources: the EKS
// pod identity webhook, GKE's workload identity and Azure's workload identity webhook.
const (
	awsRole      = "eks.amazonaws.com/role-arn"
	gcpAccount   = "iam.gke.io/gcp-service-account"
	azureClient  = "azure.workload.identity/client-id"
	azureTenant  = "azure.workload.identity/tenant-id"
	azureUse     = "azure.workload.identity/use"
	accountField = ".serviceAccount.name"
)

// annotations are what a service account of the backend's identity carries; empty for Vault, which knows accounts by name.
func (o *Options) annotations(worker bool) map[string]any {
	role := func(own string) string {
		if worker && o.WorkerRole != "" {
			return o.WorkerRole
		}
		return own
	}
	switch o.Backend {
	case AWSSecretsManager, AWSSSM:
		return map[string]any{awsRole: role(o.RoleARN)}
	case GCP:
		return map[string]any{gcpAccount: role(o.ServiceAccount)}
	case Azure:
		return map[string]any{azureClient: role(o.ClientID), azureTenant: o.Tenant}
	}
	return nil
}

// identity gives the pods of Airflow the backend's identity through the chart's
// values, for the chart owns the accounts.
func (b *builder) identity() {
	if b.Options.Backend == Kubernetes {
		return
	}
	b.accounts()
	if b.Options.Backend == Vault {
		b.tokens()
		return
	}
	for _, c := range b.components() {
		key := "serviceAccount.annotations"
		if b.m.Dialect == airflow.Official {
			key = b.root(c) + ".serviceAccount.annotations"
		}
		worker := c == airflow.Worker || c == airflow.TaskPod
		annotations := b.Options.annotations(worker)
		for _, name := range []string{awsRole, gcpAccount, azureClient, azureTenant} {
			if value, has := annotations[name]; has {
				b.setIn(key, []string{name}, value, "the pods' identity at the secrets manager", "AS409")
			}
		}
		if b.Options.Backend == Azure {
			b.podLabel(c)
		}
	}
}

// accounts notes whom the manager must let in: the pods of Airflow, for the backend, the agent and the CSI driver read as they.
func (b *builder) accounts() {
	for _, w := range b.m.Workloads {
		if w.Owner == nil && w.Component.RunsAirflow() && !b.gone(w.Component) && !slices.Contains(b.Accounts, w.ServiceAccount()) {
			b.Accounts = append(b.Accounts, w.ServiceAccount())
		}
	}
	slices.Sort(b.Accounts)
}

// podLabel marks pods for Azure's webhook: without it the annotation does nothing.
func (b *builder) podLabel(c airflow.Component) {
	key := b.root(c) + ".labels"
	if b.m.Dialect == airflow.Community {
		key = b.root(c) + ".podLabels"
	} else if !b.known(key) {
		key = "labels"
	}
	b.setIn(key, []string{azureUse}, "true", "without this label the pods get no identity", "AS409")
}

// components are those that run Airflow, each once, in order.
func (b *builder) components() []airflow.Component {
	var out []airflow.Component
	for _, w := range b.m.Workloads {
		if w.Owner == nil && w.Component.RunsAirflow() && !slices.Contains(out, w.Component) && !b.gone(w.Component) {
			out = append(out, w.Component)
		}
	}
	return out
}

// gone says that the overlay takes a component away.
func (b *builder) gone(c airflow.Component) bool {
	if c == airflow.Sync {
		return b.m.Dialect == airflow.Community && b.changed(b.path("airflow.users"))
	}
	return c == airflow.CreateUser
}

// root is the values key below which a component's settings stand.
func (b *builder) root(c airflow.Component) string {
	if b.m.Dialect == airflow.Community {
		return strings.TrimSuffix(b.bare(b.m.ComponentKey(c, airflow.Resources)), ".resources")
	}
	return strings.TrimSuffix(b.bare(b.m.ComponentKey(c, airflow.ServiceAccountName)), accountField)
}

// bare is a key without the name of the chart that the release's chart is a part of.
func (b *builder) bare(key string) string {
	prefix := strings.TrimSuffix(b.m.Reachable("x"), "x")
	return strings.TrimPrefix(key, prefix)
}

// tokens says which pods cannot log in to Vault, for they mount no token.
func (b *builder) tokens() {
	if b.Class == "" && b.Options.Sync != VaultAgent && b.Options.Sync != CSI {
		return
	}
	var without []string
	for _, w := range b.m.Workloads {
		if w.Owner != nil || !w.Component.RunsAirflow() || b.gone(w.Component) {
			continue
		}
		if t := b.m.MountsToken(w); t.Known && !t.Mounted && !slices.Contains(without, string(w.Component)) {
			without = append(without, string(w.Component))
		}
	}
	if len(without) == 0 {
		return
	}
	if slices.ContainsFunc(b.Items, func(i Item) bool { return i.Option != "" }) {
		b.leave("", "these pods mount no token of their service account, so they cannot log in to Vault, where Airflow's settings would come from: "+strings.Join(without, ", "))
	} else {
		b.Notes = append(b.Notes, fmt.Sprintf("These pods mount no token of their service account, so they cannot log in to Vault themselves: %s. Set automountServiceAccountToken to true for those whose tasks or DAGs need connections.", strings.Join(without, ", ")))
	}
}
