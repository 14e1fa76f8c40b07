package harden

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Proposed is a change that a rule asks for, before changes are merged into a plan.
type Proposed struct {
	change.Change
	Rule string // AS301
	// Component and Container are the part of Airflow that it is about; empty where none fits.
	Component, Container string
	// Unpatchable says why no patch of the live object makes it; empty where one does.
	Unpatchable string
	// Finding is the object of the finding that it helps to close, where that is
	// another one than the target; a change may be proposed for several findings.
	Finding snapshot.Ref
}

// Closes is the object of the finding that the change helps to close.
func (p Proposed) Closes() snapshot.Ref {
	if p.Finding.Name == "" {
		return p.Target
	}
	return p.Finding
}
