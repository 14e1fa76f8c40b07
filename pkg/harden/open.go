package harden

import (
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// unnamed says why an end cannot be named in a policy, what is done about it, and what would close it.
type unnamed struct {
	why, close string
	// closed says that the flow is left out: Airflow works without it.
	closed bool
}

// places is what becomes of each place that a policy cannot name.
var places = map[airflow.Place]unnamed{
	airflow.EntryPoint: {
		why:   "where the ingress controller or load balancer runs stands in no object of the release: every source may connect",
		close: "parameters.ingressFrom with its namespace or address range",
	},
	airflow.Scraper: {
		why:    "where Prometheus runs stands in no object of the release, and Airflow works without it",
		close:  "parameters.ingressFrom with its namespace, components and ports",
		closed: true,
	},
	airflow.Host: {
		why:   "NetworkPolicy cannot name hosts: the port is open to every address but the node's own services",
		close: "parameters.egress with the address range in to and the name in host",
	},
	airflow.Anywhere: {
		why:   "no object says what that is: all public addresses are open, private ranges are closed",
		close: "parameters.egress with what the DAGs need",
	},
}

// cannotBeNamed says whether a flow has an end that policies cannot hold to its real place.
func cannotBeNamed(f airflow.Flow) (unnamed, bool) {
	for _, end := range []airflow.End{f.From, f.To} {
		if end.Place == airflow.Host && end.Host == "" {
			return unnamed{
				why:   "its address was not read: its usual port is open to every address but the node's own services",
				close: "let the caller read the Secret, or parameters.egress with the address range in to, and host: " + f.ID,
			}, true
		}
		if u, known := places[end.Place]; known {
			if f.ID == "unread-settings" {
				u.why, u.close = f.Note+": all public addresses are open, private ranges are closed", "let the caller read it, or parameters.egress with what it needs"
			}
			return u, true
		}
		switch {
		case end.Workload != nil && end.Workload.Spec.HostNetwork:
			return unnamed{
				why:   fmt.Sprintf("%s runs on the host's network, where policies do not hold: every address is open", end.Name),
				close: "hostNetwork off",
			}, true
		case end.Place == airflow.Range && len(end.Addresses) == 0:
			return unnamed{
				why:   "its address was not read: the port is open to every address but the node's own services",
				close: "read the cluster with the rights that access prints, or parameters.egress with its addresses",
			}, true
		case end.Place == airflow.Pods && end.Labels == nil:
			return unnamed{
				why:   "the pods behind a Service of another namespace are not read: the port is open to all pods of that namespace",
				close: "parameters.egress with the pods' labels and namespace",
			}, true
		}
	}
	return unnamed{}, false
}
