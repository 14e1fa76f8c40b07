package airflow_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	psaapi "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// corpusCounts are, for each rendered chart, the objects it holds and the
// workloads that Pod Security's restricted level denies: hook Jobs, CronJobs
// and the task pod template count, and none is denied by baseline.
var corpusCounts = map[string]struct{ objects, denied int }{
	"community-8.9.0/00-defaults":                           {30, 10},
	"community-8.9.0/01-insecure-plaintext":                 {37, 12},
	"community-8.9.0/02-kubernetes-executor":                {21, 8},
	"community-8.9.0/03-celery-kubernetes":                  {31, 11},
	"community-8.9.0/04-external-db-redis-plaintext":        {20, 8},
	"community-8.9.0/05-external-db-redis-secrets-tls":      {20, 8},
	"community-8.9.0/06-external-mysql-no-pgbouncer":        {23, 8},
	"community-8.9.0/07-gitsync-ssh-no-knownhosts":          {30, 10},
	"community-8.9.0/08-gitsync-ssh-knownhosts":             {31, 10},
	"community-8.9.0/09-gitsync-https":                      {30, 10},
	"community-8.9.0/10-ingress-tls":                        {32, 10},
	"community-8.9.0/11-pip-packages-hpa-pdb":               {35, 10},
	"community-8.9.0/12-jobs-mode-persistence":              {38, 13},
	"community-8.9.0/13-vault-agent":                        {30, 10},
	"community-8.9.0/14-cloud-identity-csi":                 {30, 10},
	"community-8.9.0/15-psp-pod-security-only":              {30, 2},
	"community-8.9.0/16-hardened-celery":                    {20, 0},
	"community-8.9.0/17-hardened-kubernetes":                {15, 0},
	"official-1.15.0/00-defaults":                           {36, 8},
	"official-1.15.0/01-insecure-plaintext":                 {42, 9},
	"official-1.15.0/02-kubernetes-executor":                {34, 8},
	"official-1.15.0/03-celery-kubernetes":                  {39, 10},
	"official-1.15.0/04-local-executor":                     {30, 6},
	"official-1.15.0/06-pgbouncer-verify-full":              {43, 9},
	"official-1.15.0/07-external-db-redis-existing-secrets": {24, 7},
	"official-1.15.0/08-gitsync-ssh-no-knownhosts":          {36, 8},
	"official-1.15.0/09-gitsync-ssh-knownhosts":             {36, 8},
	"official-1.15.0/10-gitsync-https":                      {36, 8},
	"official-1.15.0/11-ingress-tls":                        {41, 9},
	"official-1.15.0/12-ingress-tls-af3":                    {36, 8},
	"official-1.15.0/13-networkpolicies":                    {52, 10},
	"official-1.15.0/14-networkpolicies-af3":                {42, 8},
	"official-1.15.0/15-keda-triggerer-dagprocessor":        {52, 10},
	"official-1.15.0/16-hpa-pdb":                            {45, 9},
	"official-1.15.0/17-vault-and-identities":               {36, 8},
	"official-1.15.0/18-pss-only":                           {48, 0},
	"official-1.15.0/19-pss-only-1.22-otel":                 {48, 0},
	"official-1.15.0/20-hardened-af2":                       {30, 0},
	"official-1.15.0/21-hardened-af3":                       {27, 0},
	"official-1.15.0/22-airflow2-on-new-chart":              {36, 8},
	"official-1.15.0/25-readonly-rootfs-af2":                {44, 0},
	"official-1.22.0/00-defaults":                           {39, 9},
	"official-1.22.0/01-insecure-plaintext":                 {45, 10},
	"official-1.22.0/02-kubernetes-executor":                {37, 9},
	"official-1.22.0/03-celery-kubernetes":                  {42, 11},
	"official-1.22.0/04-local-executor":                     {33, 7},
	"official-1.22.0/05-multi-executor":                     {42, 11},
	"official-1.22.0/06-pgbouncer-verify-full":              {46, 10},
	"official-1.22.0/07-external-db-redis-existing-secrets": {28, 8},
	"official-1.22.0/08-gitsync-ssh-no-knownhosts":          {39, 9},
	"official-1.22.0/09-gitsync-ssh-knownhosts":             {39, 9},
	"official-1.22.0/10-gitsync-https":                      {39, 9},
	"official-1.22.0/11-ingress-tls":                        {43, 10},
	"official-1.22.0/12-ingress-tls-af3":                    {40, 9},
	"official-1.22.0/13-networkpolicies":                    {55, 11},
	"official-1.22.0/14-networkpolicies-af3":                {45, 9},
	"official-1.22.0/15-keda-triggerer-dagprocessor":        {53, 10},
	"official-1.22.0/16-hpa-pdb":                            {47, 10},
	"official-1.22.0/17-vault-and-identities":               {39, 9},
	"official-1.22.0/18-pss-only":                           {51, 0},
	"official-1.22.0/19-pss-only-1.22-otel":                 {59, 0},
	"official-1.22.0/20-hardened-af2":                       {30, 0},
	"official-1.22.0/21-hardened-af3":                       {30, 0},
	"official-1.22.0/22-airflow2-on-new-chart":              {36, 8},
	"official-1.22.0/23-celery-worker-sets-1.22":            {52, 10},
	"official-1.22.0/24-scheduler-token-volume-1.22":        {37, 9},
	"official-1.22.0/25-readonly-rootfs-af2":                {47, 0},
}

