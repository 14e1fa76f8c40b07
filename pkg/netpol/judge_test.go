package netpol_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

var (
	worker    = &airflow.Workload{Component: "worker"}
	apiServer = &airflow.Workload{Component: "api-server"}
	gone      = &airflow.Workload{Component: "gone"}
	onHost    = &airflow.Workload{Component: "on-host"}
)

// newNetwork has two workers, an api-server and a pod that is not of the release.
func newNetwork(t testing.TB, policies string) *netpol.Network {
	t.Helper()
	pod := func(w *airflow.Workload, line string) airflow.Pod {
		p := parsePod(strings.Fields(line))
		p.Workload = w
		return p
	}
	return netpol.NetworkOf(netpol.Cluster{
		Namespaces: map[string]map[string]string{"default": {"team": "data"}},
		Pods: []airflow.Pod{
			pod(worker, "default/worker-0 tier=airflow,app=worker 10.0.0.1 logs=8793"),
			pod(worker, "default/worker-1 tier=airflow,app=worker,canary=yes 10.0.0.2 logs=8793"),
			pod(apiServer, "default/api tier=airflow,app=api 10.0.0.3 http=8080"),
			pod(nil, "default/vault app=vault 10.0.0.4 api=8200"),
			pod(onHost, "default/agent tier=airflow,on=host 192.168.0.1 -"),
		},
		Policies: parsePolicies(t, policies),
	}, "default")
}

func end(w *airflow.Workload) airflow.End {
	return airflow.End{Workload: w, Name: string(w.Component)}
}

func place(p airflow.Place, name string, addresses ...string) airflow.End {
	e := airflow.End{Place: p, Name: name}
	if p == airflow.Host {
		e.Host = name
	}
	for _, a := range addresses {
		e.Addresses = append(e.Addresses, netip.MustParsePrefix(a))
	}
	return e
}

func selected(t testing.TB, namespaces, labels string) airflow.End {
	t.Helper()
	e := place(airflow.Pods, "pods")
	for text, into := range map[string]**metav1.LabelSelector{namespaces: &e.Namespaces, labels: &e.Labels} {
		if text == "" {
			continue
		}
		s, err := metav1.ParseToLabelSelector(strings.TrimPrefix(text, "*"))
		if err != nil {
			t.Fatal(err)
		}
		*into = s
	}
	return e
}

func flow(from, to airflow.End, ports ...string) airflow.Flow {
	f := airflow.Flow{From: from, To: to}
	for _, p := range ports {
		f.Ports = append(f.Ports, parsePort(p))
	}
	return f
}

func ranged(from, to int32) airflow.Flow {
	f := flow(end(worker), place(airflow.Host, "db.example.com"))
	f.Ports = []airflow.Port{{Number: from, End: to, Protocol: "TCP"}}
	return f
}

// verdict is the state, and what there is to say of it.
func verdict(n *netpol.Network, f airflow.Flow) string {
	v := n.Judge(f)
	out := []string{string(v.State)}
	for _, l := range v.Losses {
		var policies []string
		for _, p := range l.Policies {
			policies = append(policies, n.Policies[p].Ref.Name)
		}
		out = append(out, fmt.Sprintf("[%s>%s:%s %s by %s]", l.From, l.To, l.Port, l.Direction, strings.Join(policies, ",")))
	}
	for _, d := range v.By {
		out = append(out, fmt.Sprintf("%s=%s/%d", d.Direction, n.Policies[d.Policy].Ref.Name, d.Rule))
	}
	if v.Reason != "" {
		out = append(out, "("+v.Reason+")")
	}
	if v.Unread {
		out = append(out, "unread")
	}
	return strings.Join(out, " ")
}

const denyAll = `
--- deny
podSelector: {}
policyTypes: [Ingress, Egress]
`

// out is one more egress policy for the workers.
func out(rules string) string {
	return denyAll + "--- out\npodSelector: {matchLabels: {app: worker}}\npolicyTypes: [Egress]\negress: " + rules + "\n"
}

// in is one more ingress policy for the api-server.
func in(rules string) string {
	return denyAll + "--- in\npodSelector: {matchLabels: {app: api}}\ningress: " + rules + "\n"
}

