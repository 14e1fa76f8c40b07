package collect

import (
	"helm.sh/helm/v3/pkg/chart"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// remoteReference is a reference that Helm's schema library would fetch.
var remoteReference = pattern.New(`(?i)"\$ref"\s*:\s*"(https?:)?//`)

// dropRemoteSchemas takes away the schemas that point outside the chart,
// because nothing but the API server is ever asked anything: the values of
// such a chart are then not checked against it, and rendering still shows most mistakes.
func dropRemoteSchemas(ch *chart.Chart) {
	if remoteReference.MatchString(string(ch.Schema)) {
		ch.Schema = nil
	}
	for _, dependency := range ch.Dependencies() {
		dropRemoteSchemas(dependency)
	}
}
