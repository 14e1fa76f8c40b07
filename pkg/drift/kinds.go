package drift

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// part is a part of an object that matters for security: a JSON pointer,
// below the object, the pod's spec or the container.
type part struct {
	path     string
	severity rule.Severity
}

// Kind says which parts of a kind matter for security. Replicas are not among
// them: autoscalers and KEDA set them.
type Kind struct {
	Kind  snapshot.Kind
	pod   string // JSON pointer of the pod's spec; empty where the kind has none
	parts []part
	// Missing is how bad it is that the object is gone; empty is medium.
	Missing rule.Severity
}

// Kinds are the kinds with parts that matter for security.
func Kinds() []Kind { return kinds }

// KindOf is what is known of a kind; false where nothing of it matters for security.
func KindOf(name string) (Kind, bool) {
	for _, k := range kinds {
		if string(k.Kind) == name {
			return k, true
		}
	}
	return Kind{}, false
}

var kinds = []Kind{
	{Kind: snapshot.Deployment, pod: "/spec/template/spec"},
	{Kind: snapshot.StatefulSet, pod: "/spec/template/spec"},
	{Kind: snapshot.DaemonSet, pod: "/spec/template/spec"},
	{Kind: snapshot.Job, pod: "/spec/template/spec"},
	{Kind: snapshot.CronJob, pod: "/spec/jobTemplate/spec/template/spec"},
	{Kind: snapshot.Pod, pod: "/spec"},
	{Kind: snapshot.ServiceAccount, parts: []part{
		{"/automountServiceAccountToken", rule.Medium},
		{"/imagePullSecrets", rule.Medium},
		// The cloud identities that an account stands for.
		{"/metadata/annotations/eks.amazonaws.com~1role-arn", rule.High},
		{"/metadata/annotations/iam.gke.io~1gcp-service-account", rule.High},
		{"/metadata/annotations/azure.workload.identity~1client-id", rule.High},
	}},
	{Kind: snapshot.Role, parts: []part{{"/rules", rule.High}}},
	{Kind: snapshot.ClusterRole, parts: []part{{"/rules", rule.High}, {"/aggregationRule", rule.High}}},
	{Kind: snapshot.RoleBinding, parts: []part{{"/subjects", rule.High}, {"/roleRef", rule.High}}},
	{Kind: snapshot.ClusterRoleBinding, parts: []part{{"/subjects", rule.High}, {"/roleRef", rule.High}}},
	{Kind: snapshot.NetworkPolicy, Missing: rule.High, parts: []part{
		{"/spec/podSelector", rule.High}, {"/spec/policyTypes", rule.High},
		{"/spec/ingress", rule.High}, {"/spec/egress", rule.High},
	}},
	{Kind: snapshot.Service, parts: []part{
		{"/spec/type", rule.High}, {"/spec/externalIPs", rule.High}, {"/spec/loadBalancerSourceRanges", rule.High},
		{"/spec/externalName", rule.High}, {"/spec/selector", rule.Medium}, {"/spec/ports", rule.Medium},
	}},
	{Kind: snapshot.Ingress, parts: []part{
		{"/spec/tls", rule.High}, {"/spec/rules", rule.Medium}, {"/spec/defaultBackend", rule.Medium},
	}},
	{Kind: snapshot.Secret, parts: []part{{"/type", rule.Medium}, {"/data", rule.Medium}}},
	{Kind: snapshot.ConfigMap, parts: []part{{"/data", rule.Medium}}},
}

// podParts are the parts of a pod's spec, containerParts those of each container.
var (
	podParts = []part{
		{"/hostNetwork", rule.High}, {"/hostPID", rule.High}, {"/hostIPC", rule.High}, {"/hostUsers", rule.High},
		{"/shareProcessNamespace", rule.Medium}, {"/runtimeClassName", rule.Medium}, {"/hostAliases", rule.Medium},
		{"/serviceAccountName", rule.High}, {"/automountServiceAccountToken", rule.High}, {"/imagePullSecrets", rule.Medium},
		{"/securityContext", rule.High}, {"/volumes", rule.High},
	}
	containerParts = []part{
		{"/image", rule.High}, {"/command", rule.High}, {"/args", rule.High}, {"/lifecycle", rule.High},
		{"/livenessProbe/exec", rule.Medium}, {"/readinessProbe/exec", rule.Medium}, {"/startupProbe/exec", rule.Medium},
		{"/env", rule.Medium}, {"/envFrom", rule.Medium}, {"/securityContext", rule.High},
		{"/volumeMounts", rule.Medium}, {"/volumeDevices", rule.Medium}, {"/ports", rule.Medium}, {"/resources", rule.Low},
	}
)
