package policy

import "context"

// Flaw is a place in a policy file that does not do in a build what it seems to
// say.
type Flaw struct {
	// Rule is the ID of the kind of flaw, which is that of a rule of the linter.
	Rule string
	// File is the text that Start and End, half-open byte offsets, point into:
	// one of the files the policy was loaded from, or one that those import.
	File       File
	Start, End int
	// Message says what is wrong and why, in one line without a trailing period;
	// Help says what to write instead, or is empty.
	Message, Help string
	Notes         []string
	// Fixes are ways to mend it, the best first.
	Fixes []Fix
}

// Fix mends a flaw by changing the file that it is in.
type Fix struct {
	Title string // what it does, lower case, no period: "anchor the pattern"
	// Safe tells that the policy then does what it was seen to be meant to do;
	// any other fix wants a look.
	Safe  bool
	Edits []Edit
}

// Edit replaces the half-open byte range of a file's text by New.
type Edit struct {
	Start, End int
	New        string
}

// Inspector is a Policy that can tell its own flaws.
type Inspector interface {
	// Inspect finds them, sorted by file and place. before are the policies in
	// force that a build asks before this one: two may be sound each and still
	// be unable to work together.
	Inspect(ctx context.Context, before []Policy) []Flaw
}
