package netpol_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

var semantics = []struct{ name, policies, says string }{
	{"policyTypes missing: ingress alone without egress rules", `
--- p
podSelector: {matchLabels: {role: db}}
`, `
		frontend db            6379 deny-ingress
		db       8.8.8.8       443  allow`},
	{"policyTypes missing: ingress and egress with egress rules", `
--- p
podSelector: {matchLabels: {role: db}}
egress: [{ports: [{port: 443}]}]
`, `
		frontend db            6379 deny-ingress
		db       8.8.8.8       443  allow
		db       8.8.8.8       80   deny-egress`},
	{"rules of a direction that policyTypes leaves out do not count", `
--- p
podSelector: {matchLabels: {role: db}}
policyTypes: [Egress]
ingress: [{from: [{podSelector: {matchLabels: {role: none}}}]}]
`, `
		frontend db            6379 allow
		db       8.8.8.8       443  deny-egress`},
	{"a rule's podSelector is for the policy's own namespace", `
--- p
podSelector: {matchLabels: {role: db}}
ingress: [{from: [{podSelector: {matchLabels: {role: client}}}]}]
`, `
		prod/client db         6379 deny-ingress
		dev/client  db         6379 deny-ingress`},
	{"empty selectors of a rule", `
--- p
podSelector: {matchLabels: {role: db}}
ingress: [{from: [{podSelector: {}}]}]
--- q
podSelector: {matchLabels: {role: frontend}}
ingress: [{from: [{namespaceSelector: {}}]}]
`, `
		other       db         6379 allow
		prod/client db         6379 deny-ingress
		prod/client frontend   8080 allow
		8.8.8.8     frontend   8080 deny-ingress`},
	{"empty lists are as missing ones", `
--- p
podSelector: {matchLabels: {role: db}}
ingress: [{from: [], ports: []}]
`, `
		8.8.8.8     db         6379/UDP allow`},
	{"operators", `
--- in
podSelector: {matchLabels: {role: db}}
ingress:
- {from: [{podSelector: {matchExpressions: [{key: role, operator: NotIn, values: [frontend]}]}}], ports: [{port: 1}]}
- {from: [{podSelector: {matchExpressions: [{key: role, operator: Exists}]}}], ports: [{port: 2}]}
- {from: [{podSelector: {matchExpressions: [{key: role, operator: DoesNotExist}]}}], ports: [{port: 3}]}
- {from: [{podSelector: {matchExpressions: [{key: role, operator: In, values: [frontend, x]}]}}], ports: [{port: 4}]}
- {from: [{podSelector: {matchLabels: {role: ""}}}], ports: [{port: 5}]}
`, `
		frontend db 1 deny-ingress
		other    db 1 allow
		frontend db 2 allow
		other    db 2 deny-ingress
		frontend db 3 deny-ingress
		other    db 3 allow
		frontend db 4 allow
		other    db 4 deny-ingress
		frontend db 5 deny-ingress
		other    db 5 deny-ingress`},
	{"In matches each of its values", `
--- p
podSelector: {matchExpressions: [{key: role, operator: In, values: [db, frontend, x]}]}
`, `
		other       db         1 deny-ingress
		other       frontend   1 deny-ingress
		db          other      1 allow`},
	{"labels that one rule alone mentions", `
--- prod/in
podSelector: {}
ingress: [{from: [{podSelector: {matchLabels: {tier: a}}}]}]
--- out
podSelector: {}
policyTypes: [Egress]
egress: [{to: [{namespaceSelector: {}, podSelector: {matchExpressions: [{key: role, operator: Exists}]}}]}]
`, `
		prod/frontend prod/client   1 allow
		prod/client   prod/frontend 1 deny-ingress
		other         dev/client    1 allow
		db            other         1 deny-egress`},
	{"a named port is another number in another pod", `
--- p
podSelector: {matchLabels: {role: frontend}}
ingress: [{ports: [{port: http}]}]
--- out
podSelector: {matchLabels: {role: db}}
policyTypes: [Egress]
egress: [{ports: [{port: http}]}]
--- prod/p
podSelector: {}
ingress: [{ports: [{port: http}]}]
`, `
		db          frontend      8080     allow
		db          future        9090     allow
		db          future        8080     deny-both
		db          prod/frontend 80       allow
		db          prod/frontend 8080     deny-both
		db          other         80       allow
		db          8.8.8.8       8080     deny-egress
		db          frontend      8080/UDP deny-both
		8.8.8.8     frontend      8080     allow`},
	{"a named port has a protocol", `
--- p
podSelector: {}
ingress: [{ports: [{port: dns, protocol: UDP}]}]
--- q
podSelector: {matchLabels: {role: db}}
ingress: [{ports: [{port: redis, protocol: UDP}]}]
`, `
		db       other 53/UDP allow
		8.8.8.8  other 53/UDP allow
		8.8.8.8  other 53     deny-ingress
		8.8.8.8  db    6379   deny-ingress`},
	{"a port without number is its protocol's all", `
--- p
podSelector: {matchLabels: {role: db}}
ingress: [{ports: [{protocol: UDP}]}]
`, `
		frontend db 1/UDP      allow
		frontend db 65535/UDP  allow
		frontend db 1          deny-ingress`},
	{"ipBlock holds for pods at their known addresses", `
--- p
podSelector: {matchLabels: {role: db}}
policyTypes: [Ingress, Egress]
ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/16, except: [10.0.2.0/24]}}, {ipBlock: {cidr: "fd00::/64"}}]}]
egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]
`, `
		frontend    db     6379 allow
		prod/client db     6379 deny-ingress
		dev/client  db     6379 allow
		fd00::9     db     6379 allow
		fd01::9     db     6379 deny-ingress
		db          future 9090 deny-egress
		future      db     6379 deny-ingress
		::ffff:10.0.9.9 db 6379 allow`},
	{"IPv6 exceptions", `
--- p
podSelector: {matchLabels: {role: db}}
policyTypes: [Egress]
egress: [{to: [{ipBlock: {cidr: "::/0", except: ["2001:db8::/32"]}}]}]
`, `
		db 2001:db9::1 443 allow
		db 2001:db8::1 443 deny-egress
		db other       80  allow
		db 10.0.0.1    443 deny-egress`},
	{"pods on the host's network: only addresses match them, and no policy holds", `
--- p
podSelector: {}
policyTypes: [Ingress, Egress]
ingress: [{from: [{podSelector: {matchLabels: {role: frontend}}}], ports: [{port: 1}]}, {from: [{ipBlock: {cidr: 192.168.0.0/24}}], ports: [{port: 2}]}]
egress: [{to: [{podSelector: {}}]}, {ports: [{port: http}]}]
`, `
		host     db   1    deny-ingress
		host     db   2    allow
		frontend db   1    allow
		db       host 8080 deny-egress
		8.8.8.8  host 8080 allow
		host     prod/client 8080 allow`},
	{"a union of policies", `
--- one
podSelector: {matchLabels: {role: db}}
ingress: [{from: [{podSelector: {matchLabels: {role: frontend}}}]}]
--- two
podSelector: {}
ingress: [{from: [{namespaceSelector: {matchLabels: {env: dev}}}]}]
--- deny
podSelector: {}
`, `
		frontend    db       1 allow
		dev/client  db       1 allow
		prod/client db       1 deny-ingress
		frontend    other    1 deny-ingress
		dev/client  other    1 allow`},
	{"a policy of another namespace selects nothing here", `
--- nowhere/deny
podSelector: {}
policyTypes: [Ingress, Egress]
`, `
		frontend    db       1 allow`},
}

