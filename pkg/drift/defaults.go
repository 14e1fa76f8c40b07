package drift

// rbacGroup is the API group of roles and bindings.
const rbacGroup = "rbac.authorization.k8s.io"

// defaults are what an absent field means, by its name or by its parent's and
// its own (nothing before the slash is the object): the API server writes most
// of them into what it stores.
// Source: pkg/apis/{core,networking,rbac}/v1/defaults.go of Kubernetes.
var defaults = map[string]any{
	"protocol": "TCP", "scheme": "HTTP", "defaultMode": 420.0, "expirationSeconds": 3600.0, "divisor": "0",
	"procMount": "Default", "fieldRef/apiVersion": "v1",
	"hostNetwork": false, "hostPID": false, "hostIPC": false, "hostUsers": true, "shareProcessNamespace": false,
	"serviceAccountName": "default",
	"privileged":         false, "runAsNonRoot": false, "readOnlyRootFilesystem": false, "allowPrivilegeEscalation": true,
	"readOnly": false, "optional": false,
	"spec/type": "ClusterIP", "/type": "Opaque", "hostPath/type": "", "seccompProfile/type": "", "appArmorProfile/type": "",
	"roleRef/apiGroup": rbacGroup,
}

// emptyMaps are the fields whose empty map says no more than their absence.
// Selectors are not among them: an empty one selects everything.
var emptyMaps = map[string]bool{
	"securityContext": true, "emptyDir": true, "resources": true, "limits": true, "requests": true,
	"spec/podSelector": true, "data": true, "annotations": true, "selector": true,
}

// entryKeys are the lists whose entries have a name, and the fields that make it.
var entryKeys = map[string][]string{
	"containers": {"name"}, "initContainers": {"name"}, "env": {"name"}, "volumes": {"name"}, "imagePullSecrets": {"name"},
	"volumeMounts": {"mountPath"}, "volumeDevices": {"devicePath"}, "ports": {"containerPort", "port", "protocol"},
}

// byOthers are entries that others add to live objects by themselves:
// List is the list, Part a piece of the entry's name.
var byOthers = []struct{ List, Part, Who string }{
	{"imagePullSecrets", "-dockercfg-", "OpenShift, for every account"},
	{"env", "STAKATER_", "Stakater Reloader, for a restart"},
	{"volumes", "kube-api-access-", "the API server, for pods without a controller"},
	{"volumeMounts", "/var/run/secrets/kubernetes.io/serviceaccount", "the API server, for pods without a controller"},
}

// assigned are fields that the cluster fills in where the release leaves them out.
var assigned = map[string]bool{"nodePort": true}
