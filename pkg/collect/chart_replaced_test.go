package collect

import (
	"context"
	"slices"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestKeysThatStandTwice(t *testing.T) {
	file := write(t, t.TempDir(), "values.yaml", `# copied together
replicas: 1
list:
- {a: 1, b: 2, a: hunter2}
replicas: 3
pod: {labels: {x: hunter2}}
pod:
  labels: {y: "2"}
pod:
  labels: {z: "3"}
`)
	chart := writeChart(t, map[string]string{"Chart.yaml": "apiVersion: v2\nname: airflow\nversion: 1.0.0\n",
		"templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {n: \"{{ .Values.replicas }}{{ .Values.pod.labels.z }}{{ .Values.list }}\"}\n"})
	s, err := FromChart(context.Background(), Chart{Path: chart, ValueFiles: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	want := []snapshot.Replaced{
		{Key: "replicas", File: file, Line: 2, By: 5}, {Key: "list[0].a", File: file, Line: 4, By: 4},
		{Key: "pod", File: file, Line: 6, By: 9}, {Key: "pod", File: file, Line: 7, By: 9},
	}
	if !slices.Equal(s.Release.Replaced, want) {
		t.Errorf("got  %v\nwant %v", s.Release.Replaced, want)
	}
	if at, _ := s.Release.PlaceOf("/pod/labels/z"); at.Line != 10 {
		t.Errorf("the value that counts stands in line %d", at.Line)
	}
	if labels, _ := at(s.Release.Values, "pod", "labels"); len(labels.(map[string]any)) != 1 {
		t.Errorf("values: %v", labels)
	}
}
