package collect

import (
	"context"
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// StoredChart is the chart that Helm keeps with a release, with the release's
// values: what an upgrade with --reuse-values would render. Helm keeps no
// subcharts, so only the chart's own objects can be had from it, and some charts
// use templates of their subcharts: then it is the NetworkPolicies alone.
type StoredChart struct {
	record       *record
	capabilities *chartutil.Capabilities
	masker       *masker
}

// Chart reads the chart of a release that Read has read, and checks that it
// renders here to the NetworkPolicies that Helm installed. Revision 0 means the
// one that counts.
func (c *Cluster) Chart(ctx context.Context, found Found, revision int) (_ *StoredChart, err error) {
	defer guard("rendering release "+found.Name, &err)
	if err := c.start(); err != nil {
		return nil, err
	}
	if found.stored == nil {
		return nil, notRendered("Helm's record of it was not read")
	}
	if revision == 0 {
		revision = found.Revision
	}
	rec, err := c.reader.body(quiet(ctx), found.stored, revision)
	if err != nil {
		return nil, errors.Join(ctx.Err(), notRendered(failure(err)))
	}
	m, err := newMasker()
	if err != nil {
		return nil, err
	}
	stored := &StoredChart{record: rec, capabilities: capabilitiesOf(c.shared.version), masker: m}
	return stored, stored.check(ctx)
}

func notRendered(why string) error {
	return fmt.Errorf("the stored chart cannot be rendered here: %s; give --chart", why)
}

// capabilitiesOf are those of a server, as far as its version tells.
func capabilitiesOf(server string) *chartutil.Capabilities {
	out := chartutil.DefaultCapabilities.Copy()
	if version, err := chartutil.ParseKubeVersion(server); err == nil {
		out.KubeVersion = *version
	}
	return out
}

// check compares what the chart renders to with what Helm installed.
func (s *StoredChart) check(ctx context.Context) error {
	rendered, err := s.Policies(ctx, nil)
	if err != nil {
		return err
	}
	manifest, err := parseManifests(strings.NewReader(s.record.Manifest), "manifest", s.record.Namespace, s.masker)
	if err != nil {
		return notRendered("its manifest cannot be read")
	}
	installed, _ := policiesIn(slices.DeleteFunc(manifest, func(o snapshot.Object) bool { return strings.Contains(o.Source, "/charts/") }))
	if !slices.EqualFunc(rendered, installed, func(a, b snapshot.Object) bool {
		return a.Ref == b.Ref && reflect.DeepEqual(a.Content, b.Content)
	}) {
		return notRendered("it gives other NetworkPolicies than Helm installed")
	}
	return nil
}

// Policies are the NetworkPolicies of the chart's own templates with an overlay
// over the release's values, sorted. Errors hold no value.
func (s *StoredChart) Policies(ctx context.Context, overlay map[string]any) (out []snapshot.Object, err error) {
	defer guard("rendering the stored chart", &err)
	if out, err = s.rendered(ctx, s.policyChart(), overlay); err != nil {
		return nil, err
	}
	out, _ = policiesIn(out)
	return out, ctx.Err()
}

// policyChart is a fresh copy of the chart, for rendering changes it, with the
// templates that speak of NetworkPolicy and those that others include. The rest
// may need subcharts.
func (s *StoredChart) policyChart() *chart.Chart {
	ch := s.record.helmChart()
	ch.Templates = nil
	for _, t := range s.record.Chart.Templates {
		if strings.HasPrefix(path.Base(t.Name), "_") || strings.Contains(string(t.Data), string(snapshot.NetworkPolicy)) && path.Base(t.Name) != "NOTES.txt" {
			ch.Templates = append(ch.Templates, t)
		}
	}
	dropRemoteSchemas(ch)
	return ch
}
