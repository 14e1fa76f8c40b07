package render_test

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func policyRef(name string) reach.Policy {
	return reach.Policy{Ref: snapshot.Ref{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: "airflow", Name: name}}
}

func tcp(number int32) *airflow.Port {
	return &airflow.Port{Number: number, Protocol: corev1.ProtocolTCP}
}

// network is a small matrix with every mark in it.
func network() *reach.Report {
	end := func(c airflow.Component) reach.End {
		return reach.End{Name: string(c), Kind: reach.OfComponent, Component: c, Pods: []string{"rel-" + string(c)}}
	}
	place := func(name string, p airflow.Place) reach.End {
		return reach.End{Name: name, Kind: reach.OfPlace, Place: p, Pods: []string{}}
	}
	r := &reach.Report{
		APIVersion: reach.APIVersion, Kind: "Reach", Profile: "restricted",
		Release:  reach.Release{Name: "rel", Namespace: "airflow", AirflowVersion: "3.2.2", Executor: "CeleryExecutor"},
		Coverage: snapshot.Coverage{Kind: snapshot.NetworkPolicy, State: snapshot.Read},
		Policies: []reach.Policy{policyRef("rel-api-server-policy"), policyRef("rel-statsd-policy")},
		Ends: []reach.End{
			place("entry-point", airflow.EntryPoint), place("internet", airflow.Anywhere),
			end(airflow.APIServer), end(airflow.Scheduler), end(airflow.Worker), end(airflow.Database), end(airflow.Statsd),
			place("kube-dns", airflow.Pods), place("db.example.com", airflow.Host),
		},
	}
	r.Policies[1].Proposed = true
	r.Problems = []string{"airflow/rel-statsd-policy spec.ingress[0].from[0].ipBlock.cidr: no address range"}
	for _, from := range r.Ends {
		for _, to := range r.Ends {
			for _, port := range portsOf[to.Name] {
				if from.Inside() || to.Inside() {
					r.Questions = append(r.Questions, question(r, from.Name, to.Name, port))
				}
			}
		}
	}
	r.Summary = reach.Summary{Questions: len(r.Questions), Needed: reach.Counts{Kept: 3, Cut: 1}, Optional: reach.Counts{Cut: 1, Unclear: 1}}
	return r
}

var portsOf = map[string][]*airflow.Port{
	"api-server": {tcp(8080)}, "worker": {tcp(8793)}, "database": {tcp(5432)},
	"statsd":   {tcp(9102), {Number: 9125, Protocol: corev1.ProtocolUDP}},
	"kube-dns": {tcp(53), {Number: 53, Protocol: corev1.ProtocolUDP}}, "db.example.com": {tcp(5432)}, "internet": {nil},
}

// question gives each pair an answer, so that all marks occur.
func question(r *reach.Report, from, to string, port *airflow.Port) reach.Question {
	q := reach.Question{From: from, To: to, Port: port, Verdict: reach.Allowed, Needs: []reach.Need{}, Decisions: []reach.Decision{}, Losses: []reach.Loss{}, Changes: []reach.Change{}}
	need := func(d airflow.Demand, s netpol.State) {
		q.Needs = []reach.Need{{Flow: "row", Demand: d, State: s, Why: "Airflow stops without it", Source: "the chart's templates"}}
	}
	switch {
	case from == "worker" && to == "api-server":
		return refused(r, q)
	case from == "api-server" && to == "worker", to == "kube-dns", from == "worker" && to == "database":
		need(airflow.Required, netpol.Kept)
	case from == "entry-point" && to == "statsd":
		need(airflow.Optional, netpol.Cut)
		q.Verdict, q.Losses = reach.Denied, []reach.Loss{{From: []string{"entry-point"}, To: []string{"rel-statsd"}, Direction: netpol.Ingress, Policies: r.Policies[1:2]}}
	case from == "scheduler" && to == "db.example.com":
		need(airflow.Optional, netpol.Unclear)
		q.Verdict, q.Reason = reach.Unknown, "only some addresses are allowed"
	case from == "scheduler" && to == "api-server":
		q.Verdict = reach.Partly
	case to == "api-server", from == "internet":
		q.Verdict = reach.Denied
	}
	return q
}

// refused is the question that is cut, with all that there is to say of it.
func refused(r *reach.Report, q reach.Question) reach.Question {
	policy, number, proto := r.Policies[0], intstr.FromInt32(8080), corev1.ProtocolTCP
	q.Verdict = reach.Denied
	q.Note = "port 80 of service/rel-api-server is port 8080 of the pods: policies see the pods' own"
	q.Needs = []reach.Need{{
		Flow: "execution-api", Demand: airflow.Required, State: netpol.Cut, Why: "every task fails: tasks report to the execution API",
		Source: "airflow/config_templates/config.yml", Evidence: &snapshot.Ref{APIVersion: "v1", Kind: "ConfigMap", Namespace: "airflow", Name: "rel-config"}, Path: "/data/airflow.cfg",
	}}
	rule := 0
	q.Decisions = []reach.Decision{
		{Direction: netpol.Egress, Allowed: true, Because: reach.ByRule, Policy: &r.Policies[1], Rule: &rule, Path: "/spec/egress/0", Text: "to anywhere on every port", Pods: []string{"rel-worker-0", "rel-worker-1"}},
		{Direction: netpol.Ingress, Because: reach.NoRule, Isolating: []reach.Policy{policy}},
	}
	q.Losses = []reach.Loss{{From: []string{"rel-worker"}, To: []string{"rel-api-server"}, Direction: netpol.Ingress, Policies: []reach.Policy{policy}}}
	q.Changes = []reach.Change{{
		Action: reach.AddRule, Direction: netpol.Ingress, Policy: &policy.Ref, Summary: "add a rule to spec.ingress of NetworkPolicy airflow/rel-api-server-policy",
		Rule: networkingv1.NetworkPolicyIngressRule{
			Ports: []networkingv1.NetworkPolicyPort{{Port: &number, Protocol: &proto}},
			From:  []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"component": "worker"}}}},
		},
	}}
	return q
}

// single is a report about one question.
func single(q reach.Question) *reach.Report {
	r := network()
	r.Asked, r.Questions = &reach.Asked{From: q.From, To: q.To}, []reach.Question{q}
	return r
}
