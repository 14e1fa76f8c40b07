package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// control is the socket on which a running cluster is found and stopped. It ends
// with its process, so unlike a file of process numbers it cannot be out of date.
type control struct {
	listener net.Listener
	stop     chan struct{} // closed by the first request to stop
	mu       sync.Mutex
	askers   []net.Conn
}

func socket(dir string) string { return filepath.Join(dir, "control") }

func dial(dir string) (net.Conn, error) { return net.Dial("unix", socket(dir)) }

func listen(dir string) (*control, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	listener, err := net.Listen("unix", socket(dir))
	if err != nil {
		return nil, err
	}
	c := &control{listener: listener, stop: make(chan struct{})}
	go c.accept()
	return c, nil
}

func (c *control) accept() {
	var once sync.Once
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		go func() {
			if word, _ := bufio.NewReader(conn).ReadString('\n'); word != "stop\n" {
				_ = conn.Close()
				return
			}
			c.mu.Lock()
			c.askers = append(c.askers, conn)
			c.mu.Unlock()
			once.Do(func() { close(c.stop) })
		}()
	}
}

// close tells everyone who asked for the end that it has come.
func (c *control) close() {
	_ = c.listener.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.askers {
		_ = conn.Close()
	}
}

// askToStop returns when the cluster is gone. None running is no error.
func askToStop(dir string) error {
	conn, err := dial(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "No cluster runs.")
		return nil
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "stop\n"); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, conn)
	return err
}

// detach starts this program again in the background and returns when that has
// printed its KUBECONFIG line.
func detach(dir string, o options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.Create(dir + ".log")
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(self, "-chart", o.chart, "-helm", o.helm)
	cmd.Stderr, cmd.SysProcAttr = log, controlplane.Detached()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = cmd.Wait()
		text, _ := os.ReadFile(log.Name())
		return errors.New("the cluster did not come up:\n" + string(text))
	}
	fmt.Print(line)
	return cmd.Process.Release()
}
