//go:build unix

package cachedir

import (
	"io/fs"
	"os"
	"syscall"
)

// ours tells whether a file is of the user that runs us.
func ours(info fs.FileInfo) bool {
	of, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(of.Uid) == os.Geteuid()
}
