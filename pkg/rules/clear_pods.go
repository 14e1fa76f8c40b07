package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// clearInPod is a credential in the spec or the annotations of pods.
type clearInPod struct {
	inClear
	workload *airflow.Workload
	// container is empty for annotations and volumes.
	container string
	path      string
	// kind is what it stands in: a variable, an argument, a probe, an annotation, a volume.
	kind podPlace
	// key is an annotation's whole name.
	key string
	// others are the workloads that hold the same beside the first.
	others []*airflow.Workload
}

type podPlace string

const (
	inEnv        podPlace = "variable"
	inArguments  podPlace = "arguments"
	inProbe      podPlace = "probe"
	inLifecycle  podPlace = "lifecycle hook"
	inAnnotation podPlace = "annotation"
	inVolume     podPlace = "volume"
)

// podCredentials is the key of what inWorkload finds: two rules ask.
type podCredentials struct{ *airflow.Workload }

// clearInPods are the credentials that pods hold in clear, each once, however
// many pods and containers repeat it, and how many pods there were.
func clearInPods(p *rule.Pass) (out []*clearInPod, pods int) {
	known := map[string]*clearInPod{}
	for _, w := range p.Workloads() {
		pods++
		for _, c := range rule.Once(p, podCredentials{w}, func() []clearInPod { return inWorkload(w) }) {
			key := strings.Join([]string{string(c.kind), strings.TrimPrefix(c.under, taskVariables), strings.TrimPrefix(c.name, taskVariables), c.what, c.value.ID}, " ")
			first := known[key]
			if first == nil {
				known[key] = &c
				out = append(out, &c)
			} else if first.workload != w && !slices.Contains(first.others, w) {
				first.others = append(first.others, w)
			}
		}
	}
	return out, pods
}

// hooksUnseen notes that hooks, which mostly are gone from a cluster, could not be judged by Helm's record.
func hooksUnseen(p *rule.Pass) {
	if !p.Offline() && !p.Read(snapshot.ReleaseRecord) {
		p.Unknown("the release's record was not read, so its hooks were not seen")
	}
}

// taskVariables begin the variables under which the official chart, up to 1.19, hands a variable on to task pods.
const taskVariables = "AIRFLOW__KUBERNETES_ENVIRONMENT_VARIABLES__"

func inWorkload(w *airflow.Workload) []clearInPod {
	s := &podSearch{workload: w}
	for _, c := range w.Containers() {
		s.container(c)
	}
	if w.Owner == nil {
		s.annotations(w.Meta.Annotations, w.PodPath+"/metadata/annotations")
		if w.PodPath != "" && !w.Future {
			s.annotations(w.Object.Annotations(), "/metadata/annotations")
		}
		for i := range w.Spec.Volumes {
			s.volume(&w.Spec.Volumes[i], fmt.Sprintf("%s/volumes/%d", w.SpecPath(), i))
		}
	}
	return s.out
}

type podSearch struct {
	workload *airflow.Workload
	out      []clearInPod
}

func (s *podSearch) add(container, path string, kind podPlace, found []inClear) {
	for _, c := range found {
		s.out = append(s.out, clearInPod{inClear: c, workload: s.workload, container: container, path: path, kind: kind})
	}
}

func (s *podSearch) container(c airflow.Container) {
	for i, v := range c.Env {
		found := credentialsIn(v.Name, v.Value, secret.No)
		for j := range found {
			found[j].under = v.Name
		}
		s.add(c.Name, fmt.Sprintf("%s/env/%d/value", c.Path, i), inEnv, found)
	}
	path := c.Path + "/args"
	if len(c.Args) == 0 {
		path = c.Path + "/command"
	}
	command := strings.Join(slices.Concat(c.Command, c.Args), " ")
	found := credentialsIn("", command, secret.No)
	for i := range found {
		found[i].under = snapshot.Redact(command)
	}
	s.add(c.Name, path, inArguments, found)
	for _, probe := range []struct {
		name string
		*corev1.Probe
	}{{"livenessProbe", c.LivenessProbe}, {"readinessProbe", c.ReadinessProbe}, {"startupProbe", c.StartupProbe}} {
		if probe.Probe != nil {
			s.handler(c, probe.name, inProbe, probe.Exec, probe.HTTPGet)
		}
	}
	if c.Lifecycle == nil {
		return
	}
	if h := c.Lifecycle.PostStart; h != nil {
		s.handler(c, "lifecycle/postStart", inLifecycle, h.Exec, h.HTTPGet)
	}
	if h := c.Lifecycle.PreStop; h != nil {
		s.handler(c, "lifecycle/preStop", inLifecycle, h.Exec, h.HTTPGet)
	}
}

