package collect

import (
	"errors"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// clusterWide are the kinds of a release that live in no namespace.
var clusterWide = map[string]bool{
	"Namespace": true, "Node": true, "PersistentVolume": true, "StorageClass": true,
	"ClusterRole": true, "ClusterRoleBinding": true, "CustomResourceDefinition": true,
	"PriorityClass": true, "IngressClass": true, "GatewayClass": true, "PodSecurityPolicy": true,
	"ValidatingWebhookConfiguration": true, "MutatingWebhookConfiguration": true,
	"ValidatingAdmissionPolicy": true, "ValidatingAdmissionPolicyBinding": true,
	"SecurityContextConstraints": true, "ClusterSecretStore": true, "APIService": true,
}

// newObject wraps a decoded object. Kinds that live in a namespace and leave
// it out get the release's. It fails where the object names no kind or no name.
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
		return o, errors.New("metadata.name is missing")
	}
	if clusterWide[o.Kind] {
		return o, nil
	}
	o.Namespace, _ = meta["namespace"].(string)
	if o.Namespace == "" && namespace != "" {
		meta["namespace"] = namespace
		o.Namespace = namespace
	}
	return o, nil
}
