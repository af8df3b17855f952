//go:build unix

package resolve

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the end of a program the end of all that it started: git talks
// to remotes by programs of its own.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
