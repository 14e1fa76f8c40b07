package airflow

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// door is a port of a workload's pods, as a Service or a pod shows it.
type door struct {
	workload *Workload
	port     Port
	service  *snapshot.Object // nil where no Service leads there
}

// serviceOf finds the Service that a host name means for a pod in a namespace:
// name, name.namespace, and both with svc and the cluster's domain, with or
// without a pod's name before. inCluster says that the name can only be one of
// the cluster's.
func (m *Model) serviceOf(host, namespace string) (service *snapshot.Object, inCluster bool) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if i := slices.Index(parts, "svc"); i >= 2 {
		return m.service(parts[i-2], parts[i-1]), true
	}
	if len(parts) == 1 {
		return m.service(parts[0], namespace), true
	}
	service = m.service(parts[len(parts)-2], parts[len(parts)-1])
	return service, service != nil || parts[len(parts)-1] == namespace
}

// service finds one by name. Files may have been rendered for another
// namespace than they were read for; then the name alone decides.
func (m *Model) service(name, namespace string) *snapshot.Object {
	o := m.index.find(snapshot.Service, namespace, name)
	if o == nil && m.Snapshot.Offline() {
		o = m.index.find(snapshot.Service, m.Namespace, name)
	}
	return o
}

// doorsOf are the pod ports behind a Service's port. A headless Service only
// gives names to pods, so that its ports are not translated.
// Source: https://kubernetes.io/docs/concepts/services-networking/service/
func (m *Model) doorsOf(service *snapshot.Object, port int32) []door {
	var out []door
	for _, w := range m.behind(service) {
		p := Port{Number: port, Protocol: corev1.ProtocolTCP}
		if service.At("spec", "clusterIP") != "None" {
			p = translated(service, w, p)
		}
		out = append(out, door{workload: w, port: p, service: service})
	}
	return out
}

// behind are the workloads whose pods a Service selects.
func (m *Model) behind(service *snapshot.Object) []*Workload {
	selector, _ := service.At("spec", "selector").(map[string]any)
	if len(selector) == 0 {
		return nil
	}
	var out []*Workload
	for _, w := range m.Workloads {
		if w.Owner == nil && w.Namespace() == service.Namespace && selects(selector, w.Meta.Labels) {
			out = append(out, w)
		}
	}
	return out
}

func selects(selector map[string]any, labels map[string]string) bool {
	for key, value := range selector {
		if label, has := labels[key]; !has || label != value {
			return false
		}
	}
	return true
}

// servicePort is one port of a Service.
type servicePort struct {
	name     string
	number   int32
	protocol corev1.Protocol
	target   any // a number, a container port's name, or nil for the number itself
}

func servicePorts(service *snapshot.Object) []servicePort {
	list, _ := service.At("spec", "ports").([]any)
	out := make([]servicePort, 0, len(list))
	for _, entry := range list {
		at, _ := entry.(map[string]any)
		p := servicePort{number: whole(at["port"]), target: at["targetPort"], protocol: corev1.ProtocolTCP}
		p.name, _ = at["name"].(string)
		if text, _ := at["protocol"].(string); text != "" {
			p.protocol = corev1.Protocol(text)
		}
		out = append(out, p)
	}
	return out
}

// whole reads a port out of decoded JSON.
func whole(value any) int32 {
	switch n := value.(type) {
	case int64:
		return int32(n)
	case float64:
		return int32(n)
	case string:
		return number(n)
	}
	return 0
}

// on is the port of a workload's pods that a Service's port leads to.
func (p servicePort) on(w *Workload) Port {
	out := Port{Number: p.number, Protocol: p.protocol}
	if name, named := p.target.(string); named && number(name) == 0 {
		if port, found := w.namedPort(name); found {
			out.Number = port.Number
		}
	} else if n := whole(p.target); n != 0 {
		out.Number = n
	}
	return out
}

// translated is a Service's port as the pods have it; itself where the Service has no such port.
func translated(service *snapshot.Object, w *Workload, port Port) Port {
	for _, p := range servicePorts(service) {
		if p.number == port.Number && p.protocol == port.Protocol {
			return p.on(w)
		}
	}
	return port
}
