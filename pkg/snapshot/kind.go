package snapshot

import "slices"

// Kind names a kind of evidence: mostly Kubernetes kinds, and some that are
// not objects of the release.
type Kind string

// The kinds a run may read. ReleaseRecord is Helm's stored release (values,
// hooks, history); ServerVersion is the API server's version; PolicyEngines
// are the resources of other policy engines, seen but not evaluated;
// ClusterServices are the Services that tell where DNS and the API server are;
// Backups are what copies the namespace's volumes or databases, VeleroSchedules those that live in Velero's namespace;
// APIServers are the API server's own pods; History are the release's other revisions;
// ImageScan are the reports of the Trivy operator, or of a scanner the user gave.
const (
	Deployment         Kind = "Deployment"
	StatefulSet        Kind = "StatefulSet"
	DaemonSet          Kind = "DaemonSet"
	ReplicaSet         Kind = "ReplicaSet"
	Job                Kind = "Job"
	CronJob            Kind = "CronJob"
	Pod                Kind = "Pod"
	ConfigMap          Kind = "ConfigMap"
	Secret             Kind = "Secret"
	ServiceAccount     Kind = "ServiceAccount"
	Role               Kind = "Role"
	RoleBinding        Kind = "RoleBinding"
	ClusterRole        Kind = "ClusterRole"
	ClusterRoleBinding Kind = "ClusterRoleBinding"
	Service            Kind = "Service"
	Ingress            Kind = "Ingress"
	HTTPRoute          Kind = "HTTPRoute"
	Gateway            Kind = "Gateway"
	Route              Kind = "Route"
	NetworkPolicy      Kind = "NetworkPolicy"
	PodDisruption      Kind = "PodDisruptionBudget"
	Autoscaler         Kind = "HorizontalPodAutoscaler"
	VolumeClaim        Kind = "PersistentVolumeClaim"
	Namespace          Kind = "Namespace"
	NodeAgents         Kind = "NodeAgents"
	PolicyEngines      Kind = "PolicyEngines"
	ClusterServices    Kind = "ClusterServices"
	ExternalSecret     Kind = "ExternalSecret"
	SecretStore        Kind = "SecretStore"
	ClusterSecretStore Kind = "ClusterSecretStore"
	ProviderClass      Kind = "SecretProviderClass"
	VaultStaticSecret  Kind = "VaultStaticSecret"
	VaultDynamicSecret Kind = "VaultDynamicSecret"
	VaultAuth          Kind = "VaultAuth"
	VaultConnection    Kind = "VaultConnection"
	SealedSecret       Kind = "SealedSecret"
	StorageClass       Kind = "StorageClass"
	Backups            Kind = "Backups"
	VeleroSchedules    Kind = "VeleroSchedules"
	APIServers         Kind = "APIServers"
	History            Kind = "History"
	ImageScan          Kind = "VulnerabilityReport"
	PolicyReport       Kind = "PolicyReport"
	ImagePolicy        Kind = "ClusterImagePolicy"
	ReleaseRecord      Kind = "ReleaseRecord"
	ServerVersion      Kind = "ServerVersion"
)

// engineGroups are the API groups of policy engines other than Kubernetes' own NetworkPolicy.
var engineGroups = []string{
	"cilium.io", "crd.projectcalico.org", "projectcalico.org", "crd.antrea.io", "k8s.ovn.org",
	"policy.networking.k8s.io", "security.istio.io", "policy.linkerd.io",
}

// Workloads are the kinds that hold pods now or later. ConfigMap belongs to
// them: it holds the KubernetesExecutor's task pod template.
var Workloads = []Kind{Deployment, StatefulSet, DaemonSet, Job, CronJob, Pod, ConfigMap}

// State says how well a kind was read.
type State string

const (
	// Read means complete.
	Read State = "read"
	// Forbidden means the API server refused.
	Forbidden State = "forbidden"
	// Unserved means the API server does not know the kind.
	Unserved State = "unserved"
	// NotCollected means nobody asked, the source cannot hold it, or the list failed (then Reason says why).
	NotCollected State = "notCollected"
)

// Coverage is the state of one kind.
type Coverage struct {
	Kind   Kind   `json:"kind"`
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
}

// CoverageOf is the state of one kind; NotCollected where nothing is noted.
func (s *Snapshot) CoverageOf(kind Kind) Coverage {
	i := slices.IndexFunc(s.Coverage, func(c Coverage) bool { return c.Kind == kind })
	if i < 0 {
		return Coverage{Kind: kind, State: NotCollected}
	}
	return s.Coverage[i]
}

// Given notes that the user gave evidence of a kind that the source could not hold or would not tell.
func (s *Snapshot) Given(kind Kind) {
	s.Coverage = slices.Clone(s.Coverage) // another snapshot may share it
	for i := range s.Coverage {
		if s.Coverage[i].Kind == kind {
			s.Coverage[i] = Coverage{Kind: kind, State: Read}
			return
		}
	}
	s.Coverage = append(s.Coverage, Coverage{Kind: kind, State: Read})
}
