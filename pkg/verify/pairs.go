package verify

import (
	"cmp"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// connection is one port of one workload as seen from another.
type connection struct {
	from, to *airflow.Workload
	port     airflow.Port
}

// pairs counts the connections inside the release that no flow needs.
func (p *NetworkProof) pairs(n *netpol.Network, flows []airflow.Flow) {
	needed := map[connection]bool{}
	ports := listening(n.Pods)
	for _, f := range flows {
		if f.To.Workload == nil {
			continue
		}
		for _, port := range f.Ports {
			needed[connection{f.From.Workload, f.To.Workload, port}] = true
			ports[f.To.Workload] = append(ports[f.To.Workload], port)
		}
	}
	members := members(n.Pods)
	for _, to := range members {
		for _, port := range inOrder(ports[to.workload]) {
			for _, from := range members {
				if from.workload == to.workload || needed[connection{from.workload, to.workload, port}] {
					continue
				}
				p.Pairs++
				if open, by := passes(n, from.pods, to.pods, port); open {
					p.StillOpen = append(p.StillOpen, Pair{from.workload, to.workload, port, by})
				} else {
					p.Denied++
				}
			}
		}
	}
}

// passes says whether any pod of the one reaches any pod of the other, and which policy lets it in.
func passes(n *netpol.Network, from, to []int, port airflow.Port) (open bool, by string) {
	for _, a := range from {
		for _, b := range to {
			answer := n.Evaluator.Ask(netpol.At(a), netpol.At(b), port)
			if !answer.Allowed {
				continue
			}
			if answer.Ingress.Policy >= 0 {
				by = n.Policies[answer.Ingress.Policy].Ref.Name
			}
			return true, by
		}
	}
	return false, ""
}

// member is one workload of the release with its pods.
type member struct {
	workload *airflow.Workload
	pods     []int
}

func members(pods []airflow.Pod) []*member {
	var out []*member
	at := map[*airflow.Workload]*member{}
	for i, pod := range pods {
		w := pod.Workload
		if w == nil {
			continue
		}
		if at[w] == nil {
			at[w] = &member{workload: w}
			out = append(out, at[w])
		}
		at[w].pods = append(at[w].pods, i)
	}
	slices.SortStableFunc(out, func(a, b *member) int {
		return cmp.Or(cmp.Compare(a.workload.Component, b.workload.Component), a.workload.Ref.Compare(b.workload.Ref))
	})
	return out
}

// listening are the ports that pods declare.
func listening(pods []airflow.Pod) map[*airflow.Workload][]airflow.Port {
	out := map[*airflow.Workload][]airflow.Port{}
	for _, pod := range pods {
		for _, port := range pod.Ports {
			out[pod.Workload] = append(out[pod.Workload], port.Port)
		}
	}
	return out
}

func inOrder(ports []airflow.Port) []airflow.Port {
	ports = slices.Clone(ports)
	slices.SortFunc(ports, func(a, b airflow.Port) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Protocol, b.Protocol))
	})
	return slices.Compact(ports)
}
