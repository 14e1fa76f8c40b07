package netpol_test

import "testing"

// recipes follow the examples of the Kubernetes documentation, each in the
// project's own words: https://kubernetes.io/docs/concepts/services-networking/network-policies/
var recipes = []struct{ name, policies, says string }{
	{"no policy: everything passes", ``, `
		frontend      db            6379      allow
		prod/client   db            22        allow
		8.8.8.8       db            6379      allow
		db            2001:db8::1   443       allow`},
	{"default deny all ingress", `
--- deny
podSelector: {}
policyTypes: [Ingress]
`, `
		frontend      db            6379      deny-ingress
		prod/client   db            6379      deny-ingress
		8.8.8.8       other         80        deny-ingress
		db            prod/client   80        allow
		db            8.8.8.8       443       allow`},
	{"allow all ingress", `
--- deny
podSelector: {}
policyTypes: [Ingress]
--- allow
podSelector: {}
ingress: [{}]
policyTypes: [Ingress]
`, `
		frontend      db            6379      allow
		8.8.8.8       db            1/SCTP    allow`},
	{"default deny all egress", `
--- deny
podSelector: {}
policyTypes: [Egress]
`, `
		frontend      db            6379      deny-egress
		db            8.8.8.8       443       deny-egress
		prod/client   db            6379      allow
		frontend      frontend      8080      allow`},
	{"allow all egress", `
--- deny
podSelector: {}
policyTypes: [Egress]
--- allow
podSelector: {}
egress: [{}]
policyTypes: [Egress]
`, `
		frontend      db            6379      allow
		db            2001:db8::1   443       allow`},
	{"default deny all ingress and all egress", `
--- deny
podSelector: {}
policyTypes: [Ingress, Egress]
`, `
		frontend      db            6379      deny-both
		prod/client   db            6379      deny-ingress
		db            prod/client   6379      deny-egress`},
	{"one policy with every kind of peer", `
--- db
podSelector: {matchLabels: {role: db}}
policyTypes: [Ingress, Egress]
ingress:
- from:
  - ipBlock: {cidr: 172.17.0.0/16, except: [172.17.1.0/24]}
  - namespaceSelector: {matchLabels: {project: myproject}}
  - podSelector: {matchLabels: {role: frontend}}
  ports: [{protocol: TCP, port: 6379}]
egress:
- to:
  - ipBlock: {cidr: 10.0.0.0/24}
  ports: [{protocol: TCP, port: 5978}]
`, `
		172.17.2.1    db            6379      allow
		172.17.1.1    db            6379      deny-ingress
		172.18.0.1    db            6379      deny-ingress
		prod/client   db            6379      allow
		dev/client    db            6379      deny-ingress
		frontend      db            6379      allow
		other         db            6379      deny-ingress
		frontend      db            5432      deny-ingress
		frontend      db            6379/UDP  deny-ingress
		db            10.0.0.9      5978      allow
		db            10.0.0.9      5979      deny-egress
		db            10.0.1.9      5978      deny-egress
		frontend      other         80        allow`},
	{"one from element: namespace and pod selector together", `
--- db
podSelector: {matchLabels: {role: db}}
ingress:
- from:
  - namespaceSelector: {matchLabels: {env: prod}}
    podSelector: {matchLabels: {role: client}}
`, `
		prod/client   db            6379      allow
		prod/frontend db            6379      deny-ingress
		dev/client    db            6379      deny-ingress
		frontend      db            6379      deny-ingress`},
	{"two from elements: namespace or pod selector", `
--- db
podSelector: {matchLabels: {role: db}}
ingress:
- from:
  - namespaceSelector: {matchLabels: {env: prod}}
  - podSelector: {matchLabels: {role: frontend}}
`, `
		prod/client   db            6379      allow
		prod/frontend db            6379      allow
		frontend      db            6379      allow
		dev/client    db            6379      deny-ingress`},
	{"a range of ports", `
--- range
podSelector: {matchLabels: {role: db}}
policyTypes: [Egress]
egress:
- to: [{ipBlock: {cidr: 10.0.0.0/24}}]
  ports: [{protocol: TCP, port: 32000, endPort: 32768}]
`, `
		db            10.0.0.9      31999     deny-egress
		db            10.0.0.9      32000     allow
		db            10.0.0.9      32400     allow
		db            10.0.0.9      32768     allow
		db            10.0.0.9      32769     deny-egress
		db            10.0.0.9      32400/UDP deny-egress`},
	{"namespaces by several labels' values", `
--- frontend
podSelector: {matchLabels: {role: frontend}}
policyTypes: [Egress]
egress:
- to:
  - namespaceSelector: {matchExpressions: [{key: env, operator: In, values: [prod, dev]}]}
`, `
		frontend      prod/client   80        allow
		frontend      dev/client    80        allow
		frontend      db            6379      deny-egress
		frontend      8.8.8.8       443       deny-egress`},
	{"a namespace by its name", `
--- db
podSelector: {}
ingress:
- from:
  - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: dev}}
`, `
		dev/client    db            6379      allow
		prod/client   db            6379      deny-ingress
		frontend      db            6379      deny-ingress`},
	{"SCTP", `
--- dev/sctp
podSelector: {}
ingress:
- ports: [{protocol: SCTP, port: 7777}]
`, `
		db            dev/client    7777/SCTP allow
		db            dev/client    7777      deny-ingress
		db            dev/client    7778/SCTP deny-ingress`},
}

func TestRecipes(t *testing.T) {
	for _, test := range recipes {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t, test.policies)
			if broken := s.Broken(); len(broken) > 0 {
				t.Errorf("broken: %v", broken)
			}
			s.says(t, test.says)
		})
	}
}
