//go:build unix

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a new file the owner of the old one. Only root may do that for
// others; for everybody else the new owner is who runs the program.
func keepOwner(file *os.File, old fs.FileInfo) {
	if of, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = file.Chown(int(of.Uid), int(of.Gid))
	}
}
