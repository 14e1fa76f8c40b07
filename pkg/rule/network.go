package rule

import (
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Shared is what the passes of one check have in common: what takes long to
// work out is worked out when the first rule asks, and once. It is safe for
// rules that run at the same time.
type Shared struct {
	model      *airflow.Model
	level      Level
	parameters Parameters

	flows   func() []airflow.Flow
	network func() *netpol.Network
	plan    func() harden.NetworkPlan

	mutex   sync.Mutex
	planned map[*airflow.Workload]func() Planned
}

// Planned is what the plan does for one workload.
type Planned struct {
	// Policies are those of the plan that select the workload's pods, but for the default deny.
	Policies []harden.PlannedPolicy
	// Network has them in force beside the policies that are.
	Network *netpol.Network
}

// NewShared begins a check of a model by any number of rules.
func NewShared(model *airflow.Model, level Level, parameters Parameters) *Shared {
	s := &Shared{model: model, level: level, parameters: parameters, planned: map[*airflow.Workload]func() Planned{}}
	s.flows = sync.OnceValue(func() []airflow.Flow { return model.Flows(parameters.Declarations()) })
	s.network = sync.OnceValue(func() *netpol.Network { return netpol.Of(model) })
	s.plan = sync.OnceValue(func() harden.NetworkPlan {
		return harden.Network(model, s.network(), s.flows(), harden.ReleaseLabel(model.Release))
	})
	return s
}

// Pass begins the run of one rule.
func (s *Shared) Pass() *Pass {
	return &Pass{model: s.model, shared: s, Level: s.level, Parameters: s.parameters}
}

// FlowKinds are all that may show where a connection goes or comes from.
var FlowKinds = slices.Concat(snapshot.Workloads, []snapshot.Kind{
	snapshot.Secret, snapshot.Service, snapshot.Ingress, snapshot.HTTPRoute, snapshot.Gateway, snapshot.Route,
	snapshot.Autoscaler, snapshot.ClusterServices,
})

// PolicyKinds are all that decides which pods a NetworkPolicy holds for.
var PolicyKinds = slices.Concat(snapshot.Workloads, []snapshot.Kind{snapshot.NetworkPolicy, snapshot.Namespace})

// Flows are the connections that the release needs, those that the profile declares among them.
func (p *Pass) Flows() []airflow.Flow {
	p.reads = append(p.reads, FlowKinds...)
	return p.shared.flows()
}

// Network is the release's pods under the policies in force.
func (p *Pass) Network() *netpol.Network {
	p.reads = append(p.reads, PolicyKinds...)
	return p.shared.network()
}

// Planned is what the policies that would keep the needed connections and
// close the rest do for one workload.
func (p *Pass) Planned(w *airflow.Workload) Planned {
	p.reads = append(p.reads, slices.Concat(FlowKinds, PolicyKinds)...)
	s := p.shared
	s.mutex.Lock()
	once := s.planned[w]
	if once == nil {
		once = sync.OnceValue(func() Planned { return s.plannedFor(w) })
		s.planned[w] = once
	}
	s.mutex.Unlock()
	return once()
}

func (s *Shared) plannedFor(w *airflow.Workload) Planned {
	var out Planned
	var policies []netpol.Policy
	for _, planned := range s.plan().Policies {
		if planned.Component == "" || !slices.ContainsFunc(s.network().Pods, func(pod airflow.Pod) bool { return pod.Workload == w && selects(planned, pod) }) {
			continue
		}
		out.Policies = append(out.Policies, planned)
		policies = append(policies, netpol.Policy{Ref: planned.Ref(), Spec: planned.Spec})
	}
	out.Network = s.network().With(policies)
	return out
}

func selects(planned harden.PlannedPolicy, pod airflow.Pod) bool {
	selector, err := metav1.LabelSelectorAsSelector(&planned.Spec.PodSelector)
	return err == nil && pod.Namespace == planned.Namespace && !pod.HostNetwork && selector.Matches(labels.Set(pod.Labels))
}

// APIServer are objects that tell where the Kubernetes API is: the Service
// kubernetes of the namespace default and its EndpointSlices; none in files.
func (p *Pass) APIServer() []*snapshot.Object {
	p.reads = append(p.reads, snapshot.ClusterServices)
	var out []*snapshot.Object
	for i := range p.model.Snapshot.Around {
		o := &p.model.Snapshot.Around[i]
		if o.Namespace == "default" && (o.Kind == "EndpointSlice" || o.Kind == string(snapshot.Service) && o.Name == "kubernetes") {
			out = append(out, o)
		}
	}
	return out
}