// corpusFolder is where the rendered charts lie, or skips the test.
func corpusFolder(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("AIRFLOWSEC_CORPUS")
	if folder == "" {
		t.Skip("AIRFLOWSEC_CORPUS names no folder of rendered charts")
	}
	return folder
}

func collected(t testing.TB, manifest string) *snapshot.Snapshot {
	t.Helper()
	s, err := collect.FromFiles(context.Background(), collect.Files{Paths: []string{manifest}, Namespace: "airflow"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCorpusAgainstPodSecurity(t *testing.T) {
	folder := corpusFolder(t)
	manifests, err := filepath.Glob(filepath.Join(folder, "*", "*", "manifest.yaml"))
	if err != nil || len(manifests) != len(corpusCounts) {
		t.Errorf("the corpus holds %d rendered charts, the table %d", len(manifests), len(corpusCounts))
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	denied := func(m *airflow.Model, level psaapi.Level) int {
		n := 0
		for _, w := range m.Workloads {
			results := evaluator.EvaluatePod(psaapi.LevelVersion{Level: level, Version: psaapi.LatestVersion()}, &w.Meta, &w.Spec)
			if !policy.AggregateCheckResults(results).Allowed {
				n++
			}
		}
		return n
	}
	for name, want := range corpusCounts {
		t.Run(name, func(t *testing.T) {
			s := collected(t, filepath.Join(folder, name, "manifest.yaml"))
			m := airflow.New(s)
			if got := denied(m, psaapi.LevelRestricted); got != want.denied || len(s.Objects) != want.objects {
				t.Errorf("restricted denies %d workloads of %d objects, want %d of %d", got, len(s.Objects), want.denied, want.objects)
			}
			if got := denied(m, psaapi.LevelBaseline); got != 0 {
				t.Errorf("baseline denies %d workloads", got)
			}
		})
	}
}

// TestCorpusIsUnderstood holds every rendered chart to what must be known of a genuine one.
func TestCorpusIsUnderstood(t *testing.T) {
	folder := corpusFolder(t)
	for name := range corpusCounts {
		t.Run(name, func(t *testing.T) {
			m := airflow.New(collected(t, filepath.Join(folder, name, "manifest.yaml")))
			if want := map[byte]airflow.Dialect{'c': airflow.Community, 'o': airflow.Official}[name[0]]; m.Dialect != want || m.Unsupported != "" {
				t.Errorf("the dialect is %s %s", m.Dialect, m.Unsupported)
			}
			if m.Version == "" || len(m.Executors) == 0 || m.Release != "rel" {
				t.Errorf("release %q, version %q, executors %v", m.Release, m.Version, m.Executors)
			}
			if m.TaskPods.Found != m.TaskPods.Needed || m.TaskPods.Needed != m.Launches() || m.TaskPods.Reason != "" {
				t.Errorf("task pods: %+v with %v", m.TaskPods, m.Executors)
			}
			for _, w := range m.Workloads {
				if _, ok := w.Main(); !ok || w.Component == airflow.Other {
					t.Errorf("%s is %s", w.Ref, w.Component)
				}
				for _, c := range w.Containers() {
					if c.Role == airflow.Extra {
						t.Errorf("%s: nothing is known of container %s", w.Ref, c.Name)
					}
				}
			}
			for _, a := range m.Accounts() {
				for _, gap := range a.Gaps {
					t.Logf("%s: %s", a.Name, gap)
				}
			}
		})
	}
}

func BenchmarkModel(b *testing.B) {
	s := collected(b, filepath.Join(corpusFolder(b), "community-8.9.0", "00-defaults", "manifest.yaml"))
	b.ReportAllocs()
	for b.Loop() {
		airflow.New(s)
	}
}
