package airflow

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// region is the form of AWS' names of regions.
var region = pattern.New(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)

// amazon is a service of AWS in the region that is given, or that the container's variables name.
// Source: AWS General Reference, service endpoints.
func (s site) amazon(what, service string, at Setting, given string) target {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if found, set := s.variable(name); given == "" && set && found.Clear() {
			given = found.Value
		}
	}
	if !region.MatchString(given) {
		return target{what: what, ports: onPorts(443), unknown: "the region is not known", ref: at.Ref, path: at.Path}
	}
	domain := ".amazonaws.com"
	if strings.HasPrefix(given, "cn-") {
		domain += ".cn"
	}
	return fixed(what, service+"."+given+domain, at, 443)
}

// identity is how a cloud gives pods its own identity, told by annotations of
// their service account. Sources: amazon-eks-pod-identity-webhook's README,
// GKE's "About Workload Identity Federation" (network policy), Azure Workload
// Identity's documentation.
type identity struct {
	annotation string
	label      string // of the pod; empty where the annotation is enough
	targets    func(site, Setting) []target
}

var identities = []identity{
	{annotation: "eks.amazonaws.com/role-arn", targets: func(s site, at Setting) []target {
		return []target{s.amazon("AWS Security Token Service", "sts", at, "")}
	}},
	{annotation: "iam.gke.io/gcp-service-account", targets: func(_ site, at Setting) []target {
		const what = "GKE's metadata server"
		older := fixed(what, "169.254.169.252", at, 988)
		older.optional, older.note = true, "only clusters without Dataplane V2 need it"
		return []target{fixed(what, "169.254.169.254", at, 80), older}
	}},
	{annotation: "azure.workload.identity/client-id", label: "azure.workload.identity/use", targets: func(_ site, at Setting) []target {
		return []target{fixed("Microsoft Entra ID", "login.microsoftonline.com", at, 443)}
	}},
}

// identityTargets are what a pod asks for a cloud's credentials.
func identityTargets(s site) []target {
	var out []target
	account := s.m.index.find(snapshot.ServiceAccount, s.w.Namespace(), s.w.ServiceAccount())
	for _, each := range identities {
		if account == nil || each.label != "" && s.w.Meta.Labels[each.label] != "true" {
			continue
		}
		if _, annotated := account.Annotations()[each.annotation]; annotated {
			at := Setting{Ref: account.Ref, Path: "/metadata/annotations/" + escape(each.annotation)}
			out = append(out, each.targets(s, at)...)
		}
	}
	return out
}

// podIdentityTargets are the agent on the node that EKS Pod Identity puts its address of into live pods.
// Source: EKS user guide, "Understand how EKS Pod Identity works".
func podIdentityTargets(s site) []target {
	at, set := s.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if !set {
		return nil
	}
	return []target{targetAt("the EKS Pod Identity agent", at, 80, false)}
}
