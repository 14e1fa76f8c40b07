package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var secretsEncryptedAtRest = &rule.Rule{
	ID:       "AS416",
	Slug:     "secrets-encrypted-at-rest",
	Title:    "The cluster encrypts Secrets where it stores them",
	Why:      "Without encryption the API server writes Secrets into etcd as they are: a stolen disk, a backup of etcd or a snapshot of a control plane node gives all of Airflow's keys and passwords, Helm's records among them.",
	Fix:      "Start the API server with --encryption-provider-config and a KMS provider for secrets, then write all Secrets anew. On a managed cluster switch its encryption with a key of your own on.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"Sec", "DB"},
	Refs: []rule.Ref{
		cis("1.2.27"), cis("1.2.28"), nsa("Network separation"), owasp("K03"), mitre("T1552.007"),
		{Source: "Kubernetes documentation", ID: "Encrypting data at rest", URL: "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/"},
	},
	Needs: []snapshot.Kind{snapshot.ServerVersion},
	Uses:  []snapshot.Kind{snapshot.APIServers},
	Check: checkSecretsEncryptedAtRest,
}

const encryptionFlag = "encryption-provider-config"

// managedCluster is a provider's Kubernetes, by the end of its version.
type managedCluster struct {
	name string
	mark *pattern.Pattern
	// since is the minor version of Kubernetes 1 from which the provider encrypts all that the API stores; 0 is never by itself.
	since int
	// ask is the command that tells otherwise.
	ask string
}

// Sources: https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html,
// https://cloud.google.com/kubernetes-engine/docs/how-to/encrypting-secrets. Azure's version says nothing of Azure.
var managedClusters = []managedCluster{
	{"Amazon EKS", pattern.New(`-eks-`), 28, "aws eks describe-cluster --query cluster.encryptionConfig"},
	{"Google Kubernetes Engine", pattern.New(`-gke\.`), 0, "gcloud container clusters describe --format='value(databaseEncryption.state)'"},
}

func checkSecretsEncryptedAtRest(p *rule.Pass) {
	version := p.ServerVersion()
	servers := p.APIServers()
	if p.Offline() || version == "" {
		return
	}
	for _, s := range servers {
		p.Subjects++
		if slices.Contains(s.Flags, encryptionFlag) {
			continue
		}
		p.Report(rule.Finding{
			Target: snapshot.Ref{APIVersion: "v1", Kind: string(snapshot.Pod), Namespace: s.Namespace, Name: s.Name}, Path: "/spec/containers/0/command",
			Message: "the API server runs without --" + encryptionFlag + ": Secrets lie in etcd as they are",
			Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: "start the API server with --" + encryptionFlag + ", then write all Secrets anew"}},
		})
	}
	if len(servers) == 0 {
		judgeManaged(p, version)
	}
}

// judgeManaged goes by what a provider documents of the version; nothing else of its control plane shows.
func judgeManaged(p *rule.Pass, version string) {
	for _, m := range managedClusters {
		switch {
		case !m.mark.MatchString(version):
		case m.since > 0 && minorOf(version) >= m.since:
			p.Subjects++
			return
		default:
			p.Unknown(fmt.Sprintf("%s does not show it in the cluster: ask `%s`", m.name, m.ask))
			return
		}
	}
	if p.Read(snapshot.APIServers) {
		p.Unknown("the cluster shows no pod of its API server, as managed ones do: ask the provider whether Secrets are encrypted at rest")
		return
	}
	p.Unknown("the API server's pods in kube-system could not be read")
}

// minorOf is 30 for v1.30.4-eks-a737599.
func minorOf(version string) int {
	_, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	number, _ := strconv.Atoi(minor)
	return number
}
