package collect

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// reading is one resource a live run asks for. The lists and the Role that
// permits them both come from these tables, so neither can know more than the other.
type reading struct {
	kind     snapshot.Kind
	group    string
	versions []string // the first one served is used; more than one only for optional groups
	resource string
	verb     string
	// labels and fields narrow a list on the server.
	labels, fields string
	// optional groups are not served by every cluster; whether they are is asked once.
	optional bool
	// namespace and names are of a reading that gets a few objects whose names are the same in every cluster.
	namespace string
	names     []string
	// object is the Kind of objects of which only metadata is fetched, which does
	// not tell it; empty where whole objects are.
	object string
}

func (r reading) in(version string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: r.group, Version: version, Resource: r.resource}
}

// String is the resource as kubectl names it: deployments.apps.
func (r reading) String() string {
	if r.group == "" {
		return r.resource
	}
	return r.resource + "." + r.group
}

var (
	v1 = []string{"v1"}
	// externalSecrets: the operator served v1beta1 alone before 0.16, and v1 alone from 1.0 on.
	externalSecrets = []string{"v1", "v1beta1"}
)

// noRecords leaves Helm's stored releases out: their bodies are large, and only one of them is ever needed.
const (
	noRecordConfigMaps = "owner!=helm"
	noRecordSecrets    = "type!=" + recordType
)

