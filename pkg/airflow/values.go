package airflow

// Field is something of a workload that a chart's values can set.
type Field string

// The fields rules offer to fix.
const (
	PodSecurityContext       Field = "pod security context"
	ContainerSecurityContext Field = "container security context"
	Resources                Field = "resources"
	Image                    Field = "image"
	ServiceAccountToken      Field = "service account token"
	ServiceAccountName       Field = "service account"
	ServiceType              Field = "service type"
	IngressTLS               Field = "ingress tls"
)

// ValuesKey is the values path of this release's chart that sets a field of
// one container (or, with container empty, of the pod); empty where no key reaches it.
func (m *Model) ValuesKey(_ *Workload, _ string, _ Field) string { return "" }
