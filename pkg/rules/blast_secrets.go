package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var blastUses = slices.Concat(flowUses, rbacKinds, []snapshot.Kind{snapshot.ServiceAccount})

// masterKeys are variables whose Secrets open all of Airflow.
// Source: Airflow's configuration reference; the community chart's own names.
var masterKeys = []struct {
	name      string
	variables []string
}{
	{"the Fernet key", []string{"AIRFLOW__CORE__FERNET_KEY"}},
	{"the login to the metadata database", []string{
		"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__SQL_ALCHEMY_CONN", "AIRFLOW_CONN_AIRFLOW_DB", "DATABASE_PASSWORD",
	}},
	{"the login to the broker", []string{"AIRFLOW__CELERY__BROKER_URL", "REDIS_PASSWORD"}},
	{"the web server's key", []string{"AIRFLOW__WEBSERVER__SECRET_KEY", "AIRFLOW__API__SECRET_KEY"}},
	{"the key that signs tokens", []string{"AIRFLOW__API_AUTH__JWT_SECRET"}},
}

// secretKeys gathers keys of Secrets by name, each once; values are not looked at.
type secretKeys map[string]bool

func (k secretKeys) add(secret, key string) { k[secret+"/"+key] = true }

// addSecrets counts the keys that the main container holds, as variables and
// as files: code in it sees no other container's.
func (b *blast) addSecrets(p *rule.Pass, w *airflow.Workload) {
	main, found := w.Main()
	if !found {
		return
	}
	keys := secretKeys{}
	set, complete := p.Environment(w, main.Name)
	if !complete {
		b.gaps = append(b.gaps, fmt.Sprintf("%s: a Secret or ConfigMap that container %s takes variables from was not read", w.Ref, main.Name))
	}
	var names []string
	for _, s := range set {
		if s.Ref.Kind == string(snapshot.Secret) {
			keys.add(s.Ref.Name, strings.TrimPrefix(s.Path, "/data/"))
			names = append(names, strings.TrimSuffix(strings.TrimSuffix(s.Name, "_CMD"), "_SECRET"))
		}
	}
	b.addFiles(p, w, main, keys)
	b.keys = len(keys)
	for _, master := range masterKeys {
		if slices.ContainsFunc(master.variables, func(name string) bool { return slices.Contains(names, name) }) {
			b.masters = append(b.masters, master.name)
		}
	}
}

// addFiles adds the keys of Secrets that are mounted into a container.
func (b *blast) addFiles(p *rule.Pass, w *airflow.Workload, c airflow.Container, keys secretKeys) {
	mounted := func(volume string) bool {
		return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume })
	}
	for _, v := range w.Spec.Volumes {
		if !mounted(v.Name) {
			continue
		}
		if v.Secret != nil {
			b.addMounted(p, w, v.Secret.SecretName, v.Secret.Items, keys)
		}
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.Secret != nil {
				b.addMounted(p, w, source.Secret.Name, source.Secret.Items, keys)
			}
		}
	}
}

// addMounted adds the listed keys of a Secret, or all of them. One that nobody
// read has a key at least.
func (b *blast) addMounted(p *rule.Pass, w *airflow.Workload, secret string, items []corev1.KeyToPath, keys secretKeys) {
	for _, item := range items {
		keys.add(secret, item.Key)
	}
	if len(items) > 0 {
		return
	}
	for _, o := range p.Objects(snapshot.Secret) {
		if o.Name != secret || o.Namespace != w.Namespace() {
			continue
		}
		data, _ := o.At("data").(map[string]any)
		for key := range data {
			keys.add(secret, key)
		}
		return
	}
	keys.add(secret, "*")
	if !p.Offline() && !p.Read(snapshot.Secret) {
		b.gaps = append(b.gaps, fmt.Sprintf("%s: the keys of Secret %s, which is mounted, were not read", w.Ref, secret))
	}
}

// publicAddresses are far from each other, so that a rule for one service's range does not count as the internet.
var publicAddresses = []string{"8.8.8.8", "52.95.110.1", "140.82.121.4", "198.41.0.4"}

// internetReached says whether a pod gets to all of them on some usual port.
func internetReached(n *netpol.Network, pod int) bool {
	return slices.ContainsFunc([]int32{443, 80, 53, 22}, func(number int32) bool {
		return !slices.ContainsFunc(publicAddresses, func(text string) bool {
			return !n.Reaches(pod, netip.MustParseAddr(text), airflow.Port{Number: number, Protocol: corev1.ProtocolTCP}).Allowed
		})
	})
}
