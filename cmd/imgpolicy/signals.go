package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilInterrupted is a context that ends when the program is to. A second
// interrupt ends it at once.
//
// A reader that goes away must not end the program by a signal: it has files to
// clear away, and an exit code to end with. Ignored, that signal would be so for git,
// too.
func untilInterrupted() context.Context {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}
