package rule

import (
	"slices"
	"sync"

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
	planned func() *netpol.Network
}

// NewShared begins a check of a model by any number of rules.
func NewShared(model *airflow.Model, level Level, parameters Parameters) *Shared {
	s := &Shared{model: model, level: level, parameters: parameters}
	s.flows = sync.OnceValue(func() []airflow.Flow { return model.Flows(parameters.Declarations()) })
	s.network = sync.OnceValue(func() *netpol.Network { return netpol.Of(model) })
	s.plan = sync.OnceValue(func() harden.NetworkPlan {
		return harden.Network(model, s.network(), s.flows(), harden.ReleaseLabel(model.Release))
	})
	s.planned = sync.OnceValue(func() *netpol.Network {
		var policies []netpol.Policy
		for _, p := range s.plan().Policies {
			policies = append(policies, netpol.Policy{Ref: p.Ref(), Spec: p.Spec})
		}
		return s.network().With(policies)
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

// Plan are the policies that would keep the needed connections and close the rest.
func (p *Pass) Plan() harden.NetworkPlan {
	p.reads = append(p.reads, slices.Concat(FlowKinds, PolicyKinds)...)
	return p.shared.plan()
}

// PlannedNetwork is Network with the planned policies in force as well.
func (p *Pass) PlannedNetwork() *netpol.Network {
	p.reads = append(p.reads, slices.Concat(FlowKinds, PolicyKinds)...)
	return p.shared.planned()
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