func TestJudge(t *testing.T) {
	host, anywhere, entry := place(airflow.Host, "db.example.com"), place(airflow.Anywhere, "internet"), place(airflow.EntryPoint, "ingress")
	inside := place(airflow.Host, "db.data.svc.cluster.local")
	for _, test := range []struct {
		name, policies string
		flow           airflow.Flow
		want           string
	}{
		{"nothing isolates", "", flow(end(worker), end(apiServer), "8080"), "kept"},
		{"both sides cut, a port at a time", denyAll, flow(end(worker), end(apiServer), "8080", "53/UDP"),
			"cut [worker-0>api:53/UDP egress by deny] [worker-0>api:53/UDP ingress by deny] [worker-0>api:8080 egress by deny] [worker-0>api:8080 ingress by deny]"},
		{"kept, and by what", in(`[{from: [{podSelector: {matchLabels: {app: worker}}}]}]`) + "--- out\npodSelector: {}\npolicyTypes: [Egress]\negress: [{}]\n",
			flow(end(worker), end(apiServer), "8080"), "kept egress=out/0 ingress=in/0"},
		{"one pod of two is cut", "--- in\npodSelector: {matchLabels: {app: api}}\ningress: [{from: [{podSelector: {matchExpressions: [{key: canary, operator: DoesNotExist}]}}]}]\n",
			flow(end(worker), end(apiServer), "8080"), "cut [worker-1>api:8080 ingress by in] ingress=in/0"},
		{"a workload's pods among themselves", denyAll, flow(end(apiServer), end(apiServer), "8080"),
			"cut [api>api:8080 egress by deny] [api>api:8080 ingress by deny]"},
		{"no pod is known", "", flow(end(worker), end(gone), "1"), "unclear (no pod of gone is known)"},
		{"no port", "", flow(end(worker), end(apiServer)), "unclear (the flow names no port)"},
		{"host network is never cut", denyAll, flow(end(onHost), host, "443"), "kept"},

		{"host: everything is open", out(`[{ports: [{port: 5432}]}]`), flow(end(worker), host, "5432"), "kept egress=out/0"},
		{"host: all but link-local and one address", out(`[{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16, 10.0.0.1/32]}}]}]`), flow(end(worker), host, "5432"), "kept egress=out/0"},
		{"host: two halves", out(`[{to: [{ipBlock: {cidr: 0.0.0.0/1}}]}, {to: [{ipBlock: {cidr: 128.0.0.0/1}}]}]`), flow(end(worker), host, "1"), "kept egress=out/0 egress=out/1"},
		{"host: IPv6 alone", out(`[{to: [{ipBlock: {cidr: "::/0", except: ["fe80::/10"]}}]}]`), flow(end(worker), host, "1"), "kept egress=out/0"},
		{"host: public addresses alone", out(`[{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]}}]}]`), flow(end(worker), host, "5432"),
			"unclear (only some addresses are allowed on 5432, and which db.example.com has is not known)"},
		{"host: one small range", out(`[{to: [{ipBlock: {cidr: 203.0.113.7/32}}]}]`), flow(end(worker), host, "5432"),
			"unclear (only some addresses are allowed on 5432, and which db.example.com has is not known)"},
		{"host: another port", out(`[{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}]`), flow(end(worker), host, "5432"), "cut [worker-0>db.example.com:5432 egress by deny,out]"},
		{"host: pods are no addresses", out(`[{to: [{namespaceSelector: {}}]}]`), flow(end(worker), host, "5432"), "cut [worker-0>db.example.com:5432 egress by deny,out]"},
		{"host: a Service's name may be pods", out(`[{to: [{namespaceSelector: {}}]}]`), flow(end(worker), inside, "5432"),
			"unclear (only some pods are allowed on 5432, and which stand behind db.data.svc.cluster.local is not known)"},
		{"host: the metadata address is no host's", out(`[{to: [{ipBlock: {cidr: 169.254.169.254/32}}]}]`), flow(end(worker), host, "80"), "cut [worker-0>db.example.com:80 egress by deny,out]"},
		{"host: not read, and open", out(`[{ports: [{port: 5432}]}]`), flow(end(worker), airflow.End{Place: airflow.Host, Name: "database"}, "5432"),
			"unclear egress=out/0 (its usual ports are open to every address, and which it has was not read) unread"},
		{"host: not read, and cut", denyAll, flow(end(worker), airflow.End{Place: airflow.Host, Name: "database"}, "5432"), "cut [worker-0>database:5432 egress by deny]"},
		{"host: not read, and one of its usual ports is cut", out(`[{ports: [{port: 443}]}]`), flow(end(worker), airflow.End{Place: airflow.Host, Name: "git"}, "22", "443"),
			"unclear egress=out/0 (22 is not allowed, and which port and address git has was not read)"},
		{"a range is allowed whole", out(`[{ports: [{port: 8000, endPort: 8010}]}]`), ranged(8000, 8010), "kept egress=out/0"},
		{"a range is allowed in two parts", out(`[{ports: [{port: 8000, endPort: 8004}]}, {ports: [{port: 8005, endPort: 8010}]}]`), ranged(8000, 8010), "kept egress=out/0 egress=out/1"},
		{"a range is allowed in part", out(`[{ports: [{port: 8000, endPort: 8009}]}]`), ranged(8000, 8010), "cut [worker-0>db.example.com:8000-8010 egress by deny,out] egress=out/0"},
		{"host: one of its own ports is cut", out(`[{ports: [{port: 443}]}]`), flow(end(worker), host, "22", "443"), "cut [worker-0>db.example.com:22 egress by deny,out] egress=out/0"},
		{"range: not read, and one of its usual ports is for one address", out(`[{to: [{ipBlock: {cidr: 10.0.0.5/32}}], ports: [{port: 443}]}]`), flow(end(worker), place(airflow.Range, "kubernetes"), "443", "6443"),
			"unclear (6443 is not allowed, and which port and address kubernetes has was not read)"},
		{"range: not read, and all of its usual ports are cut", denyAll, flow(end(worker), place(airflow.Range, "kubernetes"), "443", "6443"),
			"cut [worker-0>kubernetes:443 egress by deny] [worker-0>kubernetes:6443 egress by deny]"},
		{"range: no address is known", out(`[{ports: [{port: 443}]}]`), flow(end(worker), place(airflow.Range, "kubernetes"), "443"), "kept egress=out/0"},

		{"anywhere: on any port", out(`[{ports: [{port: 443}]}]`), flow(end(worker), anywhere), "kept egress=out/0"},
		{"anywhere: a part of the public addresses", out(`[{to: [{ipBlock: {cidr: 52.0.0.0/8}}]}]`), flow(end(worker), anywhere), "kept egress=out/0"},
		{"anywhere: private addresses alone", out(`[{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]`), flow(end(worker), anywhere), "cut [worker-0>internet:0 egress by deny,out]"},
		{"anywhere: one of its ports", out(`[{ports: [{port: 443}]}]`), flow(end(worker), anywhere, "22", "443"), "kept egress=out/0"},
		{"anywhere: none of its ports", out(`[{ports: [{port: 5432}]}]`), flow(end(worker), anywhere, "443"), "cut [worker-0>internet:443 egress by deny,out]"},

		{"range: allowed", out(`[{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]`), flow(end(worker), place(airflow.Range, "db", "10.1.0.0/16"), "1"), "kept egress=out/0"},
		{"range: a hole in the middle", out(`[{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.7.0/24]}}]}]`), flow(end(worker), place(airflow.Range, "db", "10.1.0.0/16"), "1"), "unclear (only a part of db is allowed)"},
		{"range: not at all", out(`[{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]`), flow(end(worker), place(airflow.Range, "db", "10.1.0.0/16", "11.0.0.0/8"), "1"), "cut [worker-0>db:1 egress by deny,out] egress=out/0"},
		{"range: as a source", in(`[{from: [{ipBlock: {cidr: 10.1.0.0/16}}]}]`), flow(place(airflow.Range, "office", "10.1.2.0/24"), end(apiServer), "8080"), "kept ingress=in/0"},
		{"range: a host whose addresses are told", out(`[{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]`), flow(end(worker), place(airflow.Host, "db", "10.1.2.3/32"), "1"), "kept egress=out/0"},

		{"pods: imagined", out(`[{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]}]`),
			flow(end(worker), selected(t, "kubernetes.io/metadata.name=kube-system", "k8s-app=kube-dns"), "53/UDP"), "kept egress=out/0"},
		{"pods: each of the values", out(`[{to: [{namespaceSelector: {}, podSelector: {matchLabels: {tier: a}}}]}]`),
			flow(end(worker), selected(t, "team=x", "tier in (a,b)"), "1"), "cut [worker-0>pods:1 egress by deny,out] egress=out/0"},
		{"pods: all namespaces are more than one's own", out(`[{to: [{podSelector: {}}]}]`), flow(end(worker), selected(t, "*", "app=x"), "1"),
			"cut [worker-0>pods:1 egress by deny,out] egress=out/0"},
		{"pods: a port's name is not known", out(`[{to: [{namespaceSelector: {}}], ports: [{port: dns, protocol: UDP}]}]`), flow(end(worker), selected(t, "team=x", ""), "53/UDP"),
			"unclear (a rule names a port, and what pods calls its ports is not known)"},
		{"pods: a known one, with the policies over it", out(`[{}]`), flow(end(worker), selected(t, "", "app=vault"), "8200"), "cut [worker-0>vault:8200 ingress by deny] egress=out/0"},
		{"pods: impossible labels", "", flow(end(worker), selected(t, "", "a=b,!a"), "1"), "unclear (the selectors of pods match no pods that can be told)"},
		{"pods: as a source", in(`[{from: [{namespaceSelector: {matchLabels: {name: keda}}}]}]`), flow(selected(t, "name=keda", "app=keda"), end(apiServer), "8080"), "kept ingress=in/0"},
		{"pods: of the own namespace by its labels", in(`[{from: [{namespaceSelector: {matchLabels: {team: data}}}]}]`), flow(selected(t, "", "app=new"), end(apiServer), "8080"), "kept ingress=in/0"},

		{"entry point: not isolated", "", flow(entry, end(apiServer), "8080"), "kept"},
		{"entry point: nobody", denyAll, flow(entry, end(apiServer), "8080"), "cut [ingress>api:8080 ingress by deny]"},
		{"entry point: pods of the release alone", in(`[{from: [{podSelector: {matchLabels: {tier: airflow}}}]}]`), flow(entry, end(apiServer), "8080"), "cut [ingress>api:8080 ingress by deny,in]"},
		{"entry point: another namespace", in(`[{from: [{podSelector: {matchLabels: {tier: airflow}}}, {namespaceSelector: {matchLabels: {name: ingress}}}]}]`), flow(entry, end(apiServer), "8080"), "kept ingress=in/0"},
		{"entry point: another port", in(`[{ports: [{port: 9090}]}]`), flow(entry, end(apiServer), "8080"), "cut [ingress>api:8080 ingress by deny,in]"},
		{"scraper: a named port", in(`[{ports: [{port: http}]}]`), flow(place(airflow.Scraper, "prometheus"), end(apiServer), "8080"), "kept ingress=in/0"},
		{"host as a source: some addresses", in(`[{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]`), flow(host, end(apiServer), "8080"), "unclear (only some addresses are allowed on 8080, and which db.example.com has is not known)"},
		{"range as a source: not known, and pods alone", in(`[{from: [{namespaceSelector: {}}]}]`), flow(place(airflow.Range, "office"), end(apiServer), "8080"), "cut [office>api:8080 ingress by deny,in]"},
		{"host as a source: everyone", in(`[{}]`), flow(host, end(apiServer), "8080"), "kept ingress=in/0"},
		{"host as a source: pods", in(`[{from: [{namespaceSelector: {}}]}]`), flow(host, end(apiServer), "8080"), "cut [db.example.com>api:8080 ingress by deny,in]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := verdict(newNetwork(t, test.policies), test.flow); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
