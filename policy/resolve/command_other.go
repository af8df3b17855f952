//go:build !unix

package resolve

import "os/exec"

// ownGroup does nothing: what a program started ends when its pipes do.
func ownGroup(*exec.Cmd) {}
