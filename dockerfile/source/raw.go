package source

// Raw is a source by its identifier and attributes alone, whatever they are:
// what a policy is asked about on the command line.
type Raw struct {
	ID         string
	Attributes map[string]string
}

// Kind is the kind the identifier's scheme says, "" for any other scheme.
func (r Raw) Kind() Kind {
	for prefix, kind := range map[string]Kind{
		ImageScheme: KindImage, "http://": KindHTTP, "https://": KindHTTP, "git://": KindGit,
		"local://": KindLocal, "oci-layout://": KindOCILayout,
	} {
		if len(r.ID) >= len(prefix) && r.ID[:len(prefix)] == prefix {
			return kind
		}
	}
	return ""
}

// Identifier is the identifier as given.
func (r Raw) Identifier() string { return r.ID }

// Attrs are the attributes as given.
func (r Raw) Attrs() map[string]string { return r.Attributes }

// Pinned is false: nobody has looked.
func (Raw) Pinned() bool { return false }
