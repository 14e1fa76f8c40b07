package collect

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestSchemasOfOthersAreNotFetched(t *testing.T) {
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked = true
		_, _ = w.Write([]byte(`{"type": "object"}`))
	}))
	defer server.Close()
	for _, name := range []string{"values.schema.json", "charts/store/values.schema.json"} {
		files := chartFiles()
		files[name] = `{"properties": {"web": {"$ref": "` + server.URL + `/schema.json"}}}`
		if _, err := FromChart(t.Context(), Chart{Path: writeChart(t, files), Release: "af", Namespace: "n"}); err != nil {
			t.Error(err)
		}
	}
	if asked {
		t.Error("a schema was fetched")
	}
}
