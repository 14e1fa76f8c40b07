package rules

import (
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// cloudKeys are variables in which clouds' and Vault's libraries look for a stored credential.
// Sources: the environment variables of boto3, google-auth, azure-identity and hvac.
var cloudKeys = map[string]string{
	"AWS_SECRET_ACCESS_KEY":          "holds an AWS secret key",
	"AZURE_CLIENT_SECRET":            "holds an Azure client secret",
	"GOOGLE_APPLICATION_CREDENTIALS": "names the file of a Google service account's key",
	"VAULT_TOKEN":                    "holds a Vault token",
}

// judgeCloudKeys finds stored credentials of a cloud in the variables of Airflow's containers.
func judgeCloudKeys(g *gathered, w *airflow.Workload) {
	main, found := w.Main()
	if !found || !w.Component.RunsAirflow() {
		return
	}
	variables, _ := g.pass.Environment(w, main.Name)
	for _, s := range variables {
		what, static := cloudKeys[s.Name]
		if !static || s.Known && s.Value == "" {
			continue
		}
		g.pass.Subjects++
		if s.Name == "GOOGLE_APPLICATION_CREDENTIALS" && !isMountedSecret(w, main, s.Value) { // a configuration of workload identity is no secret
			continue
		}
		message := fmt.Sprintf("%s %s, which works from anywhere until somebody revokes it", s.Name, what)
		f := settingFinding(s, message, settingFixes(g.pass, s, "give the pod's service account the cloud's workload identity, and take the variable out"))
		key := s.Name
		if s.Ref.Kind == string(snapshot.Secret) {
			f.Severity = rule.Medium
			key += s.Ref.Name + s.Path
		}
		if s.Name == "GOOGLE_APPLICATION_CREDENTIALS" { // the variable itself is no secret, the file is one in a Secret
			f.Severity = rule.Medium
		}
		g.add(key, f)
	}
}

// isMountedSecret says that a file comes from a Secret.
func isMountedSecret(w *airflow.Workload, c airflow.Container, file string) bool {
	for _, mount := range c.VolumeMounts {
		if at := path.Clean(mount.MountPath); at != path.Clean(file) && !strings.HasPrefix(path.Clean(file), at+"/") {
			continue
		}
		for _, v := range w.Spec.Volumes {
			if v.Name == mount.Name && v.Secret != nil {
				return true
			}
		}
	}
	return false
}

// agentAnnotations are those of the Vault Agent injector.
// Source: https://developer.hashicorp.com/vault/docs/deploy/kubernetes/injector/annotations.
const agentAnnotations = "vault.hashicorp.com/"

// judgeVaultAgent looks at what the pod asks the injector for.
func judgeVaultAgent(g *gathered, w *airflow.Workload) {
	annotations := w.Meta.Annotations
	if annotations[agentAnnotations+"agent-inject"] != "true" {
		return
	}
	g.pass.Subjects++
	report := func(name, message, order string, severity rule.Severity) {
		f := rule.Finding{
			Severity: severity,
			Target:   w.Ref, Component: string(w.Component), Path: w.PodPath + "/metadata/annotations/" + change.Escape(agentAnnotations+name),
			Message: message, Fixes: []rule.Fix{{Kind: rule.Manual, Summary: order}},
		}
		if key := g.pass.Reachable(annotationKeys[g.pass.Airflow().Dialect]); key != "" {
			f.Fixes = []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: key}}
		}
		g.add(message, f)
	}
	if annotations[agentAnnotations+"tls-skip-verify"] == "true" {
		report("tls-skip-verify", "the Vault agent does not verify the server that it sends the pod's token to", "set it to false, and name the CA in vault.hashicorp.com/ca-cert", rule.High)
	}
	if service := annotations[agentAnnotations+"service"]; isClearHTTP(service) {
		report("service", "the Vault agent asks the server without TLS: "+snapshot.Redact(service), "use https", rule.High)
	}
	if annotations[agentAnnotations+"agent-inject-token"] == "true" {
		report("agent-inject-token", "the Vault agent leaves its own token in the pod, where DAG code reads all that it may read", "take the annotation out", rule.Low)
	}
}

// annotationKeys are where the charts take annotations of all pods.
var annotationKeys = map[airflow.Dialect]string{airflow.Official: "airflowPodAnnotations", airflow.Community: "airflow.podAnnotations"}

// secretsDriver is the Secrets Store CSI driver.
const secretsDriver = "secrets-store.csi.k8s.io"

// judgeSecretVolumes finds volumes that log in to the secrets manager with a stored credential.
func judgeSecretVolumes(g *gathered, w *airflow.Workload) {
	for i, v := range w.Spec.Volumes {
		if v.CSI == nil || v.CSI.Driver != secretsDriver {
			continue
		}
		g.pass.Subjects++
		if v.CSI.NodePublishSecretRef == nil {
			continue
		}
		g.add("volume "+v.Name+v.CSI.NodePublishSecretRef.Name, rule.Finding{
			Target: w.Ref, Component: string(w.Component), Path: fmt.Sprintf("%s/volumes/%d/csi/nodePublishSecretRef", w.SpecPath(), i), Severity: rule.Medium,
			Message: fmt.Sprintf("volume %s logs in to the secrets manager with the credential stored in Secret %s", v.Name, v.CSI.NodePublishSecretRef.Name),
			Fixes:   volumeFixes(g.pass, v),
		})
	}
}

// volumeKeys are the charts' lists of volumes for all pods.
var volumeKeys = map[airflow.Dialect]string{airflow.Official: "volumes", airflow.Community: "airflow.extraVolumes"}

func volumeFixes(p *rule.Pass, v corev1.Volume) []rule.Fix {
	order := "let the provider use the pod's service account, and take nodePublishSecretRef out of volume " + v.Name
	if key := volumeKeys[p.Airflow().Dialect]; namesVariable(valueAt(p, key), v.Name) {
		return []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: p.Reachable(key)}}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: order}}
}
