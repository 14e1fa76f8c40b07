package controlplane

import (
	"os"
	"syscall"
)

const executableSuffix = ""

// childAttributes puts a child in a process group of its own, so that Ctrl-C in
// a terminal leaves the order of stopping to Stop, and has the kernel kill it
// when this process dies without stopping it.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func pause(p *os.Process) error  { return p.Signal(syscall.SIGSTOP) }
func resume(p *os.Process) error { return p.Signal(syscall.SIGCONT) }

// Detached are the attributes of a child that outlives this process and its terminal.
func Detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
