package rules

import (
	"fmt"
	"path"
	"slices"
	"strconv"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var historyHoldsNoSecret = &rule.Rule{
	ID:       "AS414",
	Slug:     "history-holds-no-secret",
	Title:    "No older revision in Helm's storage holds a credential that the current one dropped",
	Why:      "Helm keeps the values and manifests of each revision in a Secret of its own. A password that somebody took out of the values is still in there, for whoever may read Secrets, or asks for the values of an older revision.",
	Fix:      "Change the credential, for it has been kept in clear. Then delete Helm's Secrets of the older revisions, and keep fewer of them with --history-max.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"Sec", "Helm"},
	Refs: []rule.Ref{
		owasp("K03"), mitre("T1552.007"),
		{Source: "Helm documentation", ID: "storage of releases", URL: "https://helm.sh/docs/topics/advanced/#storage-backends"},
	},
	Needs: []snapshot.Kind{snapshot.ReleaseRecord, snapshot.History},
	Uses:  []snapshot.Kind{snapshot.Secret},
	Check: checkHistoryHoldsNoSecret,
}

// relic is a credential that revisions hold at one place.
type relic struct {
	place     string // a values path, or an object and the pointer in it
	pointer   string
	what      string
	value     snapshot.Masked
	revisions []int
}

func checkHistoryHoldsNoSecret(p *rule.Pass) {
	current := p.Release().Revision
	list := p.Past()
	if !p.Offline() && p.Read(snapshot.History) {
		p.Subjects++
	}
	used := secretsInUse(p)
	for _, r := range relics(p, list) {
		f := rule.Finding{
			Target: releaseRef(p), Path: r.pointer,
			Message: r.words(current),
			Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: dropOrder(p, r.revisions)}},
		}
		if at := used[r.value.ID]; at != "" {
			f.Severity = rule.High
			f.Message += "; it is in use to this day: " + at + " holds the same"
		}
		p.Report(f)
	}
}

// words say who holds it, and why the current revision is among them.
func (r relic) words(current int) string {
	text := fmt.Sprintf("%s in Helm's storage %s %s at %s", revisionsInWords(r.revisions), holdOrHolds(r.revisions), r.what, r.place)
	switch {
	case !slices.Contains(r.revisions, current):
		return fmt.Sprintf("%s, which revision %d does not hold", text, current)
	case len(r.revisions) > 1:
		text += fmt.Sprintf(", revision %d", current)
	}
	return text + " in its copy of the chart's values, as upgrades with --reuse-values leave it"
}

// relics are the credentials of the revisions, each place once.
func relics(p *rule.Pass, list []snapshot.Past) []relic {
	var out []relic
	add := func(revision int, r relic) {
		i := slices.IndexFunc(out, func(known relic) bool { return known.place == r.place && known.value.ID == r.value.ID })
		if i < 0 {
			i, out = len(out), append(out, r)
		}
		if !slices.Contains(out[i].revisions, revision) {
			out[i].revisions = append(out[i].revisions, revision)
		}
	}
	for _, past := range list {
		for _, r := range slices.Concat(inValues(p, past.Values), inValues(p, past.Left), inObjects(past.Kept)) {
			add(past.Revision, r)
		}
	}
	return out
}

func inValues(p *rule.Pass, values map[string]any) []relic {
	var out []relic
	for _, value := range searchValues(p, values).out {
		for _, c := range value.found {
			out = append(out, relic{place: value.path, pointer: "/values/" + valuePointer(value.path), what: whatIn(value, []inClear{c}), value: c.value})
		}
	}
	return out
}

func inObjects(list []snapshot.Kept) []relic {
	var out []relic
	for _, kept := range list {
		for _, c := range credentialsIn(path.Base(kept.Path), kept.Text, keptScent(kept)) {
			out = append(out, relic{place: kept.Object.String() + " " + kept.Path, pointer: "/manifest/" + kept.Object.Name + kept.Path, what: c.what, value: c.value})
		}
	}
	return out
}

// keptScent is what the kind of an object says: what a Secret holds is secret.
func keptScent(k snapshot.Kept) secret.Scent {
	if k.Object.Kind == string(snapshot.Secret) {
		return secret.Likely
	}
	return secret.No
}

// secretsInUse tells for each masked value which live Secret holds it.
func secretsInUse(p *rule.Pass) map[string]string {
	out := map[string]string{}
	for _, o := range p.Objects(snapshot.Secret) {
		data, _ := o.At("data").(map[string]any)
		for _, value := range data {
			text, _ := value.(string)
			for _, m := range snapshot.MaskedIn(text) {
				if out[m.ID] == "" || o.String() < out[m.ID] {
					out[m.ID] = o.String()
				}
			}
		}
	}
	return out
}

func revisionsInWords(list []int) string {
	var words []string
	for _, number := range list {
		words = append(words, strconv.Itoa(number))
	}
	if len(words) == 1 {
		return "revision " + words[0]
	}
	return "revisions " + sentenceOf(words)
}

func holdOrHolds(list []int) string {
	if len(list) == 1 {
		return "holds"
	}
	return "hold"
}

// dropOrder names the objects that Helm keeps the revisions in.
// Source: helm.sh/helm/v3/pkg/storage/driver: sh.helm.release.v1.NAME.vREVISION.
func dropOrder(p *rule.Pass, list []int) string {
	var names []string
	for _, number := range list {
		names = append(names, fmt.Sprintf("sh.helm.release.v1.%s.v%d", p.Airflow().Release, number))
	}
	first := ""
	if slices.Contains(list, p.Release().Revision) {
		first = "upgrade once with --reset-then-reuse-values (Helm 3.14 or later), "
	}
	return "change the credential, then " + first + "delete Helm's records " + sentenceOf(names) + ", and give `helm upgrade` a --history-max"
}
