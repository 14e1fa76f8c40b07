package oracle

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// wireCase and the types below are the JSON that testdata/tools/cyclonus reads and writes.
type wireCase struct {
	Namespaces map[string]map[string]string
	Pods       []wirePod
	Policies   []networkingv1.NetworkPolicy
	Questions  []wireQuestion
}

type wirePod struct {
	Namespace   string
	Labels      map[string]string
	Addresses   []string
	HostNetwork bool
	Ports       []wirePort
}

type wireQuestion struct {
	From, To wireEnd
	Port     wirePort
}

type wireEnd struct {
	Pod     int
	Address string
}

type wirePort struct {
	Name     string
	Number   int32
	Protocol corev1.Protocol
}

type wireResult struct {
	Answers []wireAnswer
	Error   string
}

type wireAnswer struct{ Egress, Ingress wireDecision }

type wireDecision struct {
	Allowed, Isolated bool
	Policies          []string
}

// request names policies by their index: the answer tells them by name.
func request(c *Case) wireCase {
	w := wireCase{Namespaces: c.Cluster.Namespaces}
	for i := range c.Cluster.Policies {
		p := &c.Cluster.Policies[i]
		w.Policies = append(w.Policies, networkingv1.NetworkPolicy{
			ObjectMeta: metav1.ObjectMeta{Namespace: p.Ref.Namespace, Name: strconv.Itoa(i)},
			Spec:       p.Spec,
		})
	}
	for i := range c.Cluster.Pods {
		w.Pods = append(w.Pods, pod(c, i))
	}
	for _, q := range c.Questions {
		w.Questions = append(w.Questions, wireQuestion{
			From: end(q.From), To: end(q.To), Port: wirePort{Number: q.Port.Number, Protocol: q.Port.Protocol},
		})
	}
	return w
}

func pod(c *Case, index int) wirePod {
	p := &c.Cluster.Pods[index]
	w := wirePod{Namespace: p.Namespace, Labels: p.Labels, HostNetwork: p.HostNetwork}
	for _, a := range p.Addresses {
		w.Addresses = append(w.Addresses, a.String())
	}
	for _, port := range p.Ports {
		w.Ports = append(w.Ports, wirePort{Name: port.Name, Number: port.Number, Protocol: port.Protocol})
	}
	return w
}

func end(e End) wireEnd {
	if e.Address.IsValid() {
		return wireEnd{Address: e.Address.String()}
	}
	return wireEnd{Pod: e.Pod}
}

func (w wireResult) result() Result {
	r := Result{Error: w.Error}
	for _, a := range w.Answers {
		r.Answers = append(r.Answers, Answer{Egress: a.Egress.decision(), Ingress: a.Ingress.decision()})
	}
	return r
}

func (w wireDecision) decision() Decision {
	d := Decision{Allowed: w.Allowed, Isolated: w.Isolated}
	for _, name := range w.Policies {
		if i, err := strconv.Atoi(name); err == nil {
			d.Policies = append(d.Policies, i)
		}
	}
	return d
}
