package rule

import (
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/airflowsec/kubectl-airflowsec/pkg/advisory"
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/endoflife"
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

	flows      func() []airflow.Flow
	network    func() *netpol.Network
	plan       func() []planned
	advisories func() *advisory.Table
	endOfLife  func() *endoflife.Tables

	once    sync.Map // what Once found, by key
	mutex   sync.Mutex
	planned map[*airflow.Workload]func() Planned
}

// Planned is what the plan does for one workload.
type Planned struct {
	// Policies are those of the plan that select the workload's pods, but for the default deny.
	Policies []harden.PlannedPolicy
	// Puts make them. Their values are shared: nobody changes them.
	Puts []change.Change
	// Network has them in force beside the policies that are.
	Network *netpol.Network
}

// planned is one policy of the plan with what rules ask of it.
type planned struct {
	harden.PlannedPolicy
	put   change.Change
	holds []*airflow.Workload
}

// NewShared begins a check of a model by any number of rules.
func NewShared(model *airflow.Model, level Level, parameters Parameters) *Shared {
	s := &Shared{model: model, level: level, parameters: parameters, planned: map[*airflow.Workload]func() Planned{}}
	s.flows = sync.OnceValue(func() []airflow.Flow { return model.Flows(parameters.Declarations()) })
	s.network = sync.OnceValue(func() *netpol.Network { return netpol.Of(model) })
	s.plan = sync.OnceValue(s.findPlan)
	s.advisories = sync.OnceValue(func() *advisory.Table { return advisory.With(model.Snapshot.Advisories) })
	s.endOfLife = sync.OnceValue(func() *endoflife.Tables { return endoflife.With(model.Snapshot.EndOfLife) })
	return s
}

// Advisories are the published flaws that rules compare with.
func (s *Shared) Advisories() *advisory.Table { return s.advisories() }

// EndOfLife are the tables that rules go by.
func (s *Shared) EndOfLife() *endoflife.Tables { return s.endOfLife() }

// findPlan leaves out the default deny.
func (s *Shared) findPlan() []planned {
	var out []planned
	for _, p := range harden.Network(s.model, s.network(), s.flows(), harden.ReleaseLabel(s.model.Release)).Policies {
		if p.Component != "" {
			put := change.Change{Target: p.Ref(), Op: change.Put, Value: p.Content()}
			out = append(out, planned{PlannedPolicy: p, put: put, holds: selected(p, s.network().Pods)})
		}
	}
	return out
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
	for _, planned := range s.plan() {
		if !slices.Contains(planned.holds, w) {
			continue
		}
		out.Policies, out.Puts = append(out.Policies, planned.PlannedPolicy), append(out.Puts, planned.put)
		policies = append(policies, planned.Policy())
	}
	out.Network = s.network().With(policies)
	return out
}

// selected are the workloads with a pod that a policy holds for.
func selected(planned harden.PlannedPolicy, pods []airflow.Pod) []*airflow.Workload {
	selector, err := metav1.LabelSelectorAsSelector(&planned.Spec.PodSelector)
	if err != nil {
		return nil
	}
	var out []*airflow.Workload
	for _, pod := range pods {
		if pod.Namespace == planned.Namespace && !pod.HostNetwork && selector.Matches(labels.Set(pod.Labels)) && !slices.Contains(out, pod.Workload) {
			out = append(out, pod.Workload)
		}
	}
	return out
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
