package rules

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noHostAccess = &rule.Rule{
	ID:       "AS102",
	Slug:     "no-host-access",
	Title:    "No pod reaches into its node by host namespaces, host ports, host paths or Windows host processes",
	Why:      "What a pod shares with its node, its code can read and change: other pods' processes and traffic, the kubelet's credentials, any file behind a host path.",
	Fix:      "Take hostNetwork, hostPID, hostIPC, host ports and hostPath volumes out of the pod. Use a Service, a PersistentVolumeClaim or an emptyDir instead.",
	Severity: rule.Critical,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Patch, rule.Manual},
	Topics:   []string{"K8s", "Work"},
	Refs: []rule.Ref{
		pss("baseline: hostNamespaces, hostPorts, hostPathVolumes, windowsHostProcess"),
		cis("5.2.3"), cis("5.2.4"), cis("5.2.5"), cis("5.2.10"), cis("5.2.11"), cis("5.2.12"),
		nsa("Pod security"), nsa("Network separation"), owasp("K01"), owasp("K05"), owasp("K06"),
		mitre("T1611"), mitre("T1613"), mitre("T1046"), mitre("T1133"), mitre("T1552.001"),
	},
	Needs: snapshot.Workloads,
	Check: podSecurity("AS102"),
}

func locateHostNamespaces(q probe) []place {
	var out []place
	for _, host := range []struct {
		field, gain string
		only        corev1.PodSpec
	}{
		{"hostNetwork", "its code listens to and speaks as the node", corev1.PodSpec{HostNetwork: q.w.Spec.HostNetwork}},
		{"hostPID", "its code sees and may stop the node's processes", corev1.PodSpec{HostPID: q.w.Spec.HostPID}},
		{"hostIPC", "its code reads the node's shared memory", corev1.PodSpec{HostIPC: q.w.Spec.HostIPC}},
	} {
		if q.refuses(host.only) {
			at := q.setPod("/"+host.field, false, "the pod uses "+host.field+": "+host.gain, "set "+host.field+": false")
			at.field = ""
			out = append(out, at)
		}
	}
	return out
}

func locateHostPorts(q probe) []place {
	var out []place
	for _, c := range q.containers() {
		for i, port := range c.Ports {
			if port.HostPort == 0 {
				continue
			}
			at := q.remove(c, "/ports/"+portKey(c, i)+"/hostPort",
				fmt.Sprintf("container %s opens port %d on the node, past every Service and Ingress", c.Name, port.HostPort),
				"take hostPort away and use a Service")
			at.path = fmt.Sprintf("%s/ports/%d/hostPort", c.Path, i)
			at.field, at.severity = "", rule.High
			out = append(out, at)
		}
	}
	return out
}

// portKey is a port's place by its name, or by its number in the list where it has none.
func portKey(c airflow.Container, i int) string {
	if c.Ports[i].Name != "" {
		return "name=" + c.Ports[i].Name
	}
	return strconv.Itoa(i)
}

func locateHostPaths(q probe) []place {
	var out []place
	for i, v := range q.w.Spec.Volumes {
		if !q.refuses(corev1.PodSpec{Volumes: []corev1.Volume{v}}) {
			continue
		}
		out = append(out, place{
			path:    fmt.Sprintf("%s/volumes/%d/hostPath", q.w.SpecPath(), i),
			message: fmt.Sprintf("volume %s is the node's own %s: its code reads the node's files, and writes them unless the mount is read-only", v.Name, v.HostPath.Path),
			order:   "put a PersistentVolumeClaim, an emptyDir or a projected volume in the place of volume " + v.Name,
		})
	}
	return out
}

func locateHostProcess(q probe) []place {
	const field, order = "/securityContext/windowsOptions/hostProcess", "set hostProcess: false"
	var out []place
	if q.pod() {
		out = append(out, q.setPod(field, false, "the pod runs as a Windows host process: its code owns the node", order))
	}
	for _, c := range q.containers() {
		out = append(out, q.set(c, field, false, "container "+c.Name+" is a Windows host process: its code owns the node", order))
	}
	return out
}