func TestSemantics(t *testing.T) {
	for _, test := range semantics {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t, test.policies)
			if broken := s.Broken(); len(broken) > 0 {
				t.Errorf("broken: %v", broken)
			}
			s.says(t, test.says)
		})
	}
}

func TestDecisionNamesTheFirstRule(t *testing.T) {
	s := newScene(t, `
--- a
podSelector: {matchLabels: {role: db}}
ingress: [{ports: [{port: 1}]}]
--- b
podSelector: {}
policyTypes: [Ingress, Egress]
ingress: [{ports: [{port: 1}]}, {ports: [{port: 2}]}, {}]
egress: [{ports: [{port: 9}]}, {to: [{podSelector: {matchLabels: {role: db}}}]}]
`)
	for question, want := range map[string]string{
		"frontend db 1": "b/1 a/0",
		"frontend db 2": "b/1 b/1",
		"frontend db 9": "b/0 b/2",
		"8.8.8.8 db 3":  "- b/2",
		"db 8.8.8.8 3":  "- -",
	} {
		a := s.answer(t, question)
		if got := s.rule(a.Egress) + " " + s.rule(a.Ingress); got != want {
			t.Errorf("%s: %s, want %s", question, got, want)
		}
	}
	denied := s.answer(t, "db 8.8.8.8 3").Egress
	want := netpol.Decision{Direction: netpol.Egress, Isolated: true, Policy: -1, Rule: -1}
	if denied != want {
		t.Errorf("denied: %+v, want %+v", denied, want)
	}
}

