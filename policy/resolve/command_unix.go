//go:build unix

package resolve

import (
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes the end of a program the end of all that it started: git talks
// to remotes by programs of its own.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// ours tells whether a file is of the user that runs us.
func ours(info fs.FileInfo) bool {
	of, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(of.Uid) == os.Geteuid()
}
