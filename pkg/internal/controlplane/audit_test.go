package controlplane

import (
	"slices"
	"testing"
)

const auditSample = `{"auditID":"1","stage":"RequestReceived","verb":"list","requestURI":"/api/v1/namespaces/a/secrets?limit=500","user":{"username":"u"},"objectRef":{"resource":"secrets","namespace":"a","apiVersion":"v1"}}
{"auditID":"2","stage":"RequestReceived","verb":"get","requestURI":"/version?x=1","user":{"username":"u"}}
{"auditID":"9","stage":"RequestReceived","verb":"get","requestURI":"/version","user":{"username":"other"}}
{"auditID":"2","stage":"ResponseComplete","verb":"get","requestURI":"/version?x=1","user":{"username":"u"},"responseStatus":{"code":200}}
{"auditID":"3","stage":"RequestReceived","verb":"get","requestURI":"/api/v1/namespaces/a/pods/p/log","user":{"username":"u"},"objectRef":{"resource":"pods","subresource":"log","namespace":"a","name":"p"}}
{"auditID":"1","stage":"ResponseComplete","verb":"list","requestURI":"/api/v1/namespaces/a/secrets?limit=500","user":{"username":"u"},"objectRef":{"resource":"secrets","namespace":"a"},"responseStatus":{"code":403}}
{"auditID":"4","stage":"Requ`

func TestRequestsOf(t *testing.T) {
	got, open, err := requestsOf("u", []byte(auditSample))
	if err != nil || open != 1 {
		t.Fatalf("%d open, %v; want one, the log of pod p", open, err)
	}
	var words []string
	for _, r := range got {
		words = append(words, r.String())
	}
	want := []string{"list secrets -n a → 403", "get /version → 200", "get pods/log p -n a → 0"}
	if !slices.Equal(words, want) {
		t.Errorf("got %q, want %q", words, want)
	}
}

func TestRequestsOfBrokenLog(t *testing.T) {
	if _, _, err := requestsOf("u", []byte("{]\n")); err == nil {
		t.Error("a line that is not JSON is skipped")
	}
}
