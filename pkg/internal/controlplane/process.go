package controlplane

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// process is one running part of the control plane.
type process struct {
	name   string
	log    string
	handle *os.Process
	done   chan struct{} // closed when the process has ended and was waited for
	how    string        // how it ended, e.g. "exit status 1"; read it after done
}

// startProcess starts a command whose output goes to dir/name.log.
func startProcess(dir, name, path string, args ...string) (*process, error) {
	p := &process{name: name, log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	output, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = dir, output, output, childAttributes()
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	started := make(chan error)
	go func() {
		// Linux kills the child when the thread that started it ends, so that
		// thread is kept for as long as the child lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // its error is in the state
			p.how = cmd.ProcessState.String()
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p.handle = cmd.Process
	return p, nil
}

// kill ends the process and waits for that. Its data is thrown away with it, so
// there is nothing to shut down in good order.
func (p *process) kill() {
	_ = p.handle.Kill()
	<-p.done
}

// ended returns an error with the log's end if the process is no longer there.
func (p *process) ended() error {
	select {
	case <-p.done:
		text, _ := os.ReadFile(p.log)
		return fmt.Errorf("%s ended (%s):\n%s", p.name, p.how, tail(string(text), 15))
	default:
		return nil
	}
}

// until asks again and again what is missing until that is nothing, something
// goes wrong for good, or ctx is done.
func until(ctx context.Context, missing func(context.Context) (string, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		what, err := missing(ctx)
		if err != nil || what == "" {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w while waiting for %s", context.Cause(ctx), what)
		case <-tick.C:
		}
	}
}

// tail returns the last n lines of a text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
