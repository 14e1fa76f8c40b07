package airflow

import (
	"slices"
	"strings"
)

// ProviderVersions bound the version of the cncf.kubernetes provider that a
// release may run: From it on, and before Before. Empty is unbounded.
type ProviderVersions struct{ From, Before string }

// Known says that something is known of the version.
func (p ProviderVersions) Known() bool { return p.From != "" || p.Before != "" }

// mayBe says that the provider may be one of the versions from since on and before until.
func (p ProviderVersions) mayBe(since, until string) bool {
	if since != "" && p.Before != "" && compareVersions(p.Before, since) <= 0 {
		return false
	}
	return until == "" || p.From == "" || compareVersions(p.From, until) < 0
}

// providerRows say which provider Apache's own images hold: that of Airflow's
// constraints, so none that came out after Airflow's version did. The first row
// that fits counts.
// Sources: release dates of https://endoflife.date/apache-airflow and of the
// provider's changelog (8.0.0 in February 2024, 10.10.0 on 2025-11-17, 10.15.0 on 2026-03-28).
var providerRows = []struct {
	since, until string // Airflow's version
	provider     ProviderVersions
}{
	{since: "3.3", provider: ProviderVersions{From: "10.15.0"}},
	{since: "3.2", until: "3.3", provider: ProviderVersions{From: "10.12.0"}},
	{since: "3.0", until: "3.1.3", provider: ProviderVersions{From: "8.0.0", Before: "10.10.0"}},
	{since: "2.9", until: "2.11.1", provider: ProviderVersions{From: "8.0.0", Before: "10.10.0"}},
	{since: "2.9", provider: ProviderVersions{From: "8.0.0"}},
	{until: "2.9", provider: ProviderVersions{Before: "10.10.0"}},
}

// KubernetesProvider is what is known of the provider's version: something only
// where every pod of Airflow runs Apache's own image and nothing adds packages to it.
func (m *Model) KubernetesProvider() ProviderVersions {
	if m.provider == nil {
		return ProviderVersions{}
	}
	return m.provider()
}

func (m *Model) findProvider() ProviderVersions {
	if m.Version == "" || m.ImageVersion != m.Version || m.ownImages() {
		return ProviderVersions{}
	}
	for _, row := range providerRows {
		if !m.before(row.since) && (row.until == "" || m.before(row.until)) {
			return row.provider
		}
	}
	return ProviderVersions{}
}

// ownImages says that a pod of Airflow runs an image that is not Apache's as it is.
func (m *Model) ownImages() bool {
	return slices.ContainsFunc(m.Workloads, func(w *Workload) bool {
		if !w.Component.RunsAirflow() || w.Owner != nil {
			return false
		}
		return slices.ContainsFunc(w.Containers(), func(c Container) bool {
			return c.Role == PipInstall || c.Role == Main && (!apacheImage(c.Image) || imageVersion(c.Image) != m.Version || m.addsPackages(w, c))
		})
	})
}

func apacheImage(image string) bool {
	repository, _ := splitImage(image)
	return strings.TrimPrefix(strings.TrimPrefix(repository, "docker.io/"), "index.docker.io/") == "apache/airflow"
}

// addsPackages: Apache's images install what this variable says when they start.
// Source: Apache's Dockerfile, entrypoint_prod.sh.
func (m *Model) addsPackages(w *Workload, c Container) bool {
	asked, set := m.configOf(w, c).lookup("_PIP_ADDITIONAL_REQUIREMENTS")
	return set && (!asked.Known || strings.TrimSpace(asked.Value) != "")
}
