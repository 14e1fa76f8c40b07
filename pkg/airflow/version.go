package airflow

import "strings"

// findVersion asks the values, then the images, then the chart. The official
// chart decides by its value airflowVersion which components exist, whatever
// the image; forks write it as 3.1.2-python3.12.
func (m *Model) findVersion() string {
	m.ImageVersion = versionOfImages(m.Workloads)
	if number, known := releaseNumber(m.clearValue("airflowVersion")); known {
		return number
	}
	if m.ImageVersion != "" {
		return m.ImageVersion
	}
	if number, known := releaseNumber(strings.TrimPrefix(m.Own.AppVersion, "v")); known {
		return number
	}
	return ""
}

// versionOfImages takes the main containers' word, the most telling component first.
func versionOfImages(list []*Workload) string {
	for _, component := range []Component{Scheduler, APIServer, Webserver, Worker, DagProcessor, Triggerer, Migrations} {
		for _, w := range list {
			if w.Component != component {
				continue
			}
			if c, ok := w.Main(); ok && imageVersion(c.Image) != "" {
				return imageVersion(c.Image)
			}
		}
	}
	return ""
}

// AtLeast says that the version is known, and is this one or a later.
func (i Identity) AtLeast(version string) bool { return i.Version != "" && !i.before(version) }

// before says whether Airflow's version is older than another, as "2.3" or "1.10.11"; false where it is unknown.
func (i Identity) before(other string) bool {
	return i.Version != "" && compareVersions(i.Version, other) < 0
}

func compareVersions(a, b string) int {
	x, y := numbers(a), numbers(b)
	for i := range x {
		if x[i] != y[i] {
			if x[i] < y[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

func numbers(version string) (out [3]int) {
	i := 0
	for _, r := range version {
		switch {
		case r >= '0' && r <= '9':
			out[i] = out[i]*10 + int(r-'0')
		case r == '.' && i < 2:
			i++
		default:
			return out
		}
	}
	return out
}
