package rules

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// The constructors below name the edition, because control numbers move
// between editions: CIS 5.2.12 is host ports in v1.12 and host paths before,
// and OWASP numbered its ten anew in 2025.

// pss is a control of the Pod Security Standards, as "restricted: allowPrivilegeEscalation".
func pss(control string) rule.Ref {
	return rule.Ref{Source: "Pod Security Standards", ID: control, URL: "https://kubernetes.io/docs/concepts/security/pod-security-standards/"}
}

// cis is a recommendation of the CIS Kubernetes Benchmark, as "5.2.6".
func cis(id string) rule.Ref {
	return rule.Ref{Source: "CIS Kubernetes Benchmark v1.12", ID: id, URL: "https://www.cisecurity.org/benchmark/kubernetes"}
}

// nsa is a section of the NSA/CISA guide, which has no numbers of its own, as "Pod security".
func nsa(section string) rule.Ref {
	return rule.Ref{
		Source: "NSA/CISA Kubernetes Hardening Guide v1.2", ID: section,
		URL: "https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
	}
}

// owasp is an entry of the OWASP Kubernetes Top 10, as "K01".
func owasp(id string) rule.Ref {
	return rule.Ref{Source: "OWASP Kubernetes Top 10 2025", ID: id, URL: "https://owasp.org/www-project-kubernetes-top-ten/"}
}

// mitre is an ATT&CK technique, as "T1611" or "T1552.001".
func mitre(id string) rule.Ref {
	return rule.Ref{Source: "MITRE ATT&CK v18", ID: id, URL: "https://attack.mitre.org/techniques/" + strings.ReplaceAll(id, ".", "/") + "/"}
}

// airflowDocs is a page of Airflow's own documentation, by its path below the
// stable documentation, as "security/security_model.html".
func airflowDocs(title, page string) rule.Ref {
	return rule.Ref{Source: "Apache Airflow documentation", ID: title, URL: "https://airflow.apache.org/docs/apache-airflow/stable/" + page}
}
