package rules

import (
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/drift"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noDrift = &rule.Rule{
	ID:       "AS711",
	Slug:     "no-drift",
	Title:    "The live objects are what the release installed",
	Why:      "A change made by hand is reviewed by nobody and seen in no chart. An intruder's foothold, such as a swapped image, an added right or an opened Service, looks just like it.",
	Fix:      "Put the object back to what the release says, or put the change into the chart's values. What kubectl apply --server-side --field-manager=airflowsec has set is no drift.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Manual},
	Topics:   []string{"Helm"},
	Refs:     []rule.Ref{nsa("Audit logging and threat detection"), mitre("T1525"), mitre("T1098.006"), mitre("T1610")},
	Needs:    []snapshot.Kind{snapshot.ReleaseRecord},
	Uses:     kindsOfDrift(),
	Check:    checkNoDrift,
}

func kindsOfDrift() []snapshot.Kind {
	var out []snapshot.Kind
	for _, k := range drift.Kinds() {
		out = append(out, k.Kind)
	}
	return out
}

func checkNoDrift(p *rule.Pass) {
	release := p.Release()
	if len(release.Manifest) == 0 {
		return
	}
	switch release.Status {
	case "", "deployed":
	case "superseded": // an older revision is judged as it was recorded: nothing of it is live
		return
	default:
		p.Unknown(fmt.Sprintf("the release's status is %s: what runs may come from another revision", release.Status))
		return
	}
	d := &drifted{pass: p, components: map[snapshot.Ref]string{}}
	for _, w := range p.Workloads() {
		d.components[w.Ref] = string(w.Component)
	}
	for i := range release.Manifest {
		d.judge(&release.Manifest[i])
	}
}

// drifted is one comparison of a release with what is live.
type drifted struct {
	pass       *rule.Pass
	components map[snapshot.Ref]string
}

func (d *drifted) judge(want *snapshot.Object) {
	kind, known := drift.KindOf(want.Kind)
	if !known {
		return
	}
	if !d.pass.Read(kind.Kind) {
		d.pass.Unknown(fmt.Sprintf("%s objects were not read", kind.Kind))
		return
	}
	have := drift.Find(d.pass.Objects(kind.Kind), want.Ref)
	switch {
	case have != nil:
		d.pass.Subjects++
		for _, found := range drift.Compare(want, have) {
			if !have.Manages(snapshot.PlanManager, found.Named) { // hardening that somebody applied on purpose, under a name of its own
				d.report(have, found)
			}
		}
	case want.Namespace != "" && want.Namespace != d.pass.Airflow().Namespace:
		d.pass.Unknown(fmt.Sprintf("namespace %s was not read", want.Namespace))
	case !drift.EndsByItself(want):
		d.pass.Subjects++
		d.missing(want, kind.Missing)
	}
}

func (d *drifted) missing(want *snapshot.Object, severity rule.Severity) {
	message := "the release holds this object, the cluster does not"
	if want.Kind == string(snapshot.ClusterRoleBinding) || want.Kind == string(snapshot.ClusterRole) {
		message = "the release holds this object, but the cluster does not, or not for accounts of the release"
	}
	d.pass.Report(rule.Finding{
		Target: want.Ref, Component: d.components[want.Ref], Message: message, Severity: severity,
		Fixes: []rule.Fix{{Kind: rule.Manual, Summary: "put it back: helm upgrade with the release's own chart and values"}},
	})
}
