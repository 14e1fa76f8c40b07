package rules

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/drift"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// report turns a difference into a finding.
func (d *drifted) report(o *snapshot.Object, found drift.Difference) {
	d.pass.Report(rule.Finding{
		Target: o.Ref, Component: d.components[o.Ref], Container: found.Container, Path: found.Path,
		Severity: found.Severity,
		Message:  driftWords(found),
		Fixes:    driftFixes(o, found),
	})
}

// entryWords name an entry of a list.
var entryWords = map[string]string{
	"containers": "container", "initContainers": "init container", "env": "variable", "volumes": "volume",
	"volumeMounts": "mount", "volumeDevices": "device", "ports": "port", "imagePullSecrets": "pull secret",
}

// driftWords say what differs. Values are shown only where they are short and no part of them is secret.
func driftWords(found drift.Difference) string {
	field := found.Field
	switch {
	case found.Entry != "" && found.Want == nil:
		return fmt.Sprintf("%s %s was added: the release does not hold it", entryWords[found.List], found.Entry)
	case found.Entry != "":
		return fmt.Sprintf("%s %s is missing: the release holds it", entryWords[found.List], found.Entry)
	}
	have, haveShown := shownValue(found.Path, found.Have)
	want, wantShown := shownValue(found.Path, found.Want)
	switch {
	case haveShown && found.Want == nil:
		return fmt.Sprintf("%s is %s, the release leaves it out", field, have)
	case wantShown && found.Have == nil:
		return fmt.Sprintf("%s is missing, the release installed %s", field, want)
	case haveShown && wantShown:
		return fmt.Sprintf("%s is %s, the release installed %s", field, have, want)
	case haveShown:
		return fmt.Sprintf("%s is %s, the release installed another value", field, have)
	case wantShown:
		return fmt.Sprintf("%s is not %s, which the release installed", field, want)
	}
	return field + " is not what the release installed"
}

// isText says whether a field holds free text, which is never shown.
func isText(path string) bool {
	for _, part := range []string{"/env/", "/args", "/command", "/data"} {
		if strings.Contains(path, part) {
			return true
		}
	}
	return false
}

// shownValue is a value as a message shows it; false where it is long, free text or partly secret.
func shownValue(path string, value any) (string, bool) {
	var text string
	switch v := value.(type) {
	case nil:
		return "", false
	case []any, map[string]any:
		encoded, err := json.Marshal(v)
		if err != nil || len(encoded) > 80 {
			return "", false
		}
		text = string(encoded)
	default:
		text = fmt.Sprint(v)
	}
	return text, len(text) <= 120 && !isText(path) && len(snapshot.MaskedIn(text)) == 0
}

// driftFixes put the release's value back where a patch can: not what the
// cluster holds fixed, not whole entries of lists, not what is masked.
func driftFixes(o *snapshot.Object, found drift.Difference) []rule.Fix {
	const undo = "put the release's value back"
	switch {
	case airflow.UnpatchableKinds[o.Kind] != "":
		return []rule.Fix{{Kind: rule.Manual, Summary: undo + ": " + airflow.UnpatchableKinds[o.Kind]}}
	case strings.HasPrefix(found.Path, "/roleRef"):
		return []rule.Fix{{Kind: rule.Manual, Summary: undo + ": delete the binding and run helm upgrade, because a binding's role cannot be changed"}}
	case found.Entry != "" && found.Want == nil:
		return []rule.Fix{{Kind: rule.Manual, Summary: fmt.Sprintf("take %s out of the object, or put it into the chart's values", found.Entry)}}
	case found.Entry != "", holdsMask(found.Want), strings.HasPrefix(found.Path, "/data/") && found.Want != nil:
		return []rule.Fix{{Kind: rule.Manual, Summary: undo + ": helm upgrade with the release's own chart and values"}}
	case found.Want == nil:
		return []rule.Fix{{Kind: rule.Patch, Summary: "take the field out again", Changes: []change.Change{{Target: o.Ref, Op: change.Remove, Path: found.Named}}}}
	}
	return []rule.Fix{{Kind: rule.Patch, Summary: undo, Changes: []change.Change{{Target: o.Ref, Op: change.Set, Path: found.Named, Value: found.Want}}}}
}

func holdsMask(value any) bool {
	text, err := json.Marshal(value)
	return err != nil || len(snapshot.MaskedIn(string(text))) > 0
}
