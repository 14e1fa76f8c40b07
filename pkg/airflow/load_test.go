package airflow

import (
	"encoding/base64"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// load makes a snapshot of manifests as the offline collector does, without
// masking: what stands in Secrets is decoded. Tests put mask tokens where they want them.
func load(t testing.TB, manifests string) *snapshot.Snapshot {
	t.Helper()
	s := &snapshot.Snapshot{Release: snapshot.Release{Name: "rel", Namespace: "airflow", Record: snapshot.FromFiles}}
	for _, doc := range strings.Split("\n"+manifests, "\n---") {
		if strings.TrimSpace(doc) == "" {
			continue
		}
		asJSON, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		var content map[string]any
		if err := utiljson.Unmarshal(asJSON, &content); err != nil {
			t.Fatal(err)
		}
		if content == nil {
			continue
		}
		o := snapshot.Object{Origin: snapshot.Rendered, Content: content}
		o.APIVersion, _ = content["apiVersion"].(string)
		o.Kind, _ = content["kind"].(string)
		meta := content["metadata"].(map[string]any)
		o.Name, _ = meta["name"].(string)
		if o.Namespace, _ = meta["namespace"].(string); o.Namespace == "" && !strings.HasPrefix(o.Kind, "Cluster") {
			o.Namespace = "airflow"
		}
		if _, rest, found := strings.Cut(doc, "# Source: "); found {
			o.Source, _, _ = strings.Cut(rest, "\n")
		}
		if o.Annotations()["helm.sh/hook"] != "" {
			o.Origin = snapshot.Hook
		}
		if data, ok := content["data"].(map[string]any); ok && o.Kind == "Secret" {
			for key, value := range data {
				if text, err := base64.StdEncoding.DecodeString(value.(string)); err == nil {
					data[key] = string(text)
				}
			}
		}
		s.Objects = append(s.Objects, o)
	}
	read(s, snapshot.Deployment, snapshot.StatefulSet, snapshot.DaemonSet, snapshot.Job, snapshot.CronJob,
		snapshot.ConfigMap, snapshot.Secret, snapshot.ServiceAccount, snapshot.Role, snapshot.RoleBinding,
		snapshot.ClusterRole, snapshot.ClusterRoleBinding)
	s.Sort()
	return s
}

// read notes that kinds were read completely.
func read(s *snapshot.Snapshot, kinds ...snapshot.Kind) {
	for _, kind := range kinds {
		s.Coverage = append(s.Coverage, snapshot.Coverage{Kind: kind, State: snapshot.Read})
	}
}

// unread replaces the coverage of one kind.
func unread(s *snapshot.Snapshot, kind snapshot.Kind, state snapshot.State) {
	for i := range s.Coverage {
		if s.Coverage[i].Kind == kind {
			s.Coverage[i].State = state
			return
		}
	}
	s.Coverage = append(s.Coverage, snapshot.Coverage{Kind: kind, State: state})
}
