//go:build !linux

package controlplane

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

var executableSuffix = map[bool]string{true: ".exe"}[runtime.GOOS == "windows"]

// Only Linux can tie a child's life to its parent's: elsewhere a test that is
// killed leaves its control plane running.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func pause(*os.Process) error  { return errors.ErrUnsupported }
func resume(*os.Process) error { return errors.ErrUnsupported }

// Detached are the attributes of a child that outlives this process.
func Detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
