package netpol_test

import (
	"fmt"
	"net/netip"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// components of the releases that benchmarks ask about; each has one port.
var components = []string{"scheduler", "worker", "triggerer", "dag-processor", "api-server", "flower", "pgbouncer", "postgresql", "redis", "statsd"}

// releases are clusters as large installations are: each release in a
// namespace of its own with 50 pods of 10 components, and 15 policies.
func releases(pods int) netpol.Cluster {
	c := netpol.Cluster{Namespaces: map[string]map[string]string{}}
	for r := range pods / 50 {
		namespace := fmt.Sprint("airflow-", r)
		c.Namespaces[namespace] = map[string]string{"team": fmt.Sprint("team-", r%7)}
		for i := range 50 {
			c.Pods = append(c.Pods, airflow.Pod{
				Namespace: namespace, Name: fmt.Sprint("pod-", i),
				Labels:    map[string]string{"tier": "airflow", "release": namespace, "component": components[i%10], "pod": fmt.Sprint(i)},
				Addresses: []netip.Addr{netip.AddrFrom4([4]byte{10, byte(r), 0, byte(i + 1)})},
				Ports:     []airflow.NamedPort{{Name: "api", Port: airflow.Port{Number: int32(8000 + i%10), Protocol: corev1.ProtocolTCP}}},
			})
		}
		for i := range 15 {
			c.Policies = append(c.Policies, componentPolicy(namespace, i))
		}
	}
	return c
}

func componentPolicy(namespace string, i int) netpol.Policy {
	selector := func(component string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "airflow", "release": namespace, "component": component}}
	}
	port, everything, dns, udp := intstr.FromString("api"), &metav1.LabelSelector{}, intstr.FromInt32(53), corev1.ProtocolUDP
	spec := networkingv1.NetworkPolicySpec{
		PodSelector: *selector(components[i%10]),
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		Ingress: []networkingv1.NetworkPolicyIngressRule{
			{From: []networkingv1.NetworkPolicyPeer{{PodSelector: selector(components[(i+1)%10])}, {PodSelector: selector(components[(i+3)%10])}}, Ports: []networkingv1.NetworkPolicyPort{{Port: &port}}},
			{From: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"team": fmt.Sprint("team-", i%7)}}, PodSelector: selector("statsd")}}},
		},
		Egress: []networkingv1.NetworkPolicyEgressRule{
			{To: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: everything}}, Ports: []networkingv1.NetworkPolicyPort{{Port: &dns, Protocol: &udp}}},
			{To: []networkingv1.NetworkPolicyPeer{{PodSelector: selector(components[(i+9)%10])}, {PodSelector: selector(components[(i+7)%10])}}},
			{To: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0", Except: []string{"10.0.0.0/8", "169.254.0.0/16"}}}}},
		},
	}
	return netpol.Policy{Ref: snapshot.Ref{Kind: "NetworkPolicy", Namespace: namespace, Name: fmt.Sprint("policy-", i)}, Spec: spec}
}

var sizes = []int{1000, 2000, 4000}

func BenchmarkBuild(b *testing.B) {
	for _, pods := range sizes {
		c := releases(pods)
		b.Run(fmt.Sprintf("%d pods, %d policies", pods, len(c.Policies)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				netpol.New(c)
			}
		})
	}
}

func BenchmarkAsk(b *testing.B) {
	for _, pods := range sizes {
		c := releases(pods)
		e := netpol.New(c)
		b.Run(fmt.Sprintf("%d pods, %d policies", pods, len(c.Policies)), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				to := i * 7 % pods
				e.Ask(netpol.At(i%pods), netpol.At(to), c.Pods[to].Ports[0].Port)
				i++
			}
		})
	}
}

// allPairs builds, and asks about every pod, each of which has one port, from every pod.
func allPairs(c netpol.Cluster) (allowed int) {
	e := netpol.New(c)
	for from := range c.Pods {
		for to := range c.Pods {
			if e.Ask(netpol.At(from), netpol.At(to), c.Pods[to].Ports[0].Port).Allowed {
				allowed++
			}
		}
	}
	return allowed
}

func BenchmarkAllPairs(b *testing.B) {
	c := releases(1000)
	b.ReportAllocs()
	for b.Loop() {
		allPairs(c)
	}
}

// BenchmarkComponentPairs asks, in each release, each pod about each other, as a proof does.
func BenchmarkComponentPairs(b *testing.B) {
	for _, pods := range sizes {
		c := releases(pods)
		b.Run(fmt.Sprintf("%d pods, %d policies", pods, len(c.Policies)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e := netpol.New(c)
				for from := range c.Pods {
					for to := from / 50 * 50; to < from/50*50+50; to++ {
						e.Ask(netpol.At(from), netpol.At(to), c.Pods[to].Ports[0].Port)
					}
				}
			}
		})
	}
}

func TestAskAllocatesNothing(t *testing.T) {
	c := releases(100)
	e := netpol.New(c)
	address := netpol.Address(netip.MustParseAddr("8.8.8.8"))
	if n := testing.AllocsPerRun(100, func() {
		e.Ask(netpol.At(3), netpol.At(54), c.Pods[54].Ports[0].Port)
		e.Ask(netpol.At(3), netpol.At(2), c.Pods[2].Ports[0].Port)
		e.Ask(netpol.At(3), address, c.Pods[2].Ports[0].Port)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestGrowsLinearly counts what does not depend on the machine: four times the
// pods and policies take four times the memory, and asking about all pairs next to nothing.
func TestGrowsLinearly(t *testing.T) {
	cost := func(pods int) float64 {
		c := releases(pods)
		return testing.AllocsPerRun(1, func() { netpol.New(c) })
	}
	if small, large := cost(500), cost(2000); large > 5*small {
		t.Errorf("four times the pods take %.1f times the allocations", large/small)
	}
	c := releases(300)
	if n := testing.AllocsPerRun(1, func() { allPairs(c) }); n > 2*cost(300) {
		t.Errorf("asking allocates %v times", n)
	}
}
