package main

import "github.com/imgpolicy/imgpolicy/lint"

// closest is the valid name that got most likely stands for, or "". Rules and
// flags are guessed alike, in a command line and in a comment.
func closest(got string, valid []string) string { return lint.Closest(got, valid) }
