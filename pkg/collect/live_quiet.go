package collect

import (
	"context"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// quiet keeps client-go from logging bodies, which hold Secrets, at any verbosity.
func quiet(ctx context.Context) context.Context {
	logger := klog.FromContext(ctx)
	return klog.NewContext(ctx, logger.WithSink(noBodies{logger.GetSink()}))
}

// noBodies is a log sink below level 8, where client-go begins to log bodies.
type noBodies struct{ logr.LogSink }

func (s noBodies) Enabled(level int) bool { return level < 8 && s.LogSink.Enabled(level) }

func (s noBodies) WithValues(values ...any) logr.LogSink {
	return noBodies{s.LogSink.WithValues(values...)}
}

func (s noBodies) WithName(name string) logr.LogSink { return noBodies{s.LogSink.WithName(name)} }
