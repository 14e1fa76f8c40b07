package airflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestPeers(t *testing.T) {
	ports := []string{"443"}
	for _, c := range []struct {
		peer Peer
		want string
	}{
		{Peer{To: "10.1.0.0/16", Ports: ports, Why: "w"}, "range 10.1.0.0/16 [443]"},
		{Peer{To: "10.1.2.3", Ports: []string{"53/udp", "8000-8010", "132/SCTP", "1-65535"}, Why: "w"}, "range 10.1.2.3/32 [53/UDP 8000-8010 132/SCTP 1-65535]"},
		{Peer{To: "2001:db8::/32", Ports: ports, Why: "w"}, "range 2001:db8::/32 [443]"},
		{Peer{To: "DB.example.com", Ports: ports, Why: "w"}, "host db.example.com [443]"},
		{Peer{To: "warehouse", Ports: ports, Why: "w"}, "host warehouse [443]"},
		{Peer{To: "app=vault,tier in (a,b),!old", Ports: ports, Why: "w"}, "pods app=vault,!old,tier in (a,b) of kubernetes.io/metadata.name=home [443]"},
		{Peer{To: "app", Namespace: "vault", Ports: ports, Why: "w"}, "pods app of kubernetes.io/metadata.name=vault [443]"},
		{Peer{To: "app=a", Namespace: "*", Ports: ports, Why: "w"}, "pods app=a of <none> [443]"},
		{Peer{Namespace: "vault", Ports: ports, Why: "w"}, "pods <none> of kubernetes.io/metadata.name=vault [443]"},
		{Peer{To: "10.1.0.0/16", Host: "db.example.com", Why: "w"}, "range 10.1.0.0/16 []"},
		{Peer{To: "app=a", Host: "database", Why: "w"}, "pods app=a of kubernetes.io/metadata.name=home []"},

		{Peer{Ports: ports, Why: "w"}, "to must be given, and not from (namespace alone will do for all pods of it)"},
		{Peer{To: "a", From: "b", Ports: ports, Why: "w"}, "to must be given, and not from (namespace alone will do for all pods of it)"},
		{Peer{To: "a", Ports: ports}, "why is missing"},
		{Peer{To: "a", Why: "w"}, "ports is missing: say which ports are connected to (1-65535 for all)"},
		{Peer{To: "10.1.2.3/16", Ports: ports, Why: "w"}, `to is "10.1.2.3/16", an address inside of a range; the range is 10.1.0.0/16`},
		{Peer{To: "10.1.0.0/33", Ports: ports, Why: "w"}, `to is "10.1.0.0/33"; /33 is no length of a prefix`},
		{Peer{To: "fe80::1%eth0", Ports: ports, Why: "w"}, `to is "fe80::1%eth0"; write the address without zone, and IPv4 as such`},
		{Peer{To: "::ffff:10.0.0.1", Ports: ports, Why: "w"}, `to is "::ffff:10.0.0.1"; write the address without zone, and IPv4 as such`},
		{Peer{To: "::ffff:10.0.0.0/104", Ports: ports, Why: "w"}, `to is "::ffff:10.0.0.0/104"; write it as an IPv4 range`},
		{Peer{To: "*.example.com", Ports: ports, Why: "w"}, `to is "*.example.com"; it must be an address range, a host name, or labels such as app=vault`},
		{Peer{To: "db:5432", Ports: ports, Why: "w"}, `to is "db:5432"; it must be an address range, a host name, or labels such as app=vault`},
		{Peer{To: "app=a b", Ports: ports, Why: "w"}, `to is "app=a b"; it must be labels as kubectl writes them: app=vault,tier in (a,b)`},
		{Peer{To: "10.0.0.0/8", Namespace: "a", Ports: ports, Why: "w"}, "namespace belongs to labels of pods, not to addresses"},
		{Peer{To: "a=b", Namespace: "A_b", Ports: ports, Why: "w"}, `namespace is "A_b"; it must be a namespace's name or *`},
		{Peer{To: "a.example.com", Host: "b.example.com", Ports: ports, Why: "w"}, "host stands beside a host name: give the addresses or labels that it stands for in to"},
		{Peer{To: "10.0.0.0/8", Host: "https://a", Ports: ports, Why: "w"}, `host is "https://a"; it must be one DNS name, without scheme, port or path`},
		{Peer{To: "a", Ports: []string{"443", "0"}, Why: "w"}, `ports[1] is "0"; it must be a port such as 443, 53/UDP or 8000-8010`},
		{Peer{To: "a", Ports: []string{"65536"}, Why: "w"}, `ports[0] is "65536"; it must be a port such as 443, 53/UDP or 8000-8010`},
		{Peer{To: "a", Ports: []string{"10-9"}, Why: "w"}, `ports[0] is "10-9"; it must be a port such as 443, 53/UDP or 8000-8010`},
		{Peer{To: "a", Ports: []string{"53/ICMP"}, Why: "w"}, `ports[0] is "53/ICMP"; the protocol must be TCP, UDP or SCTP`},
		{Peer{To: "a", Ports: ports, Components: []string{"worker", "cache"}, Why: "w"}, `components[1] is "cache", which is no component`},
	} {
		end, err := c.peer.Egress("home")
		if got := peerText(end, err); got != c.want {
			t.Errorf("%+v\ngot  %s\nwant %s", c.peer, got, c.want)
		}
	}
}

