package rule

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/advisory"
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/endoflife"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Advisories are the published flaws of Airflow and its providers: those this
// program holds, and those the user gave.
func (p *Pass) Advisories() *advisory.Table { return p.shared.advisories() }

// EndOfLife is the table of a product's ends of life, as this program and the user know it.
func (p *Pass) EndOfLife(product string) (endoflife.Table, bool) {
	return p.shared.endOfLife().Of(product)
}

// KubernetesProvider is what is known of the version of the cncf.kubernetes provider.
func (p *Pass) KubernetesProvider() airflow.ProviderVersions {
	p.reads = append(p.reads, snapshot.Workloads...)
	p.reads = append(p.reads, snapshot.Secret)
	return p.model.KubernetesProvider()
}

// Scans are the reports on images: those that the Trivy operator keeps in the
// cluster, and those the user gave.
func (p *Pass) Scans() (kept []*snapshot.Object, given []snapshot.Scan) {
	return p.Objects(snapshot.ImageScan), p.model.Snapshot.Scans
}

// Signatures are those on images that the user gave, each verified with a key.
func (p *Pass) Signatures() []snapshot.Signature { return p.model.Snapshot.Signatures }

// Note says what a rule does not judge, whatever it finds. It changes no outcome.
func (p *Pass) Note(text string) {
	if !slices.Contains(p.Notes, text) {
		p.Notes = append(p.Notes, text)
	}
}
