package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// driftPart is a part of an object that matters for security: a JSON pointer,
// below the object, the pod's spec or the container.
type driftPart struct {
	Path     string
	Severity rule.Severity
}

// driftKind says which parts of a kind are compared. Replicas are not among
// them: autoscalers and KEDA set them.
type driftKind struct {
	Kind  snapshot.Kind
	Pod   string // JSON pointer of the pod's spec; empty where the kind has none
	Parts []driftPart
	// Missing is how bad it is that the object is gone; empty is medium.
	Missing rule.Severity
}

var driftKinds = []driftKind{
	{Kind: snapshot.Deployment, Pod: "/spec/template/spec"},
	{Kind: snapshot.StatefulSet, Pod: "/spec/template/spec"},
	{Kind: snapshot.DaemonSet, Pod: "/spec/template/spec"},
	{Kind: snapshot.Job, Pod: "/spec/template/spec"},
	{Kind: snapshot.CronJob, Pod: "/spec/jobTemplate/spec/template/spec"},
	{Kind: snapshot.Pod, Pod: "/spec"},
	{Kind: snapshot.ServiceAccount, Parts: []driftPart{
		{"/automountServiceAccountToken", rule.Medium},
		{"/imagePullSecrets", rule.Medium},
		// The cloud identities that an account stands for.
		{"/metadata/annotations/eks.amazonaws.com~1role-arn", rule.High},
		{"/metadata/annotations/iam.gke.io~1gcp-service-account", rule.High},
		{"/metadata/annotations/azure.workload.identity~1client-id", rule.High},
	}},
	{Kind: snapshot.Role, Parts: []driftPart{{"/rules", rule.High}}},
	{Kind: snapshot.ClusterRole, Parts: []driftPart{{"/rules", rule.High}, {"/aggregationRule", rule.High}}},
	{Kind: snapshot.RoleBinding, Parts: []driftPart{{"/subjects", rule.High}, {"/roleRef", rule.High}}},
	{Kind: snapshot.ClusterRoleBinding, Parts: []driftPart{{"/subjects", rule.High}, {"/roleRef", rule.High}}},
	{Kind: snapshot.NetworkPolicy, Missing: rule.High, Parts: []driftPart{
		{"/spec/podSelector", rule.High}, {"/spec/policyTypes", rule.High},
		{"/spec/ingress", rule.High}, {"/spec/egress", rule.High},
	}},
	{Kind: snapshot.Service, Parts: []driftPart{
		{"/spec/type", rule.High}, {"/spec/externalIPs", rule.High}, {"/spec/loadBalancerSourceRanges", rule.High},
		{"/spec/externalName", rule.High}, {"/spec/selector", rule.Medium}, {"/spec/ports", rule.Medium},
	}},
	{Kind: snapshot.Ingress, Parts: []driftPart{
		{"/spec/tls", rule.High}, {"/spec/rules", rule.Medium}, {"/spec/defaultBackend", rule.Medium},
	}},
	{Kind: snapshot.Secret, Parts: []driftPart{{"/type", rule.Medium}, {"/data", rule.Medium}}},
	{Kind: snapshot.ConfigMap, Parts: []driftPart{{"/data", rule.Medium}}},
}

// driftPod are the parts of a pod's spec, driftContainer those of each container.
var (
	driftPod = []driftPart{
		{"/hostNetwork", rule.High}, {"/hostPID", rule.High}, {"/hostIPC", rule.High}, {"/hostUsers", rule.High},
		{"/shareProcessNamespace", rule.Medium}, {"/runtimeClassName", rule.Medium}, {"/hostAliases", rule.Medium},
		{"/serviceAccountName", rule.High}, {"/automountServiceAccountToken", rule.High}, {"/imagePullSecrets", rule.Medium},
		{"/securityContext", rule.High}, {"/volumes", rule.High},
	}
	driftContainer = []driftPart{
		{"/image", rule.High}, {"/command", rule.High}, {"/args", rule.High}, {"/lifecycle", rule.High},
		{"/livenessProbe/exec", rule.Medium}, {"/readinessProbe/exec", rule.Medium}, {"/startupProbe/exec", rule.Medium},
		{"/env", rule.Medium}, {"/envFrom", rule.Medium}, {"/securityContext", rule.High},
		{"/volumeMounts", rule.Medium}, {"/volumeDevices", rule.Medium}, {"/ports", rule.Medium}, {"/resources", rule.Low},
	}
)

// driftDefaults are what an absent field means, by its name or by its
// parent's and its own (nothing before the slash is the object): the API server writes most of them into what it
// stores. Source: pkg/apis/{core,networking,rbac}/v1/defaults.go of Kubernetes.
var driftDefaults = map[string]any{
	"protocol": "TCP", "scheme": "HTTP", "defaultMode": 420.0, "expirationSeconds": 3600.0, "divisor": "0",
	"procMount": "Default", "fieldRef/apiVersion": "v1",
	"hostNetwork": false, "hostPID": false, "hostIPC": false, "hostUsers": true, "shareProcessNamespace": false,
	"serviceAccountName": "default",
	"privileged":         false, "runAsNonRoot": false, "readOnlyRootFilesystem": false, "allowPrivilegeEscalation": true,
	"readOnly": false, "optional": false,
	"spec/type": "ClusterIP", "/type": "Opaque", "hostPath/type": "", "seccompProfile/type": "", "appArmorProfile/type": "",
	"roleRef/apiGroup": rbacGroup,
}

// driftEmptyMaps are the fields whose empty map says no more than their absence.
// Selectors are not among them: an empty one selects everything.
var driftEmptyMaps = map[string]bool{
	"securityContext": true, "emptyDir": true, "resources": true, "limits": true, "requests": true,
	"spec/podSelector": true, "data": true, "annotations": true, "selector": true,
}

// driftEntries are the lists whose entries have a name, and the fields that make it.
var driftEntries = map[string][]string{
	"containers": {"name"}, "initContainers": {"name"}, "env": {"name"}, "volumes": {"name"}, "imagePullSecrets": {"name"},
	"volumeMounts": {"mountPath"}, "volumeDevices": {"devicePath"}, "ports": {"containerPort", "port", "protocol"},
}

// driftByOthers are entries that others add to live objects by themselves:
// List is the list, Part a piece of the entry's name.
var driftByOthers = []struct{ List, Part, Who string }{
	{"imagePullSecrets", "-dockercfg-", "OpenShift, for every account"},
	{"env", "STAKATER_", "Stakater Reloader, for a restart"},
	{"volumes", "kube-api-access-", "the API server, for pods without a controller"},
	{"volumeMounts", "/var/run/secrets/kubernetes.io/serviceaccount", "the API server, for pods without a controller"},
}

// driftAssigned are fields that the cluster fills in where the release leaves them out.
var driftAssigned = map[string]bool{"nodePort": true}
