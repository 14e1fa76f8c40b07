package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var backupsExist = &rule.Rule{
	ID:       "AS609",
	Slug:     "backups-exist",
	Title:    "Something makes copies of the database that Airflow keeps its state in",
	Why:      "Who deletes or encrypts the database's volume takes all connections, variables, users and the history of runs with it. Without a copy there is nothing to go back to, and nothing to compare with.",
	Fix:      "Back the database up on a schedule: Velero with volumes, a schedule of volume snapshots, a CronJob that dumps, or a managed database that does it. Keep the copies where the cluster's users cannot delete them.",
	Severity: rule.Low,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"DB"},
	Refs: []rule.Ref{
		mitre("T1485"), mitre("T1490"),
		{Source: "Velero documentation", ID: "Schedule", URL: "https://velero.io/docs/main/api-types/schedule/"},
		{Source: "Kubernetes documentation", ID: "Volume Snapshots", URL: "https://kubernetes.io/docs/concepts/storage/volume-snapshots/"},
	},
	Needs: append(slices.Clone(snapshot.Workloads), snapshot.VolumeClaim, snapshot.Backups),
	Uses:  append(slices.Clone(storeUses), snapshot.VeleroSchedules),
	Check: checkBackups,
}

func checkBackups(p *rule.Pass) {
	backups, gap := p.Backups(), p.Gap(snapshot.VolumeClaim)
	w := embeddedDatabase(p)
	if p.Offline() || gap != "" { // the kinds are needed, so the engine says why
		return
	}
	if w == nil {
		judgeOutsideBackups(p, backups)
		return
	}
	claims := claimsOf(p, w)
	if len(claims) == 0 {
		p.Subjects++
		p.Report(backupFinding(w, fmt.Sprintf("the data of %s is in the pod itself: it goes with the pod, and no backup of volumes holds it", w.Ref)))
		return
	}
	judgeBackups(p, w, claims, backups)
}

func judgeBackups(p *rule.Pass, w *airflow.Workload, claims []string, backups []snapshot.Backup) {
	held, paused := "", ""
	for _, b := range backups {
		covers := b.Dumps || !slices.ContainsFunc(claims, func(c string) bool { return !slices.Contains(b.Claims, c) })
		switch {
		case !covers || !current(p, b):
		case b.Paused:
			paused = fmt.Sprintf(", and %s is paused", b.Ref)
		default:
			held = b.Ref.String()
		}
	}
	if gap := p.Gap(snapshot.VeleroSchedules); held == "" && gap != "" {
		p.Unknown("nothing in the namespace makes backups, and Velero's schedules are not known: " + gap)
		return
	}
	p.Subjects++
	if held == "" {
		p.Report(backupFinding(w, fmt.Sprintf("nothing that the cluster shows makes copies of %s, which holds the data of %s%s", strings.Join(claims, ", "), w.Ref, paused)))
	}
}

// fresh is how old a single copy may be to count: somebody then makes them.
const fresh = 8 * 24 * time.Hour

// current says that a backup recurs, or that the copy is new.
func current(p *rule.Pass, b snapshot.Backup) bool {
	if b.Made == "" {
		return true
	}
	made, err := time.Parse(time.RFC3339, b.Made)
	return err == nil && p.Now().Sub(made) < fresh
}

// claimsOf are the claims that hold a workload's data: those its pods name and
// those that its StatefulSet has made.
func claimsOf(p *rule.Pass, w *airflow.Workload) []string {
	var out []string
	for i := range w.Spec.Volumes {
		if claim := w.Spec.Volumes[i].PersistentVolumeClaim; claim != nil {
			out = append(out, claim.ClaimName)
		}
	}
	templates := claimTemplates(w)
	for _, o := range p.Objects(snapshot.VolumeClaim) {
		if o.Namespace == w.Namespace() && slices.ContainsFunc(templates, func(t string) bool { return strings.HasPrefix(o.Name, t+"-"+w.Ref.Name+"-") }) {
			out = append(out, o.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// judgeOutsideBackups: of databases elsewhere only those of CloudNativePG show
// their backups, under the name of the cluster that Airflow's URL begins with.
// Source: CloudNativePG's Services <cluster>-rw, -ro and -r.
func judgeOutsideBackups(p *rule.Pass, backups []snapshot.Backup) {
	uses, unread := storeURLs(p, storeSettings(p, metadataOptions...))
	for _, u := range uses {
		for _, host := range servers(p, u) {
			name, _, _ := strings.Cut(host, ".")
			if slices.ContainsFunc(backups, func(b snapshot.Backup) bool {
				return b.Cluster != "" && !b.Paused && strings.TrimSuffix(name, "-rw") == b.Cluster
			}) {
				p.Subjects++
			} else {
				p.Unknown(host + " is outside the release, where its backups do not show")
			}
		}
	}
	for _, s := range unread {
		p.Unknown(settingName(s) + ": " + whyNoURL(s))
	}
}

func backupFinding(w *airflow.Workload, message string) rule.Finding {
	return workloadFinding(w, w.SpecPath(), message, []rule.Fix{{
		Kind: rule.Manual, Summary: "back the database up on a schedule, or move to a managed one that does, and try a restore",
	}})
}
