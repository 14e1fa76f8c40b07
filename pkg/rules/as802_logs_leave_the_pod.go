package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var logsLeaveThePod = &rule.Rule{
	ID:       "AS802",
	Slug:     "logs-leave-the-pod",
	Title:    "Task logs outlive the pods that write them",
	Why:      "What an attacker's task did stands in its log. Where the log is in the pod's own file system, it is gone with the pod: by itself, or because he deletes it.",
	Fix:      "Send task logs to an object store or a log service (remote_logging), or keep them on a persistent volume.",
	Severity: rule.Low,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"App", "Work"},
	Refs: []rule.Ref{
		nsa("Audit logging and threat detection"), owasp("K10"), mitre("T1070"),
		airflowDocs("Logging for tasks", "administration-and-deployment/logging-monitoring/logging-tasks.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkLogs,
}

// lostLogs are those of one workload, and the setting that could send them away.
type lostLogs struct {
	workload *airflow.Workload
	setting  airflow.Setting
}

func checkLogs(p *rule.Pass) {
	var lost []lostLogs
	for _, w := range p.Workloads() {
		main, ok := w.Main()
		if !ok || w.Owner != nil || !writesTaskLogs(p, w) || keptOnVolume(p, w, main) {
			if ok && writesTaskLogs(p, w) {
				p.Subjects++
			}
			continue
		}
		s := remoteLogging(p, w, main)
		if why := whyUnknown(s); why != "" {
			p.Unknown(settingName(s) + " of the " + string(w.Component) + ": " + why)
			continue
		}
		p.Subjects++
		if !isOn(s) {
			lost = append(lost, lostLogs{w, s})
		}
	}
	reportLost(p, lost)
}

// writesTaskLogs: task pods and workers run tasks, triggerers what tasks
// defer, schedulers with a local executor tasks again.
func writesTaskLogs(p *rule.Pass, w *airflow.Workload) bool {
	switch w.Component {
	case airflow.Worker, airflow.TaskPod, airflow.Triggerer:
		return true
	case airflow.Scheduler:
		return slices.ContainsFunc(p.Airflow().Executors, func(e string) bool { return strings.Contains(e, "Local") || e == "SequentialExecutor" })
	}
	return false
}

// remoteLogging is the setting as one container has it; its section before Airflow 2 was core.
func remoteLogging(p *rule.Pass, w *airflow.Workload, main airflow.Container) airflow.Setting {
	section := "logging"
	if p.Airflow().Major == 1 {
		section = "core"
	}
	s, _ := p.SettingIn(w, main.Name, section, "remote_logging")
	return s
}

// keptOnVolume says that the folder of logs is on a volume that outlives the pod.
func keptOnVolume(p *rule.Pass, w *airflow.Workload, main airflow.Container) bool {
	folder := ""
	if s, set := p.Env(w, main.Name, "AIRFLOW__LOGGING__BASE_LOG_FOLDER"); set && s.Clear() {
		folder = s.Value
	}
	for _, mount := range main.VolumeMounts {
		isLogs := mount.MountPath == folder || folder == "" && strings.HasSuffix(strings.TrimSuffix(mount.MountPath, "/"), "/logs")
		if isLogs && outlives(w, mount.Name) {
			return true
		}
	}
	return false
}

// outlives says whether a volume is still there when its pod is gone.
func outlives(w *airflow.Workload, volume string) bool {
	for i := range w.Spec.Volumes {
		if v := &w.Spec.Volumes[i]; v.Name == volume {
			return v.EmptyDir == nil && v.Ephemeral == nil && v.ConfigMap == nil && v.Secret == nil && v.Projected == nil && v.DownwardAPI == nil
		}
	}
	return slices.Contains(claimTemplates(w), volume)
}

// claimTemplates are the names of the claims that a StatefulSet makes for each of its pods.
func claimTemplates(w *airflow.Workload) []string {
	var out []string
	list, _ := w.Object.At("spec", "volumeClaimTemplates").([]any)
	for _, entry := range list {
		claim, _ := entry.(map[string]any)
		meta, _ := claim["metadata"].(map[string]any)
		if name, _ := meta["name"].(string); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// reportLost is one finding: one setting sends the logs of all components away.
func reportLost(p *rule.Pass, lost []lostLogs) {
	if len(lost) == 0 {
		return
	}
	var who []string
	for _, l := range lost {
		if name := string(l.workload.Component); !slices.Contains(who, name) {
			who = append(who, name)
		}
	}
	first := lost[0]
	f := settingFinding(first.setting, fmt.Sprintf("task logs of %s are lost with the pod: %s is off, and no persistent volume holds them",
		strings.Join(who, ", "), settingName(first.setting)), logFixes(p, first.setting))
	f.Component = string(first.workload.Component)
	p.Report(f)
}

func logFixes(p *rule.Pass, s airflow.Setting) []rule.Fix {
	order := "set it to True, with remote_base_log_folder and, for workload identity, an empty remote_log_conn_id; or set logs.persistence.enabled"
	return settingFixes(p, s, order)
}