// inNamespace are listed in the release's namespace.
var inNamespace = []reading{
	{kind: snapshot.Deployment, group: "apps", versions: v1, resource: "deployments", verb: "list"},
	{kind: snapshot.StatefulSet, group: "apps", versions: v1, resource: "statefulsets", verb: "list"},
	{kind: snapshot.DaemonSet, group: "apps", versions: v1, resource: "daemonsets", verb: "list"},
	{kind: snapshot.Job, group: "batch", versions: v1, resource: "jobs", verb: "list"},
	{kind: snapshot.CronJob, group: "batch", versions: v1, resource: "cronjobs", verb: "list"},
	{kind: snapshot.Pod, versions: v1, resource: "pods", verb: "list"},
	{kind: snapshot.ConfigMap, versions: v1, resource: "configmaps", verb: "list", labels: noRecordConfigMaps},
	{kind: snapshot.Secret, versions: v1, resource: "secrets", verb: "list", fields: noRecordSecrets},
	{kind: snapshot.ServiceAccount, versions: v1, resource: "serviceaccounts", verb: "list"},
	{kind: snapshot.Role, group: "rbac.authorization.k8s.io", versions: v1, resource: "roles", verb: "list"},
	{kind: snapshot.RoleBinding, group: "rbac.authorization.k8s.io", versions: v1, resource: "rolebindings", verb: "list"},
	{kind: snapshot.Service, versions: v1, resource: "services", verb: "list"},
	{kind: snapshot.Ingress, group: "networking.k8s.io", versions: v1, resource: "ingresses", verb: "list"},
	{kind: snapshot.NetworkPolicy, group: "networking.k8s.io", versions: v1, resource: "networkpolicies", verb: "list"},
	{kind: snapshot.PodDisruption, group: "policy", versions: v1, resource: "poddisruptionbudgets", verb: "list"},
	{kind: snapshot.Autoscaler, group: "autoscaling", versions: []string{"v2"}, resource: "horizontalpodautoscalers", verb: "list"},
	{kind: snapshot.VolumeClaim, versions: v1, resource: "persistentvolumeclaims", verb: "list"},
	{kind: snapshot.HTTPRoute, group: "gateway.networking.k8s.io", versions: []string{"v1", "v1beta1"}, resource: "httproutes", verb: "list", optional: true},
	{kind: snapshot.Route, group: "route.openshift.io", versions: v1, resource: "routes", verb: "list", optional: true},
	{kind: snapshot.ExternalSecret, group: "external-secrets.io", versions: externalSecrets, resource: "externalsecrets", verb: "list", optional: true},
	{kind: snapshot.SecretStore, group: "external-secrets.io", versions: externalSecrets, resource: "secretstores", verb: "list", optional: true},
	{kind: snapshot.ProviderClass, group: "secrets-store.csi.x-k8s.io", versions: v1, resource: "secretproviderclasses", verb: "list", optional: true},
	{kind: snapshot.VaultStaticSecret, group: "secrets.hashicorp.com", versions: []string{"v1beta1"}, resource: "vaultstaticsecrets", verb: "list", optional: true},
	{kind: snapshot.VaultDynamicSecret, group: "secrets.hashicorp.com", versions: []string{"v1beta1"}, resource: "vaultdynamicsecrets", verb: "list", optional: true},
	{kind: snapshot.VaultAuth, group: "secrets.hashicorp.com", versions: []string{"v1beta1"}, resource: "vaultauths", verb: "list", optional: true},
	{kind: snapshot.VaultConnection, group: "secrets.hashicorp.com", versions: []string{"v1beta1"}, resource: "vaultconnections", verb: "list", optional: true},
	{kind: snapshot.SealedSecret, group: "bitnami.com", versions: []string{"v1alpha1"}, resource: "sealedsecrets", verb: "list", optional: true},
	{kind: snapshot.ImageScan, group: "aquasecurity.github.io", versions: []string{"v1alpha1"}, resource: "vulnerabilityreports", verb: "list", optional: true},
	{kind: snapshot.PolicyReport, group: "wgpolicyk8s.io", versions: []string{"v1alpha2", "v1beta1"}, resource: "policyreports", verb: "list", optional: true},
	{kind: snapshot.Backups, group: "snapshot.storage.k8s.io", versions: v1, resource: "volumesnapshots", verb: "list", optional: true},
	{kind: snapshot.Backups, group: "snapscheduler.backube", versions: v1, resource: "snapshotschedules", verb: "list", optional: true},
	{kind: snapshot.Backups, group: "k8up.io", versions: v1, resource: "schedules", verb: "list", optional: true},
	{kind: snapshot.Backups, group: "postgresql.cnpg.io", versions: v1, resource: "scheduledbackups", verb: "list", optional: true},
	{kind: snapshot.PolicyEngines, group: "cilium.io", versions: []string{"v2"}, resource: "ciliumnetworkpolicies", verb: "list", optional: true, object: "CiliumNetworkPolicy"},
	{kind: snapshot.PolicyEngines, group: "crd.projectcalico.org", versions: v1, resource: "networkpolicies", verb: "list", optional: true, object: "NetworkPolicy"},
	{kind: snapshot.PolicyEngines, group: "crd.antrea.io", versions: []string{"v1beta1", "v1alpha1"}, resource: "networkpolicies", verb: "list", optional: true, object: "NetworkPolicy"},
	{kind: snapshot.PolicyEngines, group: "k8s.ovn.org", versions: v1, resource: "egressfirewalls", verb: "list", optional: true, object: "EgressFirewall"},
	{kind: snapshot.PolicyEngines, group: "security.istio.io", versions: []string{"v1", "v1beta1"}, resource: "authorizationpolicies", verb: "list", optional: true, object: "AuthorizationPolicy"},
	{kind: snapshot.PolicyEngines, group: "security.istio.io", versions: []string{"v1", "v1beta1"}, resource: "peerauthentications", verb: "list", optional: true, object: "PeerAuthentication"},
	{kind: snapshot.PolicyEngines, group: "policy.linkerd.io", versions: []string{"v1beta3", "v1beta2", "v1beta1"}, resource: "servers", verb: "list", optional: true, object: "Server"},
	{kind: snapshot.PolicyEngines, group: "policy.linkerd.io", versions: []string{"v1alpha1"}, resource: "authorizationpolicies", verb: "list", optional: true, object: "AuthorizationPolicy"},
}

// theNamespace is read by name.
var theNamespace = reading{kind: snapshot.Namespace, versions: v1, resource: "namespaces", verb: "get"}

