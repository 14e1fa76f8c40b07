package wire

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// published warns of values that a chart or sample has shipped: they move as
// they are, because the database or stored connections may depend on them, and
// everybody knows them in their new place, too.
func (b *builder) published() {
	var names []string
	for _, item := range b.Items {
		if slices.ContainsFunc(item.Data, func(d Datum) bool { return b.isPublished(d.Now) }) {
			names = append(names, item.What)
		}
	}
	if len(names) > 0 {
		b.Notes = append(b.Notes, "Published defaults move as they are, and everybody knows them: replace them afterwards with generate secrets --rotate: "+strings.Join(names, ", ")+".")
	}
}

func (b *builder) isPublished(now Now) bool {
	o := b.m.Snapshot.Find(snapshot.Secret, now.Ref.Namespace, now.Ref.Name)
	if now.Via != InSecret || o == nil {
		return false
	}
	text, _ := o.At("data", now.Key).(string)
	hidden := snapshot.MaskedIn(text)
	if len(hidden) > 1 { // user and password, in this order
		hidden = hidden[1:2]
	}
	return len(hidden) > 0 && len(hidden[0].Published) > 0
}
