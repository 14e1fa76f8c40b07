package wire

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// unsure notes what cannot be told of several components for one reason.
func (p *Proof) unsure(what string, list []airflow.Setting) {
	reasons := map[string][]string{}
	for _, s := range list {
		reasons[s.Reason] = append(reasons[s.Reason], string(s.Component))
	}
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		slices.Sort(reasons[reason])
		p.Unsure = append(p.Unsure, fmt.Sprintf("%s: %s: %s", what, strings.Join(slices.Compact(reasons[reason]), ", "), reason))
	}
}

// isHidden says that a variable or an airflow.cfg that was not read may set what is asked for.
func isHidden(s airflow.Setting) bool { return !s.Known && (s.Via == "env" || s.Via == "airflow.cfg") }
