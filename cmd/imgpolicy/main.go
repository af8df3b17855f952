// Imgpolicy checks what the Dockerfiles of a project make a build fetch.
package main

import (
	"os"

	"golang.org/x/term"
)

func main() {
	collectAt(lintingGC)
	width, _, err := term.GetSize(int(os.Stdout.Fd())) // #nosec G115 -- a file descriptor
	a := app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		lookupEnv: os.LookupEnv, environ: os.Environ, getwd: os.Getwd,
		terminal: err == nil, width: width, errTerminal: term.IsTerminal(int(os.Stderr.Fd())), machine: machinePolicyPath(), // #nosec G115 -- a file descriptor
	}
	os.Exit(a.run(untilInterrupted(), os.Args[1:]))
}
