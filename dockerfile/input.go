package dockerfile

import "github.com/imgpolicy/imgpolicy/dockerfile/source"

// Input is one place in a Dockerfile that makes the build fetch something.
type Input struct {
	// Source is what would be fetched; nil where that cannot be known or the
	// text is no valid reference. Then Unknown or Err says why.
	Source source.Source
	// Err says why the text is no valid reference.
	Err error
	// Unknown says what is missing to know the source.
	Unknown Unknown
	// Kind is the source's kind, also where Source is nil; "" where not even
	// that is known.
	Kind source.Kind

	// Word is the text as written, line continuations taken out; "" for an
	// input that has no text of its own, such as a frontend given by a build arg.
	Word string
	// Value is Word after variable expansion; meaningless while Unknown is set.
	Value string
	Span  Span
	// Instruction is FROM, COPY, ADD, RUN, "syntax" for the frontend or
	// "context" for what comes from flags of the build alone.
	Instruction string
	// Stage is the index into Resolution.Stages, -1 for the frontend.
	Stage int
	// Platform is the platform the image is fetched for, such as "linux/amd64";
	// "" for everything that has none.
	Platform string
	// Reached tells whether the target needs the input.
	Reached bool
	// Onbuild tells that the input comes from an ONBUILD trigger. Stage is the
	// stage it runs in.
	Onbuild bool
	// Context is the name of the named context that replaced what is written,
	// or "".
	Context string
	// Variables are those the word used, in order of use.
	Variables []Variable
	// NearStage is the stage that a FROM, COPY or RUN may have meant when it named
	// an image, or "".
	NearStage string
	// Words is how many sources the same ADD names.
	Words int
	// Keyword is where the keyword of an ADD stands, empty for other instructions.
	Keyword Span
	// Checksum is where the value of its --checksum stands: the zero Span where
	// there is no such flag, and an empty one elsewhere for a flag without a value.
	Checksum Span
	// Notes explain where BuildKit's reading of the word may surprise.
	Notes []string
}

// Origin tells where a variable's value came from.
type Origin string

// The origins of values.
const (
	FromArgDefault Origin = "arg-default"
	FromBuildArg   Origin = "build-arg"
	FromPlatform   Origin = "platform" // predefined by the build: TARGETARCH, TARGETSTAGE, …
	FromEnv        Origin = "env"      // ENV of the file or of a base image
)

// Variable is one variable that a word used.
type Variable struct {
	Name string
	// Value is the value it had; "" while Known is false.
	Value string
	Known bool
	// Set tells whether it had a value at all; an unset variable expands to "".
	Set    bool
	Origin Origin // "" while it has no value
	// Span is the text the value was written in, or the declaration of a
	// variable without one; empty where there is none in the file.
	Span Span
}

// Unknown says why a source cannot be known. The zero value is "known".
type Unknown struct {
	// Reason is a phrase such as `needs build arg BASE` or `depends on the base
	// image's environment`.
	Reason string
	// Variable is the name of the variable that is missing.
	Variable string
	// Declared is where the variable is declared, empty where it is not.
	Declared Span
	// Global tells that Declared is an ARG from before the first FROM, which
	// the stage does not see because it does not declare it again.
	Global bool
	// Near is a variable of the stage with nearly the same name, or "".
	Near string
	// Args are the build args that would settle it, if any.
	Args []string

	decl decl
}

// IsZero tells whether nothing is missing; a nil Unknown misses nothing.
func (u *Unknown) IsZero() bool { return u == nil || u.Reason == "" }

// Problem is something the build would refuse, with the words BuildKit uses.
type Problem struct {
	Kind    ProblemKind
	Message string
	Span    Span
	// Input is the index of the input the problem is about, -1 where it is
	// about none. Rules that report on the input need not report it again.
	Input int
	// Downstream tells that this build goes on: the text is that of an ONBUILD
	// trigger, which only builds that start from the image run.
	Downstream bool
}

// ProblemKind tells what kind of refusal a Problem is.
type ProblemKind int

// The kinds of problems.
const (
	// ParseProblem: the text is not a Dockerfile, or an instruction is not
	// well formed. BuildKit refuses the file whatever the target.
	ParseProblem ProblemKind = iota
	// BuildProblem: BuildKit parses the file and then refuses to build it.
	BuildProblem
	// ReferenceProblem: an input is no valid reference.
	ReferenceProblem
	// UndefinedProblem: a variable that nothing defines is used where it can
	// only be empty. BuildKit builds on.
	UndefinedProblem
)
