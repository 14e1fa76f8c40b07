package airflow

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// clusterFlows are the flows to what every cluster has: DNS for all pods, and
// the API server for those that need it.
func (m *Model) clusterFlows(d Declarations) []Flow {
	dns, api := m.dnsEnds(), m.apiEnds()
	var out []Flow
	for _, w := range m.connecting() {
		for _, f := range dns {
			out = append(out, f.from(m.endOf(w)))
		}
		needs := m.Needs(w.Component, d.Functions...) // not NeedsAPI: whoever logs in elsewhere by its token talks only to that place
		if len(needs) == 0 {
			continue
		}
		for _, f := range api {
			f.Why = needs[0].Why
			out = append(out, f.from(m.endOf(w)))
		}
	}
	return out
}

// from is the same flow opened by another end.
func (f Flow) from(end End) Flow {
	f.From, f.Ports = end, slices.Clone(f.Ports)
	return f
}

const (
	dnsPort = 53
	// nodeLocalDNS is where NodeLocal DNSCache listens on each node unless told otherwise.
	// Source: kubernetes cluster/addons/dns/nodelocaldns.
	nodeLocalDNS = "169.254.20.10"
)

// dnsTargets are the pods' ports of DNS Services that name them; pods of other
// namespaces are not read. Source: OpenShift's DNS operator; the others listen on 53.
var dnsTargets = map[string]int32{"openshift-dns": 5353}

// dnsEnds are the flows to the cluster's DNS, without their source.
func (m *Model) dnsEnds() []Flow {
	row := Flow{
		ID: "dns", Demand: Required, Why: "no name resolves, so that no other connection is made",
		Source: "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/",
	}
	var out []Flow
	var services []netip.Prefix
	for i := range m.Snapshot.Around {
		if o := &m.Snapshot.Around[i]; o.Kind == string(snapshot.Service) {
			f := row
			f.To, f.Ports = dnsPods(o), dnsPorts(o)
			f.Evidence, f.EvidencePath = o.Ref, "/spec/selector"
			if len(f.Ports) > 0 && f.To.Labels != nil {
				out = append(out, f)
				services = append(services, f.To.Addresses...)
			}
		}
	}
	if len(out) == 0 {
		row.Note = "where the cluster's DNS is was not read; this is its usual place"
		row.Ports = bothProtocols(dnsPort)
		row.To = End{Place: Pods, Name: "kube-dns", Namespaces: namespaceSelector("kube-system"), Labels: labelSelector(map[string]string{"k8s-app": "kube-dns"})}
		out = append(out, row)
	}
	for _, agent := range m.Snapshot.OfKind(snapshot.NodeAgents) {
		if agent.Name != "node-local-dns" {
			continue
		}
		f := row
		f.ID, f.Note, f.Ports = "dns-node-local", "", bothProtocols(dnsPort)
		f.To = End{Place: Range, Name: agent.Name, Addresses: append([]netip.Prefix{onlyAddress(nodeLocalDNS)}, services...)}
		f.Evidence, f.EvidencePath = agent.Ref, "/metadata/name"
		out = append(out, f)
	}
	return out
}

func isAPIService(o *snapshot.Object) bool {
	return o.Namespace == metav1.NamespaceDefault && o.Name == "kubernetes"
}

func labelSelector(labels map[string]string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: labels}
}

func bothProtocols(number int32) []Port {
	return []Port{{Number: number, Protocol: corev1.ProtocolTCP}, {Number: number, Protocol: corev1.ProtocolUDP}}
}

func dnsPods(service *snapshot.Object) End {
	end := End{Place: Pods, Name: service.Name, Namespaces: namespaceSelector(service.Namespace), Addresses: serviceAddresses(service)}
	selector, _ := service.At("spec", "selector").(map[string]any)
	labels := map[string]string{}
	for key, value := range selector {
		labels[key], _ = value.(string)
	}
	if len(labels) > 0 {
		end.Labels = labelSelector(labels)
	}
	return end
}