func (s *podSearch) handler(c airflow.Container, name string, kind podPlace, exec *corev1.ExecAction, get *corev1.HTTPGetAction) {
	path := c.Path + "/" + name
	if exec != nil {
		s.add(c.Name, path+"/exec/command", kind, credentialsIn("", strings.Join(exec.Command, " "), secret.No))
	}
	if get == nil {
		return
	}
	s.add(c.Name, path+"/httpGet/path", kind, credentialsIn("", get.Path, secret.No))
	for i, header := range get.HTTPHeaders {
		s.add(c.Name, fmt.Sprintf("%s/httpGet/httpHeaders/%d/value", path, i), kind, credentialsIn(header.Name, header.Value, secret.No))
	}
}

func (s *podSearch) annotations(list map[string]string, path string) {
	for _, key := range slices.Sorted(maps.Keys(list)) {
		name := key[strings.LastIndex(key, "/")+1:]
		if strings.HasPrefix(key, "checksum/") { // a digest of a Secret, whatever its name
			continue
		}
		before := len(s.out)
		s.add("", path+"/"+change.Escape(key), inAnnotation, credentialsIn(name, list[key], secret.No))
		for i := range s.out[before:] {
			s.out[before+i].key = key
		}
	}
}

func (s *podSearch) volume(v *corev1.Volume, path string) {
	if v.CSI != nil {
		s.attributes(v.CSI.VolumeAttributes, path+"/csi/volumeAttributes")
	}
	if v.FlexVolume != nil {
		s.attributes(v.FlexVolume.Options, path+"/flexVolume/options")
	}
}

func (s *podSearch) attributes(list map[string]string, path string) {
	for _, key := range slices.Sorted(maps.Keys(list)) {
		s.add("", path+"/"+change.Escape(key), inVolume, credentialsIn(key, list[key], secret.No))
	}
}

// report makes a finding of a credential in pods.
func (c *clearInPod) report(p *rule.Pass, fixes []rule.Fix) {
	w := c.workload
	f := rule.Finding{
		Target: w.Ref, Component: string(w.Component), Container: c.container, Path: c.path, Fixes: fixes,
		Message: fmt.Sprintf("%s holds %s in clear%s: %s", c.where(), c.what, c.alsoIn(), c.readers()),
	}
	if w.Object != nil {
		f.File, f.Line = w.Object.File, w.Object.Line
	}
	p.Report(f)
}

// where names the place of a credential in a pod.
func (c *clearInPod) where() string {
	switch {
	case c.kind == inEnv && c.name != c.under && c.name != "":
		return "the variable " + c.under + " (" + c.name + ")"
	case c.kind == inEnv:
		return "the variable " + c.under
	case c.kind == inArguments && c.name != "":
		return "the command line (" + c.name + ")"
	case c.kind == inArguments:
		return "the command line"
	case c.kind == inAnnotation:
		return "the annotation " + c.key
	}
	return "the " + string(c.kind)
}

func (c *clearInPod) alsoIn() string {
	switch len(c.others) {
	case 0:
		return ""
	case 1:
		return " (so does " + c.others[0].Ref.String() + ")"
	}
	return fmt.Sprintf(" (so do %d more workloads)", len(c.others))
}

func (c *clearInPod) readers() string {
	readers := "whoever may get pods can use it"
	switch {
	case c.workload.Future:
		readers = "whoever may get configmaps, or the task pods, can use it"
	case c.kind == inArguments:
		readers = "whoever may get pods, or list processes on the node, can use it"
	}
	return readers
}

// fixes are how the chart takes the credential from elsewhere.
func (c *clearInPod) fixes(p *rule.Pass) []rule.Fix {
	order := "take it out, and give it by a Secret of your own"
	switch c.kind {
	case inEnv:
		order = envFromSecret
	case inArguments:
		if c.what == "an Airflow user's password" {
			return credentialFixes(p, whereabouts{ref: c.workload.Ref, object: c.workload.Object, component: string(c.workload.Component), container: c.container, path: c.path, inline: true}, userPassword)
		}
		order = "let the command read it from a variable or a file, and give that by a Secret of your own"
	}
	if key := p.Reachable(c.valuesKey(p)); key != "" {
		return []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: key}}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: order}}
}

func (c *clearInPod) valuesKey(p *rule.Pass) string {
	if c.kind != inEnv {
		return ""
	}
	return settingKey(p, airflow.Setting{Via: "env", Name: strings.TrimPrefix(c.under, taskVariables), Component: c.workload.Component, Ref: c.workload.Ref})
}
