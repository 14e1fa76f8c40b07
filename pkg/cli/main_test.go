package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// Whoever stops the program is told no more than that, and gets no report.
func TestInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	for _, args := range [][]string{{"check"}, {"generate", "values"}} {
		var out, errOut bytes.Buffer
		args = append([]string{"kubectl-airflowsec"}, append(args, "af", "--chart", "../../testdata/charts/official")...)
		code := Main(ctx, args, Streams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut})
		if code != exitError || errOut.String() != "error: interrupted\n" || out.Len() > 0 {
			t.Errorf("%v: %d, %q, %q", args, code, errOut.String(), out.String())
		}
	}
}
