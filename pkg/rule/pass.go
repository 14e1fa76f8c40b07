package rule

import (
	"slices"
	"strings"
	"sync"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Parameters are what a profile may tune.
type Parameters struct {
	// AllowedRegistries are the image registries (host, or host/path prefix) that AS705 accepts; empty accepts all but the abandoned.
	AllowedRegistries []string `json:"allowedRegistries,omitempty"`
	// ExposedServices are the Services that may be reachable from outside the cluster on purpose.
	ExposedServices []string `json:"exposedServices,omitempty"`
	// Namespaces, where there is more than one, are those Airflow launches pods in.
	Namespaces []string `json:"namespaces,omitempty"`
	// Functions are what DAGs do through the Kubernetes API that no manifest shows.
	Functions []airflow.Function `json:"functions,omitempty"`
	// Egress and IngressFrom declare connections that no chart can know.
	Egress      []airflow.Peer `json:"egress,omitempty"`
	IngressFrom []airflow.Peer `json:"ingressFrom,omitempty"`
	// MaxBlastRadius bounds what DAG code can reach, do and read, as AS310 counts it; nil is the rule's own bound.
	MaxBlastRadius *int `json:"maxBlastRadius,omitempty"`
	// MaxSessionMinutes bounds how long a login lasts; nil is the profile's own bound.
	MaxSessionMinutes *int `json:"maxSessionMinutes,omitempty"`
}

// Declarations are the parameters that say which connections are needed.
func (p Parameters) Declarations() airflow.Declarations {
	return airflow.Declarations{Functions: p.Functions, Egress: p.Egress, IngressFrom: p.IngressFrom}
}

// Pass is one run of one rule over one model. A rule sees evidence only
// through it, so what a rule reads is known.
type Pass struct {
	Level      Level // the profile's
	Parameters Parameters
	Findings   []Finding
	// Subjects counts what was judged; a rule that judged nothing does not pass.
	Subjects int
	// Unknowns are the reasons why something needed could not be judged.
	Unknowns []string
	// Notes say what the rule does not judge, whatever it finds.
	Notes []string

	model  *airflow.Model
	shared *Shared
	reads  []snapshot.Kind
}

// NewPass begins a run of a single rule over a model.
func NewPass(model *airflow.Model, level Level, parameters Parameters) *Pass {
	return NewShared(model, level, parameters).Pass()
}

// Report adds a finding, with the place in a file that its target came from,
// or, for values and what a chart makes of them, that the value came from.
func (p *Pass) Report(f Finding) {
	if f.File == "" {
		if o := p.model.Snapshot.Find(snapshot.Kind(f.Target.Kind), f.Target.Namespace, f.Target.Name); o != nil {
			f.File, f.Line = o.File, o.Line
		}
	}
	if f.File == "" {
		f.File, f.Line = p.valuePlace(f)
	}
	p.Findings = append(p.Findings, f)
}

// valuePlace is the line of the values file that a finding is about or that closes it.
func (p *Pass) valuePlace(f Finding) (file string, line int) {
	release := &p.model.Snapshot.Release
	pointers := []string{}
	if value, found := strings.CutPrefix(f.Path, "/values/"); found && f.Target.Kind == "Release" {
		pointers = append(pointers, "/"+value)
	}
	for _, fix := range f.Fixes {
		if fix.ValuesKey != "" {
			pointers = append(pointers, change.ValuesPointer(fix.ValuesKey))
		}
	}
	for _, pointer := range pointers {
		if at, found := release.PlaceOf(pointer); found {
			return at.File, at.Line
		}
	}
	return "", 0
}

// Unknown notes why something could not be judged: the rule then cannot pass.
func (p *Pass) Unknown(reason string) {
	if !slices.Contains(p.Unknowns, reason) {
		p.Unknowns = append(p.Unknowns, reason)
	}
}

// Reads are the kinds of evidence the rule has looked at, sorted.
func (p *Pass) Reads() []snapshot.Kind {
	slices.Sort(p.reads)
	return slices.Clone(slices.Compact(p.reads))
}

// Once is what several rules look for in the same way, found when the first asks
// for the key; nobody changes it. What it reads is to be noted apart.
func Once[T any](p *Pass, key any, find func() T) T {
	once, _ := p.shared.once.LoadOrStore(key, sync.OnceValue(find))
	return once.(func() T)()
}

// Workloads are everything that has or makes pods, the future task pod included.
func (p *Pass) Workloads() []*airflow.Workload {
	p.reads = append(p.reads, snapshot.Workloads...)
	return p.model.Workloads
}

// Objects are the objects of one kind.
func (p *Pass) Objects(kind snapshot.Kind) []*snapshot.Object {
	p.reads = append(p.reads, kind)
	return p.model.Snapshot.OfKind(kind)
}

// Read says whether a kind was read completely.
func (p *Pass) Read(kind snapshot.Kind) bool {
	p.reads = append(p.reads, kind)
	return p.model.Snapshot.CoverageOf(kind).State == snapshot.Read
}

// Release is Helm's record: values, hooks and manifest.
func (p *Pass) Release() *snapshot.Release {
	p.reads = append(p.reads, snapshot.ReleaseRecord)
	return &p.model.Snapshot.Release
}

// ServerVersion is the API server's version; empty where unknown.
func (p *Pass) ServerVersion() string {
	p.reads = append(p.reads, snapshot.ServerVersion)
	return p.model.Snapshot.ServerVersion
}

// Now is when the snapshot was taken.
func (p *Pass) Now() time.Time { return p.model.Snapshot.TakenAt }

// Airflow is what is known about the release without looking at a kind: names, dialect, versions, executors.
func (p *Pass) Airflow() airflow.Identity { return p.model.Identity }

// ValuesKey is the values path of this chart that sets a field of a workload; empty where no key reaches it.
func (p *Pass) ValuesKey(w *airflow.Workload, container string, field airflow.Field) string {
	return p.model.ValuesKey(w, container, field)
}

// Accounts are the service accounts of the release's pods, with all they are granted.
func (p *Pass) Accounts() []*airflow.Account {
	p.reads = append(p.reads, snapshot.Workloads...)
	p.reads = append(p.reads, snapshot.ServiceAccount, snapshot.Role, snapshot.RoleBinding, snapshot.ClusterRole, snapshot.ClusterRoleBinding)
	return p.model.Accounts()
}

// Token says whether a workload's pods carry a token for the Kubernetes API.
func (p *Pass) Token(w *airflow.Workload) airflow.Token {
	p.reads = append(p.reads, snapshot.ServiceAccount, snapshot.Secret)
	return p.model.MountsToken(w)
}

// NeedsAPI says whether a workload's pods need such a token, and what for.
func (p *Pass) NeedsAPI(w *airflow.Workload) (needed bool, why string) {
	p.reads = append(p.reads, snapshot.Secret)
	return p.model.NeedsAPI(w, p.Parameters.Functions...)
}

// NeededRules are the rights that a component needs in the namespaces where Airflow launches pods.
func (p *Pass) NeededRules(component airflow.Component) []rbacv1.PolicyRule {
	return p.model.NeededRules(component, p.Parameters.Functions...)
}

// GitOps is what applies the release from Git; nil where nothing shows it.
func (p *Pass) GitOps() *airflow.GitOps {
	p.reads = append(p.reads, snapshot.Workloads...)
	return p.model.GitOps()
}

// Offline says that the source was files or a chart, which hold the release and nothing around it.
func (p *Pass) Offline() bool { return p.model.Snapshot.Offline() }

// Settings are the values Airflow uses for one option, one for each place that sets it.
func (p *Pass) Settings(section, key string) []airflow.Setting {
	p.reads = append(p.reads, snapshot.Workloads...)
	p.reads = append(p.reads, snapshot.Secret)
	return p.model.Settings(section, key)
}

// IgnoredSettings are what Airflow does not read or use of what it is given,
// and why there may be more.
func (p *Pass) IgnoredSettings() (list []airflow.Ignored, unread []string) {
	p.reads = append(p.reads, snapshot.Workloads...)
	p.reads = append(p.reads, snapshot.Secret)
	return p.model.Ignored()
}

// TaskPods says how well the pods that a Kubernetes executor makes are known.
func (p *Pass) TaskPods() airflow.TaskPodState {
	p.reads = append(p.reads, snapshot.Workloads...)
	p.reads = append(p.reads, snapshot.Secret)
	return p.model.TaskPods
}

// APIServers are the Kubernetes API server's own pods, where the cluster shows them.
func (p *Pass) APIServers() []snapshot.APIServer {
	p.reads = append(p.reads, snapshot.APIServers)
	return p.model.Snapshot.APIServers
}

// Past are the release's revisions, as far as they hold a secret that this one's own values and objects do not.
func (p *Pass) Past() []snapshot.Past {
	p.reads = append(p.reads, snapshot.History)
	return p.model.Snapshot.Release.Past
}

// Unread says why a kind may have objects that were not read; empty where it
// was read completely or the cluster has no such kind.
func (p *Pass) Unread(kind snapshot.Kind) string {
	p.reads = append(p.reads, kind)
	switch c := p.model.Snapshot.CoverageOf(kind); {
	case c.State == snapshot.Read || c.State == snapshot.Unserved:
		return ""
	case c.Reason != "":
		return c.Reason
	default:
		return string(kind) + " objects were not read"
	}
}