// acrossCluster are listed once for the whole cluster.
var acrossCluster = []reading{
	{kind: snapshot.ClusterRoleBinding, group: "rbac.authorization.k8s.io", versions: v1, resource: "clusterrolebindings", verb: "list"},
	{kind: snapshot.NodeAgents, group: "apps", versions: v1, resource: "daemonsets", verb: "list"},
	{kind: snapshot.ImagePolicy, group: "policy.sigstore.dev", versions: []string{"v1beta1", "v1alpha1"}, resource: "clusterimagepolicies", verb: "list", optional: true},
	{kind: snapshot.PolicyEngines, group: "cilium.io", versions: []string{"v2"}, resource: "ciliumclusterwidenetworkpolicies", verb: "list", optional: true, object: "CiliumClusterwideNetworkPolicy"},
	{kind: snapshot.PolicyEngines, group: "crd.projectcalico.org", versions: v1, resource: "globalnetworkpolicies", verb: "list", optional: true, object: "GlobalNetworkPolicy"},
	{kind: snapshot.PolicyEngines, group: "crd.antrea.io", versions: []string{"v1beta1", "v1alpha1"}, resource: "clusternetworkpolicies", verb: "list", optional: true, object: "ClusterNetworkPolicy"},
	{kind: snapshot.PolicyEngines, group: "policy.networking.k8s.io", versions: []string{"v1alpha1"}, resource: "adminnetworkpolicies", verb: "list", optional: true, object: "AdminNetworkPolicy"},
	{kind: snapshot.PolicyEngines, group: "policy.networking.k8s.io", versions: []string{"v1alpha1"}, resource: "baselineadminnetworkpolicies", verb: "list", optional: true, object: "BaselineAdminNetworkPolicy"},
	{kind: snapshot.PolicyEngines, group: "policy.networking.k8s.io", versions: []string{"v1alpha2"}, resource: "clusternetworkpolicies", verb: "list", optional: true, object: "ClusterNetworkPolicy"},
}

// byName are cluster-wide or in other namespaces, and read only where something of the release refers to them.
var (
	clusterRoles = reading{kind: snapshot.ClusterRole, group: "rbac.authorization.k8s.io", versions: v1, resource: "clusterroles", verb: "get"}
	gateways     = reading{kind: snapshot.Gateway, group: "gateway.networking.k8s.io", versions: []string{"v1", "v1beta1"}, resource: "gateways", verb: "get", optional: true}
	classes      = reading{kind: snapshot.StorageClass, group: "storage.k8s.io", versions: v1, resource: "storageclasses", verb: "get"}
	stores       = reading{kind: snapshot.ClusterSecretStore, group: "external-secrets.io", versions: externalSecrets, resource: "clustersecretstores", verb: "get", optional: true}
)

// controlPlane are the API server's mirror pods: the flags they run with tell
// whether Secrets are encrypted. Managed clusters show none.
// Source: the static pod that kubeadm and RKE2 write.
var controlPlane = reading{kind: snapshot.APIServers, versions: v1, resource: "pods", verb: "list", labels: "component=kube-apiserver", namespace: "kube-system"}

// velero are its Schedules, which all live in the namespace that Velero runs in.
// Access grants nothing there: not every cluster has such a namespace, and a
// right for all namespaces would be more than is needed.
// Sources: velero.io and OpenShift's OADP, which install into these namespaces.
var velero = []reading{
	{kind: snapshot.VeleroSchedules, group: veleroGroup, versions: v1, resource: "schedules", verb: "list", namespace: "velero", optional: true},
	{kind: snapshot.VeleroSchedules, group: veleroGroup, versions: v1, resource: "schedules", verb: "list", namespace: "openshift-adp", optional: true},
}

const veleroGroup = "velero.io"

// landmarks are read by name, so that no right to list what else lives there is
// needed. A cluster has only some of them.
// Sources: the manifests of kubeadm, CoreDNS's chart, RKE2 and OpenShift's DNS
// operator; the API server makes the Service kubernetes and its EndpointSlice itself.
var landmarks = []reading{
	{kind: snapshot.ClusterServices, versions: v1, resource: "services", verb: "get", namespace: "kube-system", names: []string{"coredns", "kube-dns", "rke2-coredns-rke2-coredns"}},
	{kind: snapshot.ClusterServices, versions: v1, resource: "services", verb: "get", namespace: "openshift-dns", names: []string{"dns-default"}},
	{kind: snapshot.ClusterServices, versions: v1, resource: "services", verb: "get", namespace: "default", names: []string{"kubernetes"}},
	{kind: snapshot.ClusterServices, group: "discovery.k8s.io", versions: v1, resource: "endpointslices", verb: "get", namespace: "default", names: []string{"kubernetes"}},
}

// paths are what is asked of the API server apart from resources.
var paths = []string{"/version", "/apis"}
