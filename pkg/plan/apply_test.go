package plan

import (
	"encoding/json"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/managedfields/managedfieldstest"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// server is one object as the API server's own code of server-side apply keeps it.
type server struct {
	t      *testing.T
	object managedfieldstest.TestFieldManager
}

func newServer(t *testing.T, manifest map[string]any) server {
	content := &unstructured.Unstructured{Object: manifest}
	return server{t, managedfieldstest.NewTestFieldManager(applyconfigurations.NewTypeConverter(scheme.Scheme), content.GroupVersionKind())}
}

// apply says whether the server accepts an apply configuration.
func (s server) apply(content map[string]any, manager string, force bool) bool {
	s.t.Helper()
	err := s.object.Apply(&unstructured.Unstructured{Object: runtime.DeepCopyJSON(content)}, manager, force)
	if err != nil && !apierrors.IsConflict(err) {
		s.t.Fatal(err)
	}
	return err == nil
}

func (s server) update(content map[string]any, manager string) {
	s.t.Helper()
	content = runtime.DeepCopyJSON(content)
	if err := s.object.Update(&unstructured.Unstructured{Object: content}, manager); err != nil {
		s.t.Fatal(err)
	}
}

func (s server) managers() []snapshot.Manager {
	s.t.Helper()
	var out []snapshot.Manager
	for _, entry := range s.object.ManagedFields() {
		m := snapshot.Manager{Name: entry.Manager, Operation: string(entry.Operation)}
		if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &m.Fields); err != nil {
			s.t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}
