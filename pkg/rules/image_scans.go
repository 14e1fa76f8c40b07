package rules

import (
	"strings"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// keptScan reads a report of the Trivy operator.
// Source: https://aquasecurity.github.io/trivy-operator/latest/docs/crds/vulnerability-report
func keptScan(o *snapshot.Object) snapshot.Scan {
	text := func(keys ...string) string {
		s, _ := o.At(append([]string{"report"}, keys...)...).(string)
		return s
	}
	name := text("artifact", "repository")
	if server := text("registry", "server"); server != "" {
		name = server + "/" + name
	}
	if tag := text("artifact", "tag"); tag != "" {
		name += ":" + tag
	}
	if digest := text("artifact", "digest"); digest != "" {
		name += "@" + digest
	}
	s := snapshot.Scan{Name: o.String(), Scanner: strings.ToLower(text("scanner", "name")), Images: []string{name}}
	s.Taken, _ = time.Parse(time.RFC3339, text("updateTimestamp"))
	s.Counts = snapshot.ScanCounts{
		Critical: scanCount(o, "criticalCount"), High: scanCount(o, "highCount"), Medium: scanCount(o, "mediumCount"), Low: scanCount(o, "lowCount"),
	}
	list, _ := o.At("report", "fixable").([]any)
	for _, entry := range list {
		flaw, _ := entry.(map[string]any)
		id, _ := flaw["vulnerabilityID"].(string)
		severity, _ := flaw["severity"].(string)
		name, _ := flaw["resource"].(string)
		s.Fixable = append(s.Fixable, snapshot.ScanFlaw{ID: id, Severity: strings.ToLower(severity), Package: name})
	}
	return s
}

func scanCount(o *snapshot.Object, key string) int {
	switch n := o.At("report", "summary", key).(type) {
	case int64:
		return int(n)
	case float64:
		return int(n)
	}
	return 0
}