func TestNotes(t *testing.T) {
	s := newScene(t, "--- deny\npodSelector: {}\npolicyTypes: [Ingress, Egress]\n")
	same := s.answer(t, "db db 6379")
	if !same.Allowed || same.Egress.Note != netpol.SamePod || same.Ingress.Note != netpol.SamePod || same.Egress.Isolated {
		t.Errorf("a pod to itself: %+v", same)
	}
	host := s.answer(t, "host db 6379")
	if host.Allowed || host.Egress.Note != netpol.HostNetwork || !host.Egress.Allowed || host.Ingress.Note != "" {
		t.Errorf("from the host's network: %+v", host)
	}
}

func TestIsolating(t *testing.T) {
	s := newScene(t, `
--- a
podSelector: {matchLabels: {role: db}}
--- b
podSelector: {}
policyTypes: [Egress]
--- prod/c
podSelector: {}
--- d
podSelector: {}
`)
	for i, p := range s.Pods {
		got := fmt.Sprint(p.Namespace, "/", p.Name, s.Isolating(i, netpol.Ingress), s.Isolating(i, netpol.Egress))
		want := map[string]string{
			"default/db": "[0 3][1]", "default/frontend": "[3][1]", "default/other": "[3][1]", "default/future": "[3][1]",
			"default/host": "[][]", "prod/frontend": "[2][]", "prod/client": "[2][]", "dev/client": "[][]",
		}[p.Namespace+"/"+p.Name]
		if got = strings.ReplaceAll(got, "] [", "]["); got != p.Namespace+"/"+p.Name+want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestOutsidePod(t *testing.T) {
	s := newScene(t, `
--- db
podSelector: {matchLabels: {role: db}}
policyTypes: [Ingress, Egress]
ingress: [{from: [{namespaceSelector: {matchLabels: {team: x, kubernetes.io/metadata.name: far}}, podSelector: {matchLabels: {app: vault}}}]}]
egress: [{to: [{podSelector: {matchLabels: {app: vault}}}], ports: [{port: api}]}]
`)
	pod := airflow.Pod{Namespace: "far", Labels: map[string]string{"app": "vault"}, Ports: []airflow.NamedPort{{Name: "api", Port: parsePort("8200")}}}
	db := s.peer(t, "db")
	if a := s.Ask(netpol.Outside(pod, map[string]string{"team": "x"}), db, parsePort("1")); !a.Allowed {
		t.Errorf("from far: %+v", a)
	}
	if a := s.Ask(netpol.Outside(pod, nil), db, parsePort("1")); a.Allowed {
		t.Errorf("from a namespace without the label: %+v", a)
	}
	if a := s.Ask(db, netpol.Outside(pod, nil), parsePort("8200")); a.Allowed {
		t.Errorf("to another namespace: %+v", a)
	}
	pod.Namespace = "default"
	if a := s.Ask(db, netpol.Outside(pod, nil), parsePort("8200")); !a.Allowed {
		t.Errorf("to the own namespace: %+v", a)
	}
	if a := s.Ask(db, netpol.Outside(pod, nil), parsePort("8201")); a.Allowed {
		t.Errorf("to a port of another name: %+v", a)
	}
}
