package cli

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

type answer struct{ holds, incomplete bool }

func (a answer) Holds() bool      { return a.holds }
func (a answer) Incomplete() bool { return a.incomplete }

// attempted notes what a command was asked for, in order.
type attempted struct {
	answer
	makes, writes error
	asked         []string
}

func (a *attempted) model(s *snapshot.Snapshot) *airflow.Model {
	a.asked = append(a.asked, "model")
	return airflow.New(s)
}

func (a *attempted) make(context.Context, *airflow.Model, *rendition) (answer, error) {
	a.asked = append(a.asked, "make")
	return a.answer, a.makes
}

func (a *attempted) write(*airflow.Model, answer) error {
	a.asked = append(a.asked, "write")
	return a.writes
}

func TestNothingIsWrittenBeforeAllIsMade(t *testing.T) {
	broken := errors.New("broken")
	all := []string{"model", "during", "make", "write"}
	for name, c := range map[string]struct {
		opens error
		a     attempted
		asked []string
		err   string
	}{
		"not opened":  {opens: broken, err: "broken"},
		"not made":    {a: attempted{makes: broken}, asked: all[:3], err: "release af: broken"},
		"not written": {a: attempted{writes: broken}, asked: all, err: "release af: broken"},
		"disproved":   {a: attempted{answer: answer{incomplete: true}}, asked: all, err: errFindings.Error()},
		"untried":     {a: attempted{answer: answer{holds: true, incomplete: true}}, asked: all, err: errIncomplete.Error()},
		"proved":      {a: attempted{answer: answer{holds: true}}, asked: all},
	} {
		quiet := func(f func()) { c.a.asked = append(c.a.asked, "during"); f() }
		how := trying{progress: &progress{ended: true}, open: func(context.Context) (*rendition, error) {
			return &rendition{base: &snapshot.Snapshot{Release: snapshot.Release{Name: "af"}}, during: quiet}, c.opens
		}}
		err := try(t.Context(), how, &c.a)
		if got := textOf(err); got != c.err || !slices.Equal(c.a.asked, c.asked) {
			t.Errorf("%s: got %q after %q, want %q after %q", name, got, c.a.asked, c.err, c.asked)
		}
	}
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
