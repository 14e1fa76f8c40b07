package plan

import "github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"

func mix(s *snapshot.Snapshot, all []*forecast) {}
