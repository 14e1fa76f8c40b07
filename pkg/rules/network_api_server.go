package rules

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// apiServer is where the Kubernetes API can be reached.
type apiServer struct {
	addresses []netip.Addr
	ports     []int32
	// known is false where no object told the addresses: files never do.
	known bool
}

// anywhere stands for all addresses, as far from each other as policies tell
// ranges apart: whoever may reach each of them may reach an API server whose address is not known.
var anywhere = []string{"203.0.113.7", "10.37.73.19", "172.27.73.19", "192.168.73.19"}

// findAPIServer reads the Service kubernetes, which plugins that judge before
// address translation see, and its endpoints, which the others see.
func findAPIServer(p *rule.Pass) apiServer {
	out := apiServer{ports: []int32{443, 6443}}
	add := func(value any) {
		text, _ := value.(string)
		if a, err := netip.ParseAddr(text); err == nil && !slices.Contains(out.addresses, a) {
			out.addresses = append(out.addresses, a)
		}
	}
	for _, o := range p.APIServer() {
		ips, _ := o.At("spec", "clusterIPs").([]any)
		for _, ip := range append([]any{o.At("spec", "clusterIP")}, ips...) {
			add(ip)
		}
		for _, endpoint := range entries(o.Content["endpoints"]) {
			list, _ := endpoint["addresses"].([]any)
			for _, ip := range list {
				add(ip)
			}
		}
		for _, port := range entries(o.Content["ports"]) {
			if n, _ := port["port"].(int64); n > 0 && !slices.Contains(out.ports, int32(n)) { //nolint:gosec // the API allows ports up to 65535
				out.ports = append(out.ports, int32(n)) //nolint:gosec // the same
			}
		}
	}
	if out.known = len(out.addresses) > 0; !out.known {
		for _, text := range anywhere {
			add(text)
		}
	}
	return out
}

// reachedBy says whether a pod gets to the API server: at one of its
// addresses, or, where they are not known, at all addresses there are.
func (s apiServer) reachedBy(n *netpol.Network, pod int) bool {
	for _, number := range s.ports {
		port := airflow.Port{Number: number, Protocol: corev1.ProtocolTCP}
		reached := 0
		for _, a := range s.addresses {
			if n.Reaches(pod, a, port).Allowed {
				reached++
			}
		}
		if reached == len(s.addresses) || s.known && reached > 0 {
			return true
		}
	}
	return false
}