// dnsPorts are the pods' ports behind the Service's, and the Service's own
// where they differ: some plugins decide before the address is translated.
func dnsPorts(service *snapshot.Object) []Port {
	var out []Port
	add := func(p Port) {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	for _, p := range servicePorts(service) {
		if p.number != dnsPort {
			continue
		}
		add(Port{Number: p.number, Protocol: p.protocol})
		if target := whole(p.target); target != 0 {
			add(Port{Number: target, Protocol: p.protocol})
		} else if target := dnsTargets[service.Namespace]; target != 0 {
			add(Port{Number: target, Protocol: p.protocol})
		}
	}
	return out
}

// serviceAddresses are a Service's own addresses, which are no pod's.
func serviceAddresses(service *snapshot.Object) []netip.Prefix {
	texts, _ := service.At("spec", "clusterIPs").([]any)
	if len(texts) == 0 {
		texts = []any{service.At("spec", "clusterIP")}
	}
	var out []netip.Prefix
	for _, entry := range texts {
		text, _ := entry.(string)
		if prefix := onlyAddress(text); prefix.IsValid() {
			out = append(out, prefix)
		}
	}
	return out
}

// onlyAddress is the range of one address; not valid where the text is none.
func onlyAddress(text string) netip.Prefix {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(address, address.BitLen())
}

// apiEnds are the flows to the API server, without their source: at its
// endpoints, where most plugins decide, and at its Service's address for those
// that decide before translation.
func (m *Model) apiEnds() []Flow {
	endpoints := Flow{
		ID: "kubernetes-api", Demand: Required, To: End{Place: Range, Name: "kubernetes-api"},
		Source: "https://kubernetes.io/docs/concepts/services-networking/network-policies/ (rewriting of addresses)",
	}
	service := endpoints
	service.ID, service.Demand, service.To.Name = "kubernetes-api-service", Optional, "kubernetes-api-service"
	for i := range m.Snapshot.Around {
		o := &m.Snapshot.Around[i]
		switch {
		case o.Kind == "EndpointSlice":
			addEndpoints(&endpoints, o)
		case o.Kind == string(snapshot.Service) && isAPIService(o):
			service.To.Addresses = serviceAddresses(o)
			service.Evidence, service.EvidencePath = o.Ref, "/spec/clusterIPs"
			for _, p := range servicePorts(o) {
				service.Ports = append(service.Ports, Port{Number: p.number, Protocol: p.protocol})
			}
		}
	}
	if len(endpoints.To.Addresses) == 0 || len(endpoints.Ports) == 0 {
		endpoints.To.Addresses = nil
		endpoints.Ports = []Port{{Number: 443, Protocol: corev1.ProtocolTCP}, {Number: 6443, Protocol: corev1.ProtocolTCP}}
		endpoints.Note = "the API server's addresses were not read; it listens on one of these ports in nearly every cluster"
	}
	if len(service.To.Addresses) == 0 {
		return []Flow{endpoints}
	}
	return []Flow{endpoints, service}
}

// addEndpoints adds what an EndpointSlice of the API server lists.
func addEndpoints(f *Flow, slice *snapshot.Object) {
	f.Evidence, f.EvidencePath = slice.Ref, "/endpoints"
	list, _ := slice.At("endpoints").([]any)
	for _, entry := range list {
		at, _ := entry.(map[string]any)
		addresses, _ := at["addresses"].([]any)
		for _, address := range addresses {
			text, _ := address.(string)
			if prefix := onlyAddress(text); prefix.IsValid() && !slices.Contains(f.To.Addresses, prefix) {
				f.To.Addresses = append(f.To.Addresses, prefix)
			}
		}
	}
	ports, _ := slice.At("ports").([]any)
	for _, entry := range ports {
		at, _ := entry.(map[string]any)
		if p := (Port{Number: whole(at["port"]), Protocol: corev1.ProtocolTCP}); p.Number != 0 && !slices.Contains(f.Ports, p) {
			f.Ports = append(f.Ports, p)
		}
	}
}
