package harden

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
)

const (
	// tokenPath is where Kubernetes' clients look for the token.
	// Source: k8s.io/client-go/rest, InClusterConfig.
	tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount" //nolint:gosec // a directory
	// tokenVolume is the name of the volume that a plan adds.
	tokenVolume = "kubernetes-api-token" //nolint:gosec // a volume's name
	// tokenSeconds is how long a token lasts; the kubelet renews it in time.
	tokenSeconds = 3600
)

// projectedToken is a volume with what Kubernetes mounts of itself, but for
// the chosen containers only and with a token of one hour.
// Source: kubernetes plugin/pkg/admission/serviceaccount, TokenVolumeSource.
func projectedToken() map[string]any {
	return map[string]any{"name": tokenVolume, "projected": map[string]any{"sources": []any{
		map[string]any{"serviceAccountToken": map[string]any{"path": "token", "expirationSeconds": int64(tokenSeconds)}},
		map[string]any{"configMap": map[string]any{"name": "kube-root-ca.crt", "items": []any{map[string]any{"key": "ca.crt", "path": "ca.crt"}}}},
		map[string]any{"downwardAPI": map[string]any{"items": []any{map[string]any{
			"path": "namespace", "fieldRef": map[string]any{"apiVersion": "v1", "fieldPath": "metadata.namespace"},
		}}}},
	}}}
}

// tokens takes tokens away where nothing needs one, and hands the others to
// the containers that need them alone.
func (p *rbacPlanner) tokens() {
	for _, s := range p.seats {
		p.tokenOf(s)
		if s.moved() && s.carries && !s.handed && s.w.Spec.AutomountServiceAccountToken == nil { // the new account's switch is off
			p.change(s.w, "AS301", s.w.Ref, "", change.Change{Op: change.Set, Path: s.w.SpecPath() + "/automountServiceAccountToken", Value: true})
		}
	}
}

func (p *rbacPlanner) tokenOf(s *seat) {
	token := p.model.MountsToken(s.w)
	s.carries = token.Mounted || !token.Known
	stranger := unknownContainer(s.w)
	needed, _ := p.model.NeedsAPI(s.w, p.options.Functions...)
	switch {
	case s.token:
		p.handOver(s, token, stranger)
	case !s.carries || needed: // a need that is only assumed takes nothing away, and gives nothing
	case p.keeps("AS301", s.w.Ref):
	case unknown(s.w):
		p.leave("AS301", s.w.Ref, s.w, whyUnknown)
	case stranger != "":
		p.leave("AS301", s.w.Ref, s.w, "whether container "+stranger+" uses the token is not known: it is not the chart's; if it does not, set automountServiceAccountToken: false in the pod")
	case token.Explicit:
		p.leave("AS301", s.w.Ref, s.w, token.Why+", which no switch takes away: take it out where it was put in, the chart's values or a manifest")
	default:
		s.carries = false
		p.switchOff(s)
	}
}

// switchOff sets the pod's own switch; where the pod cannot be changed, the
// account's, if nobody else needs a token by it.
func (p *rbacPlanner) switchOff(s *seat) {
	if why := s.w.Unpatchable(); why != "" && !s.moved() && p.accountMayRefuse(s) {
		p.plan.Changes = append(p.plan.Changes, Proposed{
			Change: change.Change{Target: s.old.Object.Ref, Op: change.Set, Path: "/automountServiceAccountToken", Value: false},
			Rule:   "AS301", Component: string(s.w.Component), Finding: s.w.Ref,
		})
		return
	}
	p.automountOff(s)
}

func (p *rbacPlanner) automountOff(s *seat) {
	p.change(s.w, "AS301", s.w.Ref, "", change.Change{Op: change.Set, Path: s.w.SpecPath() + "/automountServiceAccountToken", Value: false})
}

// accountMayRefuse says that no pod gets a token through the account's switch that needs one.
func (p *rbacPlanner) accountMayRefuse(s *seat) bool {
	if s.old.Object == nil || !p.owned(s.old.Object) {
		return false
	}
	return !slices.ContainsFunc(s.old.Workloads, func(w *airflow.Workload) bool {
		return w.Owner != nil || unknown(w) || unknownContainer(w) != ""
	}) && !slices.ContainsFunc(p.on(s.old), func(o *seat) bool { return o.token })
}

// injecting are annotations of pods that a webhook adds containers to, which
// take the place of the token that Kubernetes mounts.
// Sources: vault-k8s agent-inject, bank-vaults vault-secrets-webhook.
var injecting = []string{"vault.hashicorp.com/agent-inject", "vault.security.banzaicloud.io/vault-addr"}

// handOver gives the token to the containers that need it.
func (p *rbacPlanner) handOver(s *seat, token airflow.Token, stranger string) {
	mounts := tokenContainers(s)
	switch {
	case token.Explicit || p.keeps("AS301", s.w.Ref) || unknown(s.w):
		s.handed = token.Explicit
		return
	case slices.ContainsFunc(injecting, func(name string) bool { v, set := s.w.Meta.Annotations[name]; return set && v != "false" }):
		p.note(s.w.Ref.String() + " keeps the token that Kubernetes mounts: the webhook that injects containers looks for it")
		return
	case stranger != "":
		p.note(s.w.Ref.String() + " keeps the token that Kubernetes mounts: whether container " + stranger + " uses it is not known")
		return
	case len(mounts) == 0:
		p.note(s.w.Ref.String() + " keeps the token that Kubernetes mounts: which of its containers is Airflow's is not known")
		return
	}
	s.carries, s.handed = true, true
	spec := s.w.SpecPath()
	if off := s.w.Spec.AutomountServiceAccountToken; off == nil || *off {
		p.automountOff(s)
	}
	p.change(s.w, "AS301", s.w.Ref, "", change.Change{Op: change.Set, Path: spec + "/volumes/name=" + tokenVolume, Value: projectedToken()})
	for _, c := range mounts {
		p.change(s.w, "AS301", s.w.Ref, c.Name, change.Change{
			Op: change.Set, Path: spec + "/" + string(c.Kind) + "/name=" + change.Escape(c.Name) + "/volumeMounts/mountPath=" + change.Escape(tokenPath),
			Value: map[string]any{"name": tokenVolume, "mountPath": tokenPath, "readOnly": true},
		})
	}
}

// readers are the containers that read Airflow's settings, and so log in to
// the secrets backend, besides the main one.
var readers = []airflow.Role{airflow.WaitForMigrations, airflow.CheckDatabase}

// tokenContainers are those that need the token: Airflow's main container, and
// where it serves to log in to the secrets backend all that read settings.
func tokenContainers(s *seat) []airflow.Container {
	var out []airflow.Container
	for _, c := range s.w.Containers() {
		needs := c.Role == airflow.Main || s.loginWhy != "" && slices.Contains(readers, c.Role)
		taken := slices.ContainsFunc(c.VolumeMounts, func(v corev1.VolumeMount) bool { return v.MountPath == tokenPath })
		if needs && !taken {
			out = append(out, c)
		}
	}
	return out
}

// unknownContainer is the name of a container that is not the chart's and may use the pod's token; empty where there is none.
func unknownContainer(w *airflow.Workload) string {
	for _, c := range w.Containers() {
		if c.Role == airflow.Extra || c.Role == airflow.Injected {
			return c.Name
		}
	}
	return ""
}
