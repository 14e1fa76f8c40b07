package collect

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const copies = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data-db-0, namespace: team, labels: {app: db}}
spec: {storageClassName: fast}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: logs, namespace: team}
---
apiVersion: velero.io/v1
kind: Schedule
metadata: {name: all, namespace: velero}
spec: {schedule: "0 1 * * *", template: {hooks: {resources: [{name: canary-3f9a}]}}}
---
apiVersion: velero.io/v1
kind: Schedule
metadata: {name: picked, namespace: velero}
spec: {schedule: "@daily canary-3f9a\n", paused: true, template: {includedNamespaces: [team], labelSelector: {matchLabels: {app: db}}}}
---
apiVersion: velero.io/v1
kind: Schedule
metadata: {name: others, namespace: velero}
spec: {template: {includedNamespaces: [elsewhere]}}
---
apiVersion: velero.io/v1
kind: Schedule
metadata: {name: excluded, namespace: velero}
spec: {template: {excludedNamespaces: [team]}}
---
apiVersion: velero.io/v1
kind: Schedule
metadata: {name: without-volumes, namespace: velero}
spec: {template: {snapshotVolumes: false}}
---
apiVersion: velero.io/v1
kind: Schedule
metadata: {name: secrets-only, namespace: velero}
spec: {template: {includedResources: [secrets]}}
---
apiVersion: velero.io/v1
kind: Schedule
metadata: {name: lost, namespace: somewhere-else}
spec: {template: {}}
---
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: once, namespace: team, creationTimestamp: "2026-11-20T00:00:00Z"}
spec: {source: {persistentVolumeClaimName: logs}}
---
apiVersion: snapscheduler.backube/v1
kind: SnapshotSchedule
metadata: {name: nightly, namespace: team}
spec: {schedule: "0 2 * * *", disabled: true, claimSelector: {matchExpressions: [{key: app, operator: Exists}]}}
---
apiVersion: k8up.io/v1
kind: Schedule
metadata: {name: k8up, namespace: team}
spec: {backend: {repoPasswordSecretRef: {name: canary-3f9a}}, backup: {schedule: "@daily-random"}}
---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata: {name: pg, namespace: team}
spec: {schedule: "0 0 0 * * *", cluster: {name: airflow-db}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: dump, namespace: team}
spec: {schedule: "0 3 * * *", suspend: true, jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: "postgres:16", command: [sh, -c], args: ["PGPASSWORD=canary-3f9a pg_dump airflow | aws s3 cp - s3://b"]}]}}}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: other, namespace: team}
spec: {schedule: "0 3 * * *", jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: "postgres:16", args: [no-pg_dumping]}]}}}}}
---
apiVersion: k8up.io/v1
kind: Schedule
metadata: {name: of-others, namespace: elsewhere}
spec: {backup: {}}
`

func TestReadTellsWhatMakesCopies(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"), copies)
	s, _ := one(t, f, "team")
	var got []string
	for _, b := range s.Backups {
		got = append(got, fmt.Sprintf("%s %q paused=%t %v %s dumps=%t %s", b.Ref, b.Schedule, b.Paused, b.Claims, b.Cluster, b.Dumps, b.Made))
	}
	want := []string{
		`cronjob/dump "0 3 * * *" paused=true []  dumps=true `,
		`schedule/k8up "@daily-random" paused=false [data-db-0 logs]  dumps=false `,
		`schedule/all "0 1 * * *" paused=false [data-db-0 logs]  dumps=false `,
		`schedule/picked "" paused=true [data-db-0]  dumps=false `,
		`scheduledbackup/pg "0 0 0 * * *" paused=false [] airflow-db dumps=false `,
		`snapshotschedule/nightly "0 2 * * *" paused=true []  dumps=false `,
		`volumesnapshot/once "" paused=false [logs]  dumps=false 2026-11-20T00:00:00Z`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	for i := range s.Objects {
		if o := &s.Objects[i]; backupReaders[o.Group()+"/"+o.Kind] != nil {
			t.Errorf("%s counts as the release's", o)
		}
	}
	if text, err := json.Marshal(s); err != nil || strings.Contains(string(text), canary) {
		t.Errorf("a secret is left, or %v", err)
	}
}

func TestReadAsksForVeleroWhereItLives(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	s, _ := one(t, f, "team")
	if c := s.CoverageOf(snapshot.VeleroSchedules); c.State != snapshot.Unserved || f.count("velero") > 0 {
		t.Errorf("a cluster without Velero: %+v, %d requests", c, f.count("velero"))
	}
	f = newFakeAPI(t, scheduler("team", "af"), copies)
	f.refuse("velero", 403, "Forbidden")
	s, _ = one(t, f, "team")
	if c := s.CoverageOf(snapshot.VeleroSchedules); c.State != snapshot.Forbidden || !strings.Contains(c.Reason, "this user may not list schedules.velero.io in namespace velero") {
		t.Errorf("got %+v", c)
	}
	if c := s.CoverageOf(snapshot.Backups); c.State != snapshot.Read {
		t.Errorf("got %+v", c)
	}
}

func TestReadFollowsClaimsToTheirClasses(t *testing.T) {
	const database = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: team, labels: {release: af}}
spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast}}], template: {spec: {volumes: [{name: l, persistentVolumeClaim: {claimName: logs}}], containers: [{name: a}]}}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: ebs.csi.aws.com
parameters: {encrypted: "true", kmsKeyId: canary-3f9a}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: slow}
provisioner: ebs.csi.aws.com
`
	f := newFakeAPI(t, scheduler("team", "af"), copies, database)
	s, _ := one(t, f, "team")
	found := s.OfKind(snapshot.StorageClass)
	if len(found) != 1 || found[0].Name != "fast" || found[0].At("parameters", "encrypted") != "true" || found[0].At("parameters", "kmsKeyId") == "canary-3f9a" {
		t.Errorf("got %v", found)
	}
	if c := s.CoverageOf(snapshot.StorageClass); c.State != snapshot.Read {
		t.Errorf("got %+v", c)
	}
	f.refuse("storageclasses", 403, "Forbidden")
	s, _ = one(t, f, "team")
	if c := s.CoverageOf(snapshot.StorageClass); c.State != snapshot.Forbidden || c.Reason != "this user may not get storageclasses.storage.k8s.io" {
		t.Errorf("got %+v", c)
	}
}
