package policy

import "github.com/imgpolicy/imgpolicy/dockerfile/source"

// Watcher is a Policy that can tell what in it a run made no use of.
type Watcher interface {
	// Watch begins to watch what the policy is asked.
	Watch() Watch
}

// Watch watches what one run asks of a policy. It keeps nothing of the sources,
// whose text is that of whole files.
type Watch interface {
	// Asked notes a source that the policy was asked about. It is safe for
	// concurrent use.
	Asked(src source.Source)
	// Used are the numbers of the parts that the sources had to do with, rising; nil
	// where it was asked about none. Use notes those of another watch of the same
	// policy text; what is no number of a part is passed over.
	Used() []int
	Use(parts []int)
	// Unused are the parts of the policy that none of the sources had to do with,
	// sorted by file and place: all of them where it was asked about none, which
	// asked tells.
	Unused() (unused []Flaw, asked bool)
}
