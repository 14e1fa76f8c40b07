package collect

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// parallel requests: enough that a run waits for the slowest list and not for
// their sum, few enough for one user's share of a busy API server.
const parallel = 12

// answers collects what parallel requests bring.
type answers struct {
	mu       sync.Mutex
	objects  []snapshot.Object
	coverage map[snapshot.Kind]snapshot.Coverage
}

func newAnswers() *answers { return &answers{coverage: map[snapshot.Kind]snapshot.Coverage{}} }

func (a *answers) add(objects ...snapshot.Object) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.objects = append(a.objects, objects...)
}

func (a *answers) note(c snapshot.Coverage) {
	a.mu.Lock()
	defer a.mu.Unlock()
	merge(a.coverage, c)
}

// take keeps an object that was asked for by its name, or notes why there is none.
func (a *answers) take(ctx context.Context, kind snapshot.Kind, what string, content map[string]any, err error) error {
	a.note(coverageOf(kind, what, err))
	if err != nil {
		return ctx.Err()
	}
	o, err := liveObject(content)
	if err != nil {
		return err
	}
	a.add(o)
	return nil
}

// group runs requests side by side; a panic in one becomes an error.
type group struct {
	*errgroup.Group
	ctx context.Context
}

func newGroup(ctx context.Context) group {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	return group{g, ctx}
}

func (g group) run(what string, f func(context.Context) error) {
	g.Go(func() (err error) {
		defer guard(what, &err)
		return f(g.ctx)
	})
}

// guard turns a panic into an error that says where it happened. The panic's
// own text stays unsaid: it can hold a value.
func guard(what string, err *error) {
	if recover() == nil {
		return
	}
	var callers [16]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers[:])])
	place := "an unknown place"
	for frame, more := frames.Next(); more; frame, more = frames.Next() {
		if !strings.HasPrefix(frame.Function, "runtime.") {
			place = fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
			break
		}
	}
	*err = fmt.Errorf("internal error while %s (%s): please report it", what, place)
}
