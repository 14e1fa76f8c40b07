package collect

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// inManifests are the kinds that manifests hold completely.
var inManifests = []snapshot.Kind{
	snapshot.Deployment, snapshot.StatefulSet, snapshot.DaemonSet, snapshot.Job, snapshot.CronJob,
	snapshot.ConfigMap, snapshot.Secret, snapshot.ServiceAccount, snapshot.Role, snapshot.RoleBinding,
	snapshot.ClusterRole, snapshot.ClusterRoleBinding, snapshot.Service, snapshot.Ingress, snapshot.HTTPRoute,
	snapshot.Gateway, snapshot.Route, snapshot.NetworkPolicy, snapshot.PodDisruption, snapshot.Autoscaler, snapshot.VolumeClaim,
	snapshot.ExternalSecret, snapshot.SecretStore, snapshot.ClusterSecretStore, snapshot.ProviderClass, snapshot.VaultStaticSecret,
	snapshot.VaultDynamicSecret, snapshot.VaultAuth, snapshot.VaultConnection, snapshot.SealedSecret,
}

// onlyInClusters are the kinds that only a cluster can show.
var onlyInClusters = []snapshot.Kind{
	snapshot.Namespace, snapshot.Pod, snapshot.ReplicaSet, snapshot.NodeAgents, snapshot.PolicyEngines,
	snapshot.ClusterServices, snapshot.APIServers, snapshot.History,
	snapshot.ImageScan, snapshot.PolicyReport, snapshot.ImagePolicy,
	snapshot.StorageClass, snapshot.Backups, snapshot.VeleroSchedules,
}

// reports are kinds that somebody may have put among the manifests; then they count as read.
var reports = []snapshot.Kind{snapshot.ImageScan, snapshot.PolicyReport, snapshot.ImagePolicy}

// offlineCoverage is what manifests could tell, and why not the rest.
func offlineCoverage(s *snapshot.Snapshot) []snapshot.Coverage {
	var out []snapshot.Coverage
	note := func(kind snapshot.Kind, read bool, reason string) {
		c := snapshot.Coverage{Kind: kind, State: snapshot.Read}
		if !read {
			c.State, c.Reason = snapshot.NotCollected, reason
		}
		out = append(out, c)
	}
	for _, kind := range inManifests {
		note(kind, true, "")
	}
	for _, kind := range onlyInClusters {
		held := len(s.OfKind(kind)) > 0 && slices.Contains(reports, kind) || kind == snapshot.Namespace && slices.ContainsFunc(s.Objects, func(o snapshot.Object) bool {
			return o.Kind == string(kind) && o.Name == s.Release.Namespace
		})
		note(kind, held, "only a cluster can show it")
	}
	note(snapshot.ServerVersion, s.ServerVersion != "", "no Kubernetes version was given")
	note(snapshot.ReleaseRecord, s.Release.Record == snapshot.FromChart, "manifests hold no record of a release")
	return out
}

var kubeVersionForm = pattern.New(`^v?([0-9]{1,3})\.([0-9]{1,3})(?:\.([0-9]{1,5}))?$`)

// kubeVersion is a version as users write it ("1.36", "v1.36.3") in the API server's form, "v1.36.3".
func kubeVersion(text string) (full, major, minor string, err error) {
	found := kubeVersionForm.FindStringSubmatch(text)
	if found == nil {
		return "", "", "", &inputError{problem: "a Kubernetes version looks like 1.36 or 1.36.3"}
	}
	patch := found[3]
	if patch == "" {
		patch = "0"
	}
	return "v" + found[1] + "." + found[2] + "." + patch, found[1], found[2], nil
}
