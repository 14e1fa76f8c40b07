package collect

import (
	"errors"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// clusterWide are the kinds that live in no namespace, among those a release or its cluster may hold.
var clusterWide = map[string]bool{
	"Namespace": true, "Node": true, "PersistentVolume": true, "StorageClass": true, "CSIDriver": true,
	"VolumeSnapshotClass": true, "RuntimeClass": true, "PriorityClass": true, "APIService": true,
	"ClusterRole": true, "ClusterRoleBinding": true, "CustomResourceDefinition": true,
	"IngressClass": true, "GatewayClass": true, "PodSecurityPolicy": true, "SecurityContextConstraints": true,
	"ValidatingWebhookConfiguration": true, "MutatingWebhookConfiguration": true,
	"ValidatingAdmissionPolicy": true, "ValidatingAdmissionPolicyBinding": true,
	"MutatingAdmissionPolicy": true, "MutatingAdmissionPolicyBinding": true,
	"ClusterIssuer": true, "ClusterSecretStore": true, "ClusterExternalSecret": true, "ClusterPolicy": true, "ClusterImagePolicy": true,
	"CiliumClusterwideNetworkPolicy": true, "GlobalNetworkPolicy": true, "ClusterNetworkPolicy": true,
	"AdminNetworkPolicy": true, "BaselineAdminNetworkPolicy": true, "ClusterTriggerAuthentication": true,
}

// newObject wraps a decoded object. Kinds that live in a namespace and leave
// it out get the release's. It fails where the object says neither what it is nor its name.
func newObject(content map[string]any, origin snapshot.Origin, namespace string) (snapshot.Object, error) {
	o := snapshot.Object{Origin: origin, Content: content}
	o.APIVersion, _ = content["apiVersion"].(string)
	o.Kind, _ = content["kind"].(string)
	if o.Kind == "" {
		return o, errors.New("kind is missing")
	}
	if o.APIVersion == "" {
		return o, errors.New("apiVersion is missing")
	}
	meta, _ := content["metadata"].(map[string]any)
	o.Name, _ = meta["name"].(string)
	if o.Name == "" {
		o.Name, _ = meta["generateName"].(string)
	}
	if o.Name == "" {
		return o, errors.New("metadata.name is missing")
	}
	if clusterWide[o.Kind] {
		delete(meta, "namespace")
		return o, nil
	}
	o.Namespace, _ = meta["namespace"].(string)
	place(&o, namespace)
	return o, nil
}

// place gives an object of a namespaced kind a namespace where it names none.
func place(o *snapshot.Object, namespace string) {
	if o.Namespace != "" || namespace == "" || clusterWide[o.Kind] {
		return
	}
	if meta, ok := o.Content["metadata"].(map[string]any); ok {
		meta["namespace"] = namespace
	}
	o.Namespace = namespace
}
