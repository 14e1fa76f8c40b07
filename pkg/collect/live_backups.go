package collect

import (
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// backupsOf are what copies volumes or databases of a namespace, told from its
// objects and Velero's as the API server sent them. Only names, times and what is copied stay.
func backupsOf(namespace string, objects []snapshot.Object) []snapshot.Backup {
	claims := map[string]map[string]any{} // labels of each claim
	for i := range objects {
		if o := &objects[i]; o.Kind == string(snapshot.VolumeClaim) && o.Namespace == namespace {
			claims[o.Name], _ = o.At("metadata", "labels").(map[string]any)
		}
	}
	var out []snapshot.Backup
	for i := range objects {
		o := &objects[i]
		read := backupReaders[o.Group()+"/"+o.Kind]
		if read == nil {
			continue
		}
		if b, copies := read(o, namespace, claims); copies {
			b.Ref = o.Ref
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b snapshot.Backup) int { return a.Ref.Compare(b.Ref) })
	return out
}

// backupReader says what an object copies of a namespace with these claims; copies is false where it copies nothing there.
type backupReader func(o *snapshot.Object, namespace string, claims map[string]map[string]any) (b snapshot.Backup, copies bool)

// backupReaders are the kinds known to make copies, as group/kind.
// Sources: the CRDs of Velero 1.15, the CSI external-snapshotter 8, snapscheduler 3, K8up 2 and CloudNativePG 1.25.
var backupReaders = map[string]backupReader{
	veleroGroup + "/Schedule":                veleroSchedule,
	"snapshot.storage.k8s.io/VolumeSnapshot": volumeSnapshot,
	"snapscheduler.backube/SnapshotSchedule": snapshotSchedule,
	"k8up.io/Schedule":                       k8upSchedule,
	"postgresql.cnpg.io/ScheduledBackup":     scheduledBackup,
	"batch/CronJob":                          dumpingCronJob,
}

func veleroSchedule(o *snapshot.Object, namespace string, claims map[string]map[string]any) (b snapshot.Backup, copies bool) {
	spec := o.At("spec", "template")
	included, excluded := words(in(spec, "includedNamespaces")), words(in(spec, "excludedNamespaces"))
	if len(included) > 0 && !slices.Contains(included, namespace) && !slices.Contains(included, "*") || slices.Contains(excluded, namespace) {
		return b, false
	}
	if in(spec, "snapshotVolumes") == false && in(spec, "defaultVolumesToFsBackup") != true && in(spec, "defaultVolumesToRestic") != true {
		return b, false
	}
	kinds := words(in(spec, "includedResources"))
	if len(kinds) > 0 && !slices.ContainsFunc(kinds, isClaims) || slices.ContainsFunc(words(in(spec, "excludedResources")), isClaims) {
		return b, false
	}
	paused, _ := o.At("spec", "paused").(bool)
	return snapshot.Backup{Schedule: cron(o.At("spec", "schedule")), Paused: paused, Claims: picked(claims, in(spec, "labelSelector"))}, true
}

// isClaims says that a resource's name means claims, or all resources.
func isClaims(resource string) bool {
	resource, _, _ = strings.Cut(resource, ".")
	return resource == "*" || resource == "persistentvolumeclaims" || resource == "pvc" || resource == "persistentvolumeclaim"
}

func volumeSnapshot(o *snapshot.Object, _ string, _ map[string]map[string]any) (b snapshot.Backup, copies bool) {
	claim, _ := o.At("spec", "source", "persistentVolumeClaimName").(string)
	made, _ := o.At("metadata", "creationTimestamp").(string)
	return snapshot.Backup{Claims: []string{claim}, Made: made}, claim != ""
}

func snapshotSchedule(o *snapshot.Object, _ string, claims map[string]map[string]any) (b snapshot.Backup, copies bool) {
	disabled, _ := o.At("spec", "disabled").(bool)
	return snapshot.Backup{Schedule: cron(o.At("spec", "schedule")), Paused: disabled, Claims: picked(claims, o.At("spec", "claimSelector"))}, true
}

func k8upSchedule(o *snapshot.Object, _ string, claims map[string]map[string]any) (b snapshot.Backup, copies bool) {
	backup := o.At("spec", "backup")
	return snapshot.Backup{Schedule: cron(in(backup, "schedule")), Claims: picked(claims, nil)}, backup != nil
}

func scheduledBackup(o *snapshot.Object, _ string, _ map[string]map[string]any) (b snapshot.Backup, copies bool) {
	cluster, _ := o.At("spec", "cluster", "name").(string)
	suspended, _ := o.At("spec", "suspend").(bool)
	return snapshot.Backup{Schedule: cron(o.At("spec", "schedule")), Paused: suspended, Cluster: cluster}, cluster != ""
}

// dumpers are the programs that write a database's content out.
// Sources: the documentation of PostgreSQL, MySQL, pgBackRest, WAL-G, Barman, restic and Redis.
var dumpers = pattern.New(`\b(?:pg_dump|pg_dumpall|pg_basebackup|pgbackrest|wal-g|barman|barman-cloud-backup|mysqldump|mysqlpump|mydumper|mariadb-dump|xtrabackup|restic)\b`)

func dumpingCronJob(o *snapshot.Object, _ string, _ map[string]map[string]any) (b snapshot.Backup, copies bool) {
	suspended, _ := o.At("spec", "suspend").(bool)
	containers, _ := in(podOf(o), "spec", "containers").([]any)
	dumps := slices.ContainsFunc(containers, func(c any) bool {
		image, _ := in(c, "image").(string)
		return dumpers.MatchString(image) || slices.ContainsFunc(append(words(in(c, "command")), words(in(c, "args"))...), dumpers.MatchString)
	})
	return snapshot.Backup{Schedule: cron(o.At("spec", "schedule")), Paused: suspended, Dumps: dumps}, dumps
}

// picked are the claims that a label selector picks, sorted: all where there is none.
func picked(claims map[string]map[string]any, selector any) []string {
	want, _ := in(selector, "matchLabels").(map[string]any)
	more, _ := in(selector, "matchExpressions").([]any)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		if len(more) == 0 && (len(want) == 0 || selects(want, claims[name])) { // expressions are not followed: what they pick stays unsaid
			out = append(out, name)
		}
	}
	return out
}

// cronForm is what a schedule may look like; anything else may be anything.
var cronForm = pattern.New(`^[0-9A-Za-z*/,@?#=~ -]{1,64}$`)

func cron(value any) string {
	text, _ := value.(string)
	if !cronForm.MatchString(text) {
		return ""
	}
	return text
}

func words(value any) []string {
	list, _ := value.([]any)
	var out []string
	for _, entry := range list {
		if text, ok := entry.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// classesOf are the StorageClasses that a claim or the claims of a StatefulSet name.
func classesOf(o *snapshot.Object) []string {
	var specs []any
	switch snapshot.Kind(o.Kind) {
	case snapshot.VolumeClaim:
		specs = []any{o.At("spec")}
	case snapshot.StatefulSet:
		templates, _ := o.At("spec", "volumeClaimTemplates").([]any)
		for _, claim := range templates {
			specs = append(specs, in(claim, "spec"))
		}
	}
	var out []string
	for _, spec := range specs {
		if name, _ := in(spec, "storageClassName").(string); name != "" {
			out = append(out, name)
		}
	}
	return out
}
