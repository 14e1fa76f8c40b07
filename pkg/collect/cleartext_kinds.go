package collect

// clearKinds are the kinds whose fields are known, as group/kind. Of any other
// kind only what it is and what it is called stays.
var clearKinds = set(
	"/Pod", "/Service", "/ServiceAccount", "/PersistentVolumeClaim", "/Namespace", "/ReplicationController",
	"/LimitRange", "/ResourceQuota", "/PodTemplate",
	"apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "apps/ReplicaSet",
	"extensions/Deployment", "extensions/DaemonSet", "extensions/ReplicaSet",
	"batch/Job", "batch/CronJob",
	"rbac.authorization.k8s.io/Role", "rbac.authorization.k8s.io/RoleBinding",
	"rbac.authorization.k8s.io/ClusterRole", "rbac.authorization.k8s.io/ClusterRoleBinding",
	"networking.k8s.io/Ingress", "extensions/Ingress", "networking.k8s.io/NetworkPolicy", "extensions/NetworkPolicy",
	"gateway.networking.k8s.io/HTTPRoute", "gateway.networking.k8s.io/Gateway", "route.openshift.io/Route",
	"discovery.k8s.io/EndpointSlice", "policy/PodDisruptionBudget", "autoscaling/HorizontalPodAutoscaler", "scheduling.k8s.io/PriorityClass",
)

// clearTrees are the keys below which every plain text may be shown: they
// choose, limit or allow, and have no place for a secret.
var clearTrees = set(
	"affinity", "tolerations", "topologySpreadConstraints", "securityContext", "resources", "ports",
	"podSelector", "namespaceSelector", "labelSelector", "matchExpressions", "resourceClaims",
	"ownerReferences", "finalizers", "subjects", "roleRef", "policyTypes", "ipBlock", "ingressRules",
	"strategy", "updateStrategy", "rollingUpdate", "podFailurePolicy", "successPolicy", "persistentVolumeClaimRetentionPolicy",
	"accessModes", "parentRefs", "backendRefs", "allowedRoutes", "certificateRefs", "scaleTargetRef", "behavior", "metrics",
	"dataSource", "dataSourceRef", "readinessGates", "schedulingGates", "resizePolicy", "loadBalancer",
	"verbs", "apiGroups", "resourceNames", "nonResourceURLs", "clusterIPs", "ipFamilies", "externalIPs",
	"loadBalancerSourceRanges", "nameservers", "searches", "hostnames", "ingressClassName", "aggregationRule",
)

// clearMaps are maps from names to short words: labels, selectors, quantities.
var clearMaps = set(
	"labels", "matchLabels", "nodeSelector", "selector", "limits", "requests", "capacity", "hard", "overhead",
	"commonLabels", "podLabels", "namespaceLabels",
)

// clearKeys are the fields whose plain text may be shown wherever they stand in a known kind.
var clearKeys = set(
	// what an object is
	"apiVersion", "kind", "name", "generateName", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
	// pods
	"image", "imagePullPolicy", "restartPolicy", "dnsPolicy", "serviceAccountName", "serviceAccount", "nodeName",
	"hostname", "subdomain", "schedulerName", "priorityClassName", "preemptionPolicy", "runtimeClassName",
	"terminationMessagePath", "terminationMessagePolicy", "protocol", "hostIP", "mountPath", "subPath", "subPathExpr",
	"mountPropagation", "recursiveReadOnly", "devicePath", "targetContainerName", "stopSignal", "restartPolicyRules",
	// volumes and references
	"key", "fieldPath", "containerName", "resource", "divisor", "prefix", "secretName", "claimName", "medium",
	"sizeLimit", "storage", "type", "path", "server", "driver", "fsType", "volumeName", "storageClassName", "volumeMode",
	"audience", "apiGroup", "signerName", "volumeAttributesClassName",
	// probes
	"host", "port", "scheme", "service",
	// workloads
	"podManagementPolicy", "serviceName", "schedule", "timeZone", "concurrencyPolicy", "completionMode",
	"podReplacementPolicy", "managedBy", "maxSurge", "maxUnavailable", "minAvailable", "unhealthyPodEvictionPolicy",
	// services and routes
	"clusterIP", "externalName", "loadBalancerIP", "loadBalancerClass", "externalTrafficPolicy", "internalTrafficPolicy",
	"sessionAffinity", "ipFamilyPolicy", "appProtocol", "targetPort", "trafficDistribution", "hosts", "pathType",
	"serviceAccountToken", "sectionName", "gatewayClassName", "group", "mode", "wildcardPolicy", "termination",
	"insecureEdgeTerminationPolicy", "ip", "ipMode", "cidr", "except", "operator", "effect", "addresses", "addressType",
	// state
	"phase", "imageID",
)

// darkTrees are never shown, whatever their keys are called.
var darkTrees = set("gmsaCredentialSpec", "binaryData", "certificate", "caCertificate", "destinationCACertificate", "caBundle")

func set(words ...string) map[string]bool {
	out := make(map[string]bool, len(words))
	for _, word := range words {
		out[word] = true
	}
	return out
}
