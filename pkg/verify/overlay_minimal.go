package verify

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// simulate claims the findings that are gone when the catalogue's word is
// taken for what each key does, and leaves out what is not needed for that.
func (o *overlayRun) simulate() error {
	o.changes, o.claims = o.plan.Changes, map[string]bool{}
	for _, c := range o.changes {
		for _, f := range c.Fingerprints {
			o.claims[f] = true
		}
	}
	model, closed, err := o.simulated(o.changes)
	if err != nil {
		return err
	}
	open, err := o.open(model, closed)
	if err != nil {
		return err
	}
	o.leave(open, "its values key does not close it")
	return o.shrink()
}

// shrink leaves out one key after the other, as long as the simulation stays good.
func (o *overlayRun) shrink() error {
	for _, leaf := range o.plan.Leaves(o.changes) {
		fewer := harden.Without(o.changes, leaf)
		harm, err := o.simulatedHarm(fewer)
		if err != nil {
			return err
		}
		if len(harm) == 0 {
			o.changes = fewer
		}
	}
	return nil
}

// simulated is the release with what the catalogue says of the changes.
func (o *overlayRun) simulated(changes []harden.ValuesChange) (*airflow.Model, []string, error) {
	effects, closed := o.plan.Effects(changes)
	s, err := Replay(o.Model.Snapshot, effects)
	if err != nil {
		return nil, nil, err
	}
	return airflow.New(s, o.Needs...), closed, nil
}

func (o *overlayRun) simulatedHarm(changes []harden.ValuesChange) ([]harmAt, error) {
	model, closed, err := o.simulated(changes)
	if err != nil {
		return nil, err
	}
	return o.harm(model, closed)
}

// harmAt is something that is not as it should be, and where; finding is empty where it is none.
type harmAt struct {
	at      snapshot.Ref
	finding string
}

// harm are the claimed findings that are open, the new ones, and what changes beside what is asked for.
func (o *overlayRun) harm(model *airflow.Model, closed []string) ([]harmAt, error) {
	report, err := o.Quick(model)
	if err != nil {
		return nil, err
	}
	var out []harmAt
	before := map[string]bool{}
	for _, f := range facts(o.Report) {
		before[f.Fingerprint] = true
	}
	for _, f := range facts(report) {
		claimed := o.claims[f.Fingerprint] && !slices.Contains(closed, f.Fingerprint)
		if claimed || !before[f.Fingerprint] && !f.Excepted {
			out = append(out, harmAt{refOf(f.Target), f.Fingerprint})
		}
	}
	for _, s := range o.strays(model) {
		out = append(out, harmAt{at: s.Target})
	}
	return out, nil
}

// open are the claimed findings that are still there.
func (o *overlayRun) open(model *airflow.Model, closed []string) ([]string, error) {
	report, err := o.Quick(model)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range facts(report) {
		if o.claims[f.Fingerprint] && !slices.Contains(closed, f.Fingerprint) {
			out = append(out, f.Fingerprint)
		}
	}
	return out, nil
}

// attempts bounds how often claims are given up because the chart does not do what its keys say.
const attempts = 3

// tryForReal renders with the overlay and gives up what the chart does not close.
func (o *overlayRun) tryForReal(ctx context.Context) error {
	for range attempts {
		if len(o.changes) == 0 {
			return nil
		}
		o.say("Rendering with the overlay")
		model, err := o.Render(ctx, o.all(o.changes))
		if err != nil {
			return fmt.Errorf("the chart does not take the overlay: %w", err)
		}
		open, err := o.open(model, nil)
		if err != nil {
			return err
		}
		if len(open) == 0 {
			return nil
		}
		o.leave(open, "the chart does not do what its key says")
		if err := o.shrink(); err != nil {
			return err
		}
	}
	return nil
}

// maxRounds bounds the renderings that try whether keys can be left out.
const maxRounds = 16

// confirm leaves each key out of a real rendering. Keys that reach different
// objects are left out together, because what one of them loses the others
// cannot hide. Keys that turn out not to be needed go, if all is well without them.
func (o *overlayRun) confirm(ctx context.Context) error {
	rounds := o.rounds()
	needless := make([][]harden.Leaf, len(rounds))
	g, together := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for i, round := range rounds {
		g.Go(func() error {
			o.say(fmt.Sprintf("Rendering without one key each: %d of %d", i+1, len(rounds)))
			var err error
			needless[i], err = o.needless(together, round)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return o.drop(ctx, slices.Concat(needless...))
}

// drop leaves out keys that are not needed one by one, as long as all stays
// well: of two that do the same, one is needed.
func (o *overlayRun) drop(ctx context.Context, needless []harden.Leaf) error {
	for _, leaf := range needless[:min(len(needless), maxRounds)] {
		fewer := harden.Without(o.changes, leaf)
		model, err := o.Render(ctx, o.all(fewer))
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			continue
		}
		harm, err := o.harm(model, nil)
		if err != nil {
			return err
		}
		if len(harm) == 0 {
			o.changes = fewer
		}
	}
	return nil
}

// rounds are the keys in groups that reach different objects, and all options
// of Airflow's together: what one of them loses no other can hide.
func (o *overlayRun) rounds() [][]harden.Leaf {
	var out [][]harden.Leaf
	for _, leaf := range o.plan.Leaves(o.changes) {
		i := slices.IndexFunc(out, func(round []harden.Leaf) bool {
			return !slices.ContainsFunc(round, func(other harden.Leaf) bool {
				return !apart(leaf, other)
			})
		})
		switch {
		case i >= 0:
			out[i] = append(out[i], leaf)
		case len(out) < maxRounds:
			out = append(out, []harden.Leaf{leaf})
		default:
			o.proof.Assumed = append(o.proof.Assumed, leaf.Key())
			continue
		}
		o.proof.Confirmed = append(o.proof.Confirmed, leaf.Key())
	}
	return out
}

// apart says that two keys can be left out together and each still be judged.
// Rights come together from several objects, and an option of Airflow's may
// be reported wherever its value stands.
func apart(a, b harden.Leaf) bool {
	if len(a.Alone) > 0 || len(b.Alone) > 0 {
		return len(a.Alone) > 0 && len(b.Alone) > 0
	}
	return !a.Rights && !b.Rights && !meet(a.Touches, b.Touches)
}

func meet(a, b []snapshot.Ref) bool {
	return slices.ContainsFunc(a, func(r snapshot.Ref) bool { return slices.Contains(b, r) })
}

// needless are the keys of a round without which nothing is lost where they reach.
func (o *overlayRun) needless(ctx context.Context, round []harden.Leaf) ([]harden.Leaf, error) {
	fewer := o.changes
	for _, leaf := range round {
		fewer = harden.Without(fewer, leaf)
	}
	model, err := o.Render(ctx, o.all(fewer))
	if err != nil {
		return nil, ctx.Err() // the chart does not even take the overlay without them
	}
	harm, err := o.harm(model, nil)
	if err != nil {
		return nil, err
	}
	var out []harden.Leaf
	for _, leaf := range round {
		lost := slices.ContainsFunc(harm, func(h harmAt) bool {
			if len(leaf.Alone) > 0 {
				return slices.Contains(leaf.Alone, h.finding)
			}
			return leaf.Rights || slices.Contains(leaf.Touches, h.at)
		})
		if !lost {
			out = append(out, leaf)
		}
	}
	return out, nil
}
