package reach

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// wanted is one port to ask about; a nil port stands for any.
type wanted struct {
	port *airflow.Port
	note string
}

// ports are those that a word asks about: one port by number or name, or, with
// no word, all that the far end has.
func (n *network) ports(from, to *end, word string) ([]wanted, error) {
	if word != "" {
		return n.namedPort(to, word)
	}
	list, any := n.flowPorts(from, to)
	if len(to.pods) > 0 {
		list = n.endPorts(to)
	} else if len(list) == 0 && !any {
		if list, any = n.flowPorts(nil, to); len(list) == 0 && !any && len(to.places) > 0 {
			list = slices.Clone(to.places[0].ports)
		}
	}
	var out []wanted
	for i := range list {
		out = append(out, wanted{port: &list[i]})
	}
	if any || len(out) == 0 && to.Place == airflow.Anywhere {
		out = append(out, wanted{})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s declares no port, and no flow names one; say which, as %s:8080", to.Name, to.Name)
	}
	return out, nil
}

// endPorts are the ports that an end's pods declare, and those that flows need there.
func (n *network) endPorts(e *end) []airflow.Port {
	out, _ := n.flowPorts(nil, e)
	for _, pod := range e.pods {
		for _, p := range n.Pods[pod].Ports {
			if !slices.ContainsFunc(out, func(o airflow.Port) bool { return o == p.Port }) {
				out = append(out, p.Port)
			}
		}
	}
	return sortedPorts(out)
}

func (n *network) namedPort(to *end, word string) ([]wanted, error) {
	number, protocol, _ := strings.Cut(word, "/")
	proto := corev1.Protocol(strings.ToUpper(cmp.Or(protocol, "TCP")))
	if proto != corev1.ProtocolTCP && proto != corev1.ProtocolUDP && proto != corev1.ProtocolSCTP {
		return nil, fmt.Errorf("port %q: the protocol is TCP, UDP or SCTP", word)
	}
	if value, err := strconv.Atoi(number); err == nil {
		if value < 1 || value > 65535 {
			return nil, fmt.Errorf("port %q: a port is from 1 to 65535", word)
		}
		port := airflow.Port{Number: int32(value), Protocol: proto}
		if slices.Contains(n.endPorts(to), port) {
			return []wanted{{port: &port}}, nil
		}
		if behind := n.servicePorts(to, func(p servicePort) bool { return p.number == port.Number && p.protocol == port.Protocol }); len(behind) > 0 {
			return behind, nil
		}
		return []wanted{{port: &port}}, nil
	}
	if out := n.containerPorts(to, word); len(out) > 0 {
		return out, nil
	}
	if out := n.servicePorts(to, func(p servicePort) bool { return p.name == word }); len(out) > 0 {
		return out, nil
	}
	return nil, n.noSuchPort(to, word)
}

func (n *network) containerPorts(to *end, name string) []wanted {
	var out []wanted
	for _, pod := range to.pods {
		for _, p := range n.Pods[pod].Ports {
			if p.Name == name {
				out = addWanted(out, p.Port, fmt.Sprintf("%s is port %s of the pods", name, p.Port))
			}
		}
	}
	return out
}

func addWanted(list []wanted, p airflow.Port, note string) []wanted {
	if slices.ContainsFunc(list, func(w wanted) bool { return *w.port == p }) {
		return list
	}
	return append(list, wanted{&p, note})
}

func (n *network) noSuchPort(to *end, word string) error {
	var known []string
	for _, p := range n.endPorts(to) {
		known = append(known, p.String())
	}
	for _, pod := range to.pods {
		for _, p := range n.Pods[pod].Ports {
			if p.Name != "" && !slices.Contains(known, p.Name) {
				known = append(known, p.Name)
			}
		}
	}
	return fmt.Errorf("%s has no port named %q; it has %s; a number will do too", to.Name, word, cmp.Or(strings.Join(known, ", "), "none"))
}

// servicePort is one port of a Service before it is translated.
type servicePort struct {
	name     string
	number   int32
	protocol corev1.Protocol
}

// servicePorts are the pods' ports behind those of the Services that select them.
func (n *network) servicePorts(to *end, is func(servicePort) bool) []wanted {
	var out []wanted
	for _, o := range n.Model.Snapshot.OfKind(snapshot.Service) {
		var service corev1.Service
		if airflow.Decode(o.Content, &service) != nil || len(service.Spec.Selector) == 0 {
			continue
		}
		for _, p := range service.Spec.Ports {
			protocol := cmp.Or(p.Protocol, corev1.ProtocolTCP)
			if !is(servicePort{p.Name, p.Port, protocol}) {
				continue
			}
			for _, pod := range to.pods {
				if number := behind(&n.Pods[pod], o.Namespace, service.Spec.Selector, p); number > 0 {
					out = addWanted(out, airflow.Port{Number: number, Protocol: protocol},
						fmt.Sprintf("port %d of %s is port %d of the pods: policies see the pods' own", p.Port, o.Ref, number))
				}
			}
		}
	}
	return out
}

// behind is the pod's port that a Service's port leads to; 0 where the Service does not select the pod.
func behind(pod *airflow.Pod, namespace string, selector map[string]string, p corev1.ServicePort) int32 {
	if pod.Namespace != namespace {
		return 0
	}
	for key, value := range selector {
		if got, found := pod.Labels[key]; !found || got != value {
			return 0
		}
	}
	if p.TargetPort.StrVal == "" {
		return cmp.Or(p.TargetPort.IntVal, p.Port)
	}
	for _, own := range pod.Ports {
		if own.Name == p.TargetPort.StrVal && own.Protocol == cmp.Or(p.Protocol, corev1.ProtocolTCP) {
			return own.Number
		}
	}
	return 0
}
