package harden

import (
	"net/netip"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

func wideBlock(cidr string, except ...string) block {
	b := block{prefix: netip.MustParsePrefix(cidr)}
	for _, hole := range except {
		b.except = append(b.except, netip.MustParsePrefix(hole))
	}
	return b
}

func TestBlocksCoverEachOther(t *testing.T) {
	for _, c := range []struct {
		name         string
		outer, inner block
		want         bool
	}{
		{"a part", wideBlock("10.0.0.0/8"), wideBlock("10.1.0.0/16"), true},
		{"itself", wideBlock("10.0.0.0/8"), wideBlock("10.0.0.0/8"), true},
		{"more", wideBlock("10.1.0.0/16"), wideBlock("10.0.0.0/8"), false},
		{"elsewhere", wideBlock("10.0.0.0/8"), wideBlock("192.168.0.0/16"), false},
		{"in a hole", wideBlock("10.0.0.0/8", "10.1.0.0/16"), wideBlock("10.1.2.0/24"), false},
		{"around a hole", wideBlock("10.0.0.0/8", "10.1.2.0/24"), wideBlock("10.1.0.0/16"), false},
		{"around a hole it has too", wideBlock("10.0.0.0/8", "10.1.2.0/24"), wideBlock("10.1.0.0/16", "10.1.0.0/20"), true},
		{"beside a hole", wideBlock("10.0.0.0/8", "10.2.0.0/16"), wideBlock("10.1.0.0/16"), true},
		{"the other family", wideBlock("0.0.0.0/0"), wideBlock("2001:db8::/32"), false},
	} {
		if got := c.outer.covers(c.inner); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestPunchedKeepsTheLargestHoles(t *testing.T) {
	got := punched([]string{"0.0.0.0/0", "::/0"}, []string{"10.0.0.0/8", "fe80::/10"}, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("34.1.2.3/32")})
	want := []block{wideBlock("0.0.0.0/0", "10.0.0.0/8", "34.1.2.3/32"), wideBlock("::/0", "fe80::/10")}
	for i := range want {
		if blockPeer(got[i]).order != blockPeer(want[i]).order {
			t.Errorf("got %s, want %s", blockPeer(got[i]).order, blockPeer(want[i]).order)
		}
	}
}

func tcp(number int32) airflow.Port {
	return airflow.Port{Number: number, Protocol: corev1.ProtocolTCP}
}

func labelled(pairs ...string) *metav1.LabelSelector {
	s := &metav1.LabelSelector{MatchLabels: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		s.MatchLabels[pairs[i]] = pairs[i+1]
	}
	return s
}

func TestRulesAreTheSmallestSet(t *testing.T) {
	worker, web := podPeer(nil, labelled("component", "worker")), podPeer(nil, labelled("component", "web"))
	all := blockPeer(wideBlock("0.0.0.0/0"))
	one := blockPeer(wideBlock("10.1.2.3/32"))
	type entry struct {
		port  airflow.Port
		peers []peer
	}
	for _, c := range []struct {
		name         string
		entries      []entry
		rules, peers int // of all rules together
	}{
		{"the same peers share a rule", []entry{{tcp(53), []peer{worker}}, {tcp(54), []peer{worker}}}, 1, 1},
		{"other peers have their own", []entry{{tcp(53), []peer{worker}}, {tcp(54), []peer{web}}}, 2, 2},
		{"doubles stand once", []entry{{tcp(53), []peer{worker, web}}, {tcp(53), []peer{worker}}}, 1, 2},
		{"everyone swallows the others", []entry{{tcp(80), []peer{worker, everyone(), one}}}, 1, 0},
		{"a range swallows its parts", []entry{{tcp(443), []peer{one, all}}}, 1, 1},
		{"all ports to a range swallow one port", []entry{{allPorts, []peer{all}}, {tcp(443), []peer{one}}}, 1, 1},
		{"all ports do not swallow pods", []entry{{allPorts, []peer{all}}, {tcp(443), []peer{worker}}}, 2, 2},
		{"all ports and one port do not mix", []entry{{allPorts, []peer{one}}, {tcp(443), []peer{one, worker}}}, 2, 2},
	} {
		var s side
		for _, e := range c.entries {
			f := airflow.Flow{Ports: []airflow.Port{e.port}}
			if e.port == allPorts {
				f.Ports = nil
			}
			s.add(e.peers, f)
		}
		peers := 0
		rules := s.rules()
		for _, r := range rules {
			peers += len(r.peers)
		}
		if len(rules) != c.rules || peers != c.peers {
			t.Errorf("%s: %d rules with %d peers, wanted %d and %d", c.name, len(rules), peers, c.rules, c.peers)
		}
	}
}

func TestOneSelectorTakesOneDifference(t *testing.T) {
	base := labelled("app", "a", "component", "sync-users")
	both := oneSelector(base, map[string]string{"app": "a", "component": "sync-pools"})
	if both == nil || both.MatchExpressions[0].Key != "component" || len(both.MatchExpressions[0].Values) != 2 {
		t.Fatalf("got %v", both)
	}
	three := oneSelector(both, map[string]string{"app": "a", "component": "sync-variables"})
	if three == nil || len(three.MatchExpressions[0].Values) != 3 || len(base.MatchExpressions) != 0 {
		t.Errorf("got %v, from %v", three, base)
	}
	for name, other := range map[string]map[string]string{
		"two differ":        {"app": "b", "component": "sync-pools"},
		"another label":     {"app": "a", "role": "sync-pools"},
		"one more":          {"app": "a", "component": "sync-users", "role": "x"},
		"one less":          {"app": "a"},
		"the second listed": {"app": "b", "component": "sync-users"},
	} {
		from := base
		if name == "the second listed" {
			from = both
		}
		if got := oneSelector(from, other); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	if same := oneSelector(base, map[string]string{"app": "a", "component": "sync-users"}); same == nil || len(same.MatchExpressions) != 0 {
		t.Errorf("the same labels give %v", same)
	}
}
