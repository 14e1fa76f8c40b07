package snapshot

import (
	"encoding/json"
	"testing"
)

func TestManages(t *testing.T) {
	var o Object
	if err := json.Unmarshal([]byte(`{"content": {"spec": {"securityContext": {"runAsUser": 1, "seccompProfile": {"type": "RuntimeDefault"}},
		"containers": [{"name": "a", "image": "x"}, {"name": "b", "volumeMounts": [{"mountPath": "/tmp", "name": "t"}, {"mountPath": "/x", "name": "x"}]}]}},
		"managers": [{"name": "helm", "operation": "Update", "fields": {"f:spec": {"f:securityContext": {"f:runAsUser": {}}}}},
			{"name": "airflowsec", "operation": "Apply", "fields": {"f:spec": {"f:securityContext": {"f:seccompProfile": {"f:type": {}}},
			"f:containers": {"k:{\"name\":\"b\"}": {"f:volumeMounts": {"k:{\"mountPath\":\"/tmp\"}": {"f:name": {}}}}}}}}]}`), &o); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"/spec/securityContext/runAsUser":                      false,
		"/spec/securityContext/seccompProfile":                 true,
		"/spec/securityContext/seccompProfile/type":            true,
		"/spec/securityContext/seccompProfile/type/x":          true,
		"/spec/containers/name=b/volumeMounts/0":               true,
		"/spec/containers/1/volumeMounts/0/name":               true,
		"/spec/containers/1/volumeMounts/1":                    false,
		"/spec/containers/0/image":                             false,
		"/spec/containers/9/image":                             false,
		"/spec/containers/name=b/volumeMounts/mountPath=~1tmp": true,
		"/data": false,
	} {
		if got := o.Manages(PlanManager, path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
