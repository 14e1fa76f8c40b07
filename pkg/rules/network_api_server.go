package rules

import (
	"net/netip"
	"slices"

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
			if n, _ := port["port"].(int64); n > 0 && !slices.Contains(out.ports, int32(n)) {
				out.ports = append(out.ports, int32(n))
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
