package rule

import (
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Backups are what copies volumes and databases of the release's namespace.
func (p *Pass) Backups() []snapshot.Backup {
	p.reads = append(p.reads, snapshot.Backups, snapshot.VeleroSchedules)
	return p.model.Snapshot.Backups
}

// Gap says why not all of a kind is known; empty where all is, or where the cluster has no such kind.
func (p *Pass) Gap(kind snapshot.Kind) string {
	p.reads = append(p.reads, kind)
	switch c := p.model.Snapshot.CoverageOf(kind); {
	case c.State == snapshot.Read || c.State == snapshot.Unserved:
		return ""
	case c.Reason != "":
		return c.Reason
	default:
		return fmt.Sprintf("%s was not read", kind)
	}
}
