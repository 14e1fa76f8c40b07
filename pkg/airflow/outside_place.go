package airflow

import (
	"fmt"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// place is where a target is, with the ports as the pods there have them.
type place struct {
	end   End
	ports []Port
	note  string
}

// places says where a target is: nowhere outside the pod where it names the pod itself.
func (s site) places(t target) []place {
	if t.unknown != "" {
		note := fmt.Sprintf("its address is not known (%s); the profile's parameters.egress may give it with host: %s", t.unknown, s.row)
		return []place{{End{Place: Host, Name: t.what}, t.ports, note}}
	}
	host := strings.ToLower(strings.TrimSuffix(t.host, "."))
	if address, err := netip.ParseAddr(host); err == nil {
		if address.IsLoopback() || address.IsUnspecified() {
			return nil
		}
		address = address.Unmap()
		prefix := netip.PrefixFrom(address, address.BitLen())
		return []place{{End{Place: Range, Name: address.String(), Addresses: []netip.Prefix{prefix}}, t.ports, ""}}
	}
	if host == "" || host == "localhost" || strings.HasPrefix(host, "localhost.") {
		return nil
	}
	service, inCluster := s.m.serviceOf(host, s.w.Namespace())
	if service != nil {
		return s.behindService(t, service)
	}
	if namespace := clusterNamespace(host); inCluster || namespace != "" {
		if namespace == "" {
			namespace = s.w.Namespace()
		}
		end := End{Place: Pods, Name: host, Namespaces: namespaceSelector(namespace)} // Labels are not known
		return []place{{end, t.ports, fmt.Sprintf(
			"which pods of the namespace %s stand behind %s, and on which port they listen, is not read", namespace, host)}}
	}
	return []place{hostPlace(host, t.ports)}
}

func hostPlace(host string, ports []Port) place {
	return place{End{Place: Host, Name: host, Host: host}, ports,
		"NetworkPolicy cannot name hosts; the profile's parameters.egress may give the address range with host: " + host}
}

// behindService follows a Service that was read to its pods, or to the name it stands for.
func (s site) behindService(t target, service *snapshot.Object) []place {
	if name, _ := service.At("spec", "externalName").(string); name != "" {
		return []place{hostPlace(strings.ToLower(name), t.ports)}
	}
	var out []place
	for _, w := range s.m.behind(service) {
		at := place{end: s.m.endOf(w)}
		for _, port := range t.ports {
			if service.At("spec", "clusterIP") != "None" {
				port = translated(service, w, port)
			}
			at.ports = append(at.ports, port)
		}
		out = append(out, at)
	}
	if len(out) > 0 {
		return out
	}
	end := End{Place: Pods, Name: service.Name, Namespaces: namespaceSelector(service.Namespace)}
	selector, _ := service.At("spec", "selector").(map[string]any)
	if len(selector) > 0 {
		end.Labels = &metav1.LabelSelector{}
	}
	for key, value := range selector {
		if text, ok := value.(string); ok {
			metav1.AddLabelToSelector(end.Labels, key, text)
		}
	}
	return []place{{end, t.ports, fmt.Sprintf("the pods behind Service %s are not the release's, and on which port they listen is not read", service.Name)}}
}

// clusterNamespace is the namespace in a name that only the cluster's DNS can
// know; empty for a name of the internet, or for one that may be.
func clusterNamespace(host string) string {
	parts := strings.Split(host, ".")
	for i := 2; i < len(parts); i++ {
		if parts[i] == "svc" {
			return parts[i-1]
		}
	}
	if len(parts) == 2 && (parts[0] == parts[1] || noTopLevelDomain[parts[1]] || strings.ContainsAny(parts[1], "-0123456789") && !strings.HasPrefix(parts[1], "xn--")) {
		return parts[1]
	}
	return ""
}

// noTopLevelDomain are usual names of namespaces that are no top-level domain of the internet.
// Source: https://data.iana.org/TLD/tlds-alpha-by-domain.txt.
var noTopLevelDomain = map[string]bool{
	"default": true, "vault": true, "monitoring": true, "observability": true, "logging": true, "databases": true, "postgres": true,
	"postgresql": true, "redis": true, "infra": true, "platform": true, "storage": true, "opentelemetry": true, "prometheus": true,
}

// udp are the same ports with UDP.
func udp(ports []Port) []Port {
	out := make([]Port, len(ports))
	for i, p := range ports {
		out[i] = Port{Number: p.Number, Protocol: corev1.ProtocolUDP}
	}
	return out
}
