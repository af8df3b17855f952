package policy

// Steady is a Policy that can tell whether its offline answers stay the same for as
// long as its files, those it has read below its root and the questions do. The
// answers of any other policy are not to be kept from one run to the next.
type Steady interface {
	Steady() bool
}
