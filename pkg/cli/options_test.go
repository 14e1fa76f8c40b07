package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func streams() (Streams, *bytes.Buffer, *bytes.Buffer) {
	var out, errOut bytes.Buffer
	return Streams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut}, &out, &errOut
}

func TestCheckFlagsBecomeOptions(t *testing.T) {
	s, _, _ := streams()
	flags := checkFlags{source: sourceFlags{kube: newKubeFlags(), sample: true}, profile: "baseline", output: "json", failOn: "high", color: "never"}
	o, err := flags.toOptions(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	if o.format != "json" || o.failOn != rule.High || o.profile.Level != rule.Baseline || !o.render.Single || o.render.Color {
		t.Errorf("got %+v", o)
	}
	flags.failOn = "none"
	if o, err = flags.toOptions(nil, s); err != nil || o.failOn != "" {
		t.Errorf("--fail-on none became %q, %v", o.failOn, err)
	}
}

func TestSourceFlagsThatDoNotGoTogether(t *testing.T) {
	for want, f := range map[string]sourceFlags{
		"one source only":    {sample: true, from: "x"},
		"need --chart":       {files: []string{"x"}, set: []string{"a=b"}},
		"--kube-version":     {kubeVersion: "1.36"},
		"--revision reads":   {revision: 2, chart: "x"},
		"counts from 1":      {revision: -1},
		"-A is for the clus": {chart: "x", kube: &kubeFlags{all: true}},
	} {
		if f.kube == nil {
			f.kube = newKubeFlags()
		}
		if err := f.validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", f, err, want)
		}
	}
}

func TestChoose(t *testing.T) {
	a, b := collect.Found{Name: "a", Namespace: "n"}, collect.Found{Name: "b", Namespace: "n"}
	refused := []snapshot.Coverage{{Kind: snapshot.Secret, State: snapshot.Forbidden, Reason: "secrets is forbidden"}}
	for _, c := range []struct {
		found           []collect.Found
		coverage        []snapshot.Coverage
		name, namespace string
		want, fails     string
	}{
		{found: []collect.Found{a}, namespace: "n", want: "a"},
		{found: []collect.Found{a, b}, namespace: "n", fails: "name one of: a, b"},
		{found: []collect.Found{a, b}, want: "a, b"},
		{found: []collect.Found{a, b}, name: "b", namespace: "n", want: "b"},
		{found: []collect.Found{a}, name: "c", namespace: "n", fails: "no Airflow release named c in namespace n"},
		{namespace: "n", fails: "no Airflow release in namespace n"},
		{namespace: "n", coverage: refused, fails: "not everything could be read: Secret forbidden secrets is forbidden"},
		{fails: "in any namespace"},
	} {
		got, err := choose(c.found, c.coverage, c.name, c.namespace)
		switch {
		case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
			t.Errorf("%+v: %v, want %q", c, err, c.fails)
		case c.fails == "" && (err != nil || names(got) != c.want):
			t.Errorf("%+v: %v, %v", c, names(got), err)
		}
	}
}

func TestAPanicIsAnErrorThatShowsNoValue(t *testing.T) {
	s, out, errOut := streams()
	s.In = nil // reading standard input panics
	code := Main(context.Background(), []string{"kubectl-airflowsec", "check", "-f", "-"}, s)
	if code != exitError || out.Len() != 0 || !strings.HasPrefix(errOut.String(), "error: ") {
		t.Errorf("code %d, out %q, err %q", code, out, errOut)
	}
}

func TestVerbosityStopsBeforeBodies(t *testing.T) {
	s, _, _ := streams()
	cmd := newRootCommand("x", s)
	if err := cmd.PersistentFlags().Set("v", "99"); err != nil {
		t.Fatal(err)
	}
	if klogLevel() > maxVerbosity {
		t.Errorf("-v 99 logs at level %d", klogLevel())
	}
	if err := cmd.PersistentFlags().Set("v", "loud"); err == nil {
		t.Error("-v loud was taken")
	}
	if err := cmd.PersistentFlags().Set("v", "0"); err != nil {
		t.Fatal(err)
	}
}

func TestOneReleaseThatCannotBeJudgedDoesNotHideTheOthers(t *testing.T) {
	s, out, _ := streams()
	o := &checkOptions{streams: s, format: "json", profile: &profile.Profile{Name: "p", Level: rule.Baseline}, failOn: rule.Critical}
	o.source = func(_ context.Context, each func(*snapshot.Snapshot) error) error {
		good, err := readSample()
		if err != nil {
			t.Fatal(err)
		}
		if err := each(good); err != nil {
			t.Fatal(err)
		}
		return partial{each(&snapshot.Snapshot{})}
	}
	err := o.run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "1 of the releases could not be judged") || !strings.Contains(out.String(), `"name": "airflow"`) {
		t.Errorf("got %v, and printed %.80s", err, out)
	}
}
