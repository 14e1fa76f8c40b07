package rules

import "strings"

// imageUser is the user that an image is built for. Group is the one its files belong to.
type imageUser struct {
	repository string // the last parts of the image's path
	tagPrefix  string // for a repository that holds several programs
	uid, gid   int64
	// rootByDefault says that the image starts as root where nobody names a user, and steps down by itself.
	rootByDefault bool
}

// imageUsers are the images both charts use; an image that is not here gets no
// guessed user. The first entry that fits counts.
// Sources: Dockerfiles of apache/airflow (AIRFLOW_UID 50000, and an entrypoint
// that insists on group 0), kubernetes/git-sync, Docker's official redis,
// Bitnami's images and airflow-helm's builds of them, the exporters'.
var imageUsers = []imageUser{
	{"apache/airflow", "airflow-pgbouncer", 65534, 65534, false},
	{"apache/airflow", "airflow-statsd-exporter", 65534, 65534, false},
	{"apache/airflow", "", 50000, 0, false},
	{"git-sync/git-sync", "", 65533, 65533, false},
	{"library/redis", "", 999, 999, true},
	{"bitnami/redis", "", 1001, 1001, false},
	{"bitnamilegacy/redis", "", 1001, 1001, false},
	{"bitnami/postgresql", "", 1001, 1001, false},
	{"bitnamilegacy/postgresql", "", 1001, 1001, false},
	{"airflow-helm/postgresql-bitnami", "", 1001, 1001, false},
	{"airflow-helm/pgbouncer", "", 1001, 1001, false},
	{"prometheus/statsd-exporter", "", 65534, 65534, false},
	{"prom/statsd-exporter", "", 65534, 65534, false},
	{"otel/opentelemetry-collector-contrib", "", 10001, 10001, false},
}

// userOf is the user an image is built for, where that is known. A mirror in
// another registry counts as long as it keeps the last parts of the path.
func userOf(name string) (imageUser, bool) {
	i := parseImage(name)
	for _, known := range imageUsers {
		if strings.HasSuffix("/"+i.Path, "/"+known.repository) && strings.HasPrefix(i.Tag, known.tagPrefix) {
			return known, true
		}
	}
	return imageUser{}, false
}
