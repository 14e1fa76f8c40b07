package rules

import (
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var kubernetesSupported = &rule.Rule{
	ID:       "AS901",
	Slug:     "kubernetes-supported",
	Title:    "The cluster's Kubernetes version gets security fixes",
	Why:      "Holes in an API server or kubelet that is no longer mended stay open. Code in a pod, a DAG for instance, can use them to leave its namespace or its node.",
	Fix:      "Upgrade the cluster to a supported Kubernetes version.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"K8s"},
	Refs: []rule.Ref{
		nsa("Upgrading and application security practices"), owasp("K07"), mitre("T1068"),
		{Source: "Kubernetes releases", ID: "version skew and support", URL: "https://kubernetes.io/releases/"},
	},
	Needs: []snapshot.Kind{snapshot.ServerVersion},
	Check: checkKubernetesSupported,
}

func checkKubernetesSupported(p *rule.Pass) {
	version := p.ServerVersion()
	if version == "" {
		return
	}
	table, _ := p.EndOfLife("kubernetes")
	answer := table.At(version, p.Now())
	if answer.Unknown != "" {
		p.Unknown("Kubernetes " + answer.Unknown)
		return
	}
	p.Subjects++
	if !answer.Ended {
		return
	}
	p.Report(rule.Finding{
		Target:  snapshot.Ref{APIVersion: "v1", Kind: "Namespace", Name: p.Airflow().Namespace},
		Message: fmt.Sprintf("the cluster runs Kubernetes %s, which gets no fixes from its makers %s", version, answer.When()),
		Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: fmt.Sprintf("upgrade the cluster; %s is the newest this program knows", table.Newest())}},
	})
}
