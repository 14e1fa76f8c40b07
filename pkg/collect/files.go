package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Files is what to read when the source is rendered manifests.
type Files struct {
	Paths       []string  // files, directories, or "-" for Stdin
	Stdin       io.Reader // read where Paths holds "-"
	Release     string    // empty: recognised from the objects' labels
	Namespace   string    // empty: taken from the objects, else "default"
	KubeVersion string    // as "1.36"; empty leaves the server version unknown
	Now         time.Time // the time of reading
}

// FromFiles reads rendered manifests. Its errors name file, object and field, never a value.
func FromFiles(_ context.Context, f Files) (*snapshot.Snapshot, error) {
	m, err := newMasker()
	if err != nil {
		return nil, err
	}
	s := &snapshot.Snapshot{
		APIVersion: snapshot.Version, Kind: "Snapshot", TakenAt: f.Now.UTC(), ServerVersion: f.KubeVersion,
		Release: snapshot.Release{Name: f.Release, Namespace: f.Namespace, Record: snapshot.FromFiles},
	}
	for _, path := range f.Paths {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read", path)
		}
		objects, err := parseManifests(file, path, f.Namespace, m)
		file.Close()
		if err != nil {
			return nil, err
		}
		s.Objects = append(s.Objects, objects...)
	}
	if len(s.Objects) == 0 {
		return nil, errors.New("no Kubernetes objects were found")
	}
	s.Coverage = offlineCoverage()
	m.seal(s)
	return s, nil
}

func offlineCoverage() []snapshot.Coverage {
	var out []snapshot.Coverage
	for _, kind := range []snapshot.Kind{
		snapshot.Deployment, snapshot.StatefulSet, snapshot.DaemonSet, snapshot.Job, snapshot.CronJob,
		snapshot.ConfigMap, snapshot.Secret, snapshot.ServiceAccount, snapshot.Role, snapshot.RoleBinding,
		snapshot.ClusterRole, snapshot.ClusterRoleBinding, snapshot.Service, snapshot.Ingress, snapshot.HTTPRoute,
		snapshot.Gateway, snapshot.Route, snapshot.NetworkPolicy, snapshot.PodDisruption, snapshot.Autoscaler, snapshot.VolumeClaim,
	} {
		out = append(out, snapshot.Coverage{Kind: kind, State: snapshot.Read})
	}
	return out
}
