package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// gathered reports one fact once, however many pods and containers repeat it.
type gathered struct {
	pass  *rule.Pass
	facts []*gatheredFact
}

type gatheredFact struct {
	key     string
	finding rule.Finding
	others  []string
}

// mostOthers bounds the other places that a message names.
const mostOthers = 3

// add notes a finding; key tells what is the same fact.
func (g *gathered) add(key string, f rule.Finding) {
	where := f.Target.String()
	for _, fact := range g.facts {
		if fact.key != key {
			continue
		}
		if where != fact.finding.Target.String() && !slices.Contains(fact.others, where) {
			fact.others = append(fact.others, where)
		}
		return
	}
	g.facts = append(g.facts, &gatheredFact{key: key, finding: f})
}

// report hands over all facts, each with the other places where it holds.
func (g *gathered) report() {
	for _, fact := range g.facts {
		f := fact.finding
		switch n := len(fact.others); {
		case n > mostOthers:
			f.Message += fmt.Sprintf(" (also in %s and %d more)", strings.Join(fact.others[:mostOthers], ", "), n-mostOthers)
		case n > 0:
			f.Message += " (also in " + sentenceOf(fact.others) + ")"
		}
		g.pass.Report(f)
	}
}