func peerText(p PeerEnd, err error) string {
	if err != nil {
		return err.Error()
	}
	switch p.End.Place {
	case Range:
		return fmt.Sprint("range ", p.End.Addresses[0], " ", p.Ports)
	case Host:
		return fmt.Sprint("host ", p.End.Host, " ", p.Ports)
	}
	return fmt.Sprintf("pods %s of %s %v", metav1.FormatLabelSelector(p.End.Labels), metav1.FormatLabelSelector(p.End.Namespaces), p.Ports)
}

func TestPeerComponents(t *testing.T) {
	for _, c := range []struct {
		parse func(string) (PeerEnd, error)
		want  string
	}{
		{Peer{To: "a", Ports: []string{"1"}, Why: "w"}.Egress, "[dag-processor triggerer worker task-pod operator-pod]"},
		{Peer{To: "a", Ports: []string{"1"}, Why: "w", Components: []string{"workers", "worker", "web"}}.Egress, "[worker webserver]"},
		{Peer{From: "a=b", Why: "w"}.Ingress, "[webserver api-server]"},
		{Peer{From: "a=b", Why: "w", Components: []string{"statsd"}}.Ingress, "[statsd]"},
	} {
		end, err := c.parse("")
		if got := fmt.Sprint(end.Components); got != c.want || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, c.want)
		}
	}
}

func TestPeersFrom(t *testing.T) {
	for _, c := range []struct {
		peer Peer
		want string
	}{
		{Peer{From: "10.0.0.0/8", Why: "w"}, "range 10.0.0.0/8 []"},
		{Peer{Namespace: "ingress", Why: "w"}, "pods <none> of kubernetes.io/metadata.name=ingress []"},
		{Peer{From: "proxy", Why: "w"}, `from is "proxy"; it must be an address range or labels such as app=proxy: a policy cannot tell who connects by a name`},
		{Peer{To: "app=proxy", Why: "w"}, "from must be given, and not to (namespace alone will do for all pods of it)"},
		{Peer{From: "app=proxy", Host: "a", Why: "w"}, "host has a meaning for egress only: a policy cannot tell who connects by a name"},
	} {
		end, err := c.peer.Ingress("home")
		if got := peerText(end, err); got != c.want {
			t.Errorf("%+v\ngot  %s\nwant %s", c.peer, got, c.want)
		}
	}
}

// releaseForPeers has a database at a name, a broker whose address stands in a Secret, and Vault in another namespace.
func releaseForPeers(t *testing.T) *Model {
	env := variables("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://u:p@db.example.com/a",
		"AIRFLOW__SECRETS__BACKEND", "airflow.providers.hashicorp.secrets.vault.VaultBackend", "AIRFLOW__SECRETS__BACKEND_KWARGS", `{"url":"https://vault.vault.svc"}`)
	broker := ", {name: AIRFLOW__CELERY__BROKER_URL, valueFrom: {secretKeyRef: {name: b, key: url}}}"
	return modelOf(t, part{component: "worker", env: env + broker}.manifest(), part{component: "api-server", env: env,
		container: "ports: [{name: api-server, containerPort: 8081}]"}.manifest(), part{component: "statsd",
		container: "ports: [{name: statsd-ingest, containerPort: 9125, protocol: UDP}, {name: statsd-scrape, containerPort: 9102}]"}.manifest())
}

// peerLines are the flows with the rows' IDs, addresses and selectors.
func peerLines(flows []Flow) []string {
	var out []string
	for _, f := range flows {
		from, to := f.From.Name, f.To.Name
		if f.From.Workload == nil {
			from = labelText(f.From)
		}
		if f.To.Workload == nil {
			to += " " + labelText(f.To)
		}
		out = append(out, fmt.Sprintf("%s: %s → %s %s %v %s", f.ID, from, f.To.Place, strings.ReplaceAll(to, " <nil>", ""), f.Ports, f.Demand))
	}
	slices.Sort(out)
	return out
}

