package harden

import "github.com/airflowsec/kubectl-airflowsec/pkg/change"

// Proposed is a change that a rule asks for, before changes are merged into a plan.
type Proposed struct {
	change.Change
	Rule string // AS301
	// Component and Container are the part of Airflow that it is about; empty where none fits.
	Component, Container string
	// Unpatchable says why no patch of the live object makes it; empty where one does.
	Unpatchable string
}
