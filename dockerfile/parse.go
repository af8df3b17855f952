package dockerfile

// File is a parsed Dockerfile.
type File struct {
	Name string
	Text string
	*Lines
}