func TestDeclaredConnections(t *testing.T) {
	const (
		database = "database: api-server → host db.example.com [5432] required"
		vaultAPI = "secrets-backend: api-server → pods vault.vault.svc in vault [443] required"
		worker   = "database: worker → host db.example.com [5432] required"
		vault    = "secrets-backend: worker → pods vault.vault.svc in vault [443] required"
		broker   = "broker: worker → host the broker (its address stands in Secret b, which was not read) [6379] required"
		targets  = "dag-targets: worker → anywhere what DAG code talks to [] optional"
	)
	m := releaseForPeers(t)
	for _, c := range []struct {
		name string
		d    Declarations
		want []string
	}{
		{"nothing", Declarations{}, []string{broker, database, worker, targets, vaultAPI, vault}},
		{"where a host is", Declarations{Egress: []Peer{{To: "10.1.0.0/16", Host: "DB.example.com", Why: "w"}, {To: "10.2.0.0/16", Host: "db.example.com", Why: "w"}}}, []string{
			broker, "database: api-server → range db.example.com 10.1.0.0/16 10.2.0.0/16 [5432] required",
			"database: worker → range db.example.com 10.1.0.0/16 10.2.0.0/16 [5432] required", targets, vaultAPI, vault}},
		{"where a host is, with other ports", Declarations{Egress: []Peer{{To: "10.1.0.0/16", Host: "db.example.com", Ports: []string{"6000"}, Why: "w"}}}, []string{
			broker, "database: api-server → range db.example.com 10.1.0.0/16 [5432] required",
			"database: worker → range db.example.com 10.1.0.0/16 [5432] required", targets, vaultAPI, vault}},
		{"where a host is, and for whom", Declarations{Egress: []Peer{{To: "10.1.0.0/16", Host: "db.example.com", Ports: []string{"5432"}, Components: []string{"worker"}, Why: "w"}}}, []string{
			broker, database, "database: worker → range db.example.com 10.1.0.0/16 [5432] required", targets, vaultAPI, vault}},
		{"which pods a host is, with the port they have", Declarations{Egress: []Peer{{To: "app=vault", Namespace: "vault", Host: "vault.vault.svc", Ports: []string{"8200"}, Components: []string{"worker", "api-server"}, Why: "w"}}}, []string{
			broker, database, worker, targets,
			"secrets-backend: api-server → pods app=vault in vault app=vault in vault [8200] required",
			"secrets-backend: worker → pods app=vault in vault app=vault in vault [8200] required"}},
		{"where an address stands that is not known", Declarations{Egress: []Peer{{To: "10.3.0.1", Host: "broker", Ports: []string{"6380"}, Why: "w"}}}, []string{
			"broker: worker → range broker 10.3.0.1/32 [6380] required", database, worker, targets, vaultAPI, vault}},
		{"what DAG code talks to", Declarations{Egress: []Peer{{To: "warehouse.example.com", Ports: []string{"443", "8000-8010"}, Why: "w"}}}, []string{
			broker, database, worker, "declared: worker → host warehouse.example.com [443 8000-8010] declared", vaultAPI, vault}},
		{"a host that nothing connects to", Declarations{Egress: []Peer{{To: "10.4.0.0/16", Host: "new.example.com", Ports: []string{"443"}, Why: "w"}}}, []string{
			broker, database, worker, "declared: worker → range new.example.com 10.4.0.0/16 [443] declared", vaultAPI, vault}},
		{"the release's own pods", Declarations{Egress: []Peer{{To: "component=statsd", Ports: []string{"9102"}, Components: []string{"api-server"}, Why: "w"}}}, []string{
			broker, database, worker, "declared: api-server →  statsd [9102] declared", targets, vaultAPI, vault}},
		{"who comes in", Declarations{IngressFrom: []Peer{{From: "app=proxy", Namespace: "login", Why: "w"}, {Namespace: "monitoring", Components: []string{"statsd"}, Ports: []string{"9102"}, Why: "w"}}}, []string{
			broker, database, worker, targets, vaultAPI, vault,
			"declared: app=proxy in login →  api-server [8081] declared", "declared:  in monitoring →  statsd [9102] declared"}},
		{"a mistake", Declarations{Egress: []Peer{{To: "*", Ports: []string{"1"}, Why: "w"}}, IngressFrom: []Peer{{From: "x", Why: "w"}}}, []string{broker, database, worker, targets, vaultAPI, vault}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := peerLines(m.outsideFlows(c.d))
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// FuzzPeer wants an error that names a field, or an end that a policy can be made from.
func FuzzPeer(f *testing.F) {
	f.Add("10.0.0.0/8", "", "", "443")
	f.Add("app=a,b in (c)", "vault", "", "1-2/udp")
	f.Add("db.example.com", "", "", "53/UDP")
	f.Add("::/0", "*", "x", "65535")
	f.Fuzz(func(t *testing.T, to, namespace, host, port string) {
		end, err := Peer{To: to, Namespace: namespace, Host: host, Ports: []string{port}, Why: "w"}.Egress("home")
		if err != nil {
			if field, what, _ := strings.Cut(err.Error(), " "); field == "" || what == "" {
				t.Errorf("the error is %q", err)
			}
			return
		}
		p := end.Ports[0]
		switch {
		case p.Number < 1, p.End != 0 && p.End <= p.Number, p.Protocol == "":
			t.Errorf("port %q is %+v", port, p)
		case end.End.Place == Range && (len(end.End.Addresses) != 1 || !end.End.Addresses[0].IsValid() || end.End.Addresses[0] != end.End.Addresses[0].Masked()):
			t.Errorf("%q is %v", to, end.End.Addresses)
		case end.End.Place == Host && !isDNSName(end.End.Host):
			t.Errorf("%q is the host %q", to, end.End.Host)
		case end.End.Place == Pods:
			if _, err := metav1.LabelSelectorAsSelector(end.End.Labels); err != nil {
				t.Errorf("%q is no selector: %v", to, err)
			}
		}
	})
}
