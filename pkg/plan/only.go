package plan

import "slices"

// Dropped is a step that a form cannot hold.
type Dropped struct {
	Step
	Why string
}

// Only is the plan as far as a form can hold it. Why says what keeps a step
// out; empty keeps it in. A finding that loses one of its steps is not closed,
// so that its other steps go, too, unless another finding needs them: a pod
// must not be told to refuse root and then be left to run as root.
func (p *Plan) Only(why func(Step) string) (*Plan, []Dropped) {
	reasons := make([]string, len(p.Steps))
	for i, s := range p.Steps {
		reasons[i] = why(s)
	}
	for p.spread(reasons) {
	}
	out := &Plan{Left: p.Left}
	var dropped []Dropped
	for i, s := range p.Steps {
		if reasons[i] == "" {
			out.Steps = append(out.Steps, s)
		} else {
			dropped = append(dropped, Dropped{s, reasons[i]})
		}
	}
	return out, dropped
}

// spread takes out the steps that serve only findings which are not closed any more.
func (p *Plan) spread(reasons []string) (again bool) {
	lost := map[string]string{}
	for i, s := range p.Steps {
		for _, finding := range s.Fingerprints {
			if reasons[i] != "" && lost[finding] == "" {
				lost[finding] = reasons[i]
			}
		}
	}
	for i, s := range p.Steps {
		served := slices.ContainsFunc(s.Fingerprints, func(finding string) bool { return lost[finding] == "" })
		if reasons[i] == "" && len(s.Fingerprints) > 0 && !served {
			reasons[i], again = lost[s.Fingerprints[0]], true
		}
	}
	return again
}
