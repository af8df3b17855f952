//go:build !unix

package resolve_test

import "os/exec"

// ownGroup does nothing: what it is for is of Unix.
func ownGroup(*exec.Cmd) {}
