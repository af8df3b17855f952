package source

// Local is a directory of the build client, by the name of its context.
type Local struct{ Name string }

// Kind is KindLocal.
func (Local) Kind() Kind { return KindLocal }

// Identifier is "local://" and the context's name.
func (l Local) Identifier() string { return "local://" + l.Name }

// Attrs is nil: sessions and patterns are the client's.
func (Local) Attrs() map[string]string { return nil }

// Pinned is false: a directory has whatever is in it.
func (Local) Pinned() bool { return false }

// OCILayout is an image in an OCI layout directory, given as a named context.
type OCILayout struct {
	image Image
	Store string
}

// NewOCILayout makes the source of a named context whose value is an OCI
// layout: BuildKit names it by the context, with the layout's digest.
func NewOCILayout(contextName, digest, store string) (OCILayout, error) {
	img, err := ParseImage(contextName)
	if err != nil {
		return OCILayout{}, err
	}
	// BuildKit adds the digest to the name as given: no ":latest" is filled in.
	if img.impliedTag {
		img, err = ParseImage(img.Name() + "@" + digest)
	} else {
		img, err = img.WithDigest(digest)
	}
	return OCILayout{image: img, Store: store}, err
}

// Kind is KindOCILayout.
func (OCILayout) Kind() Kind { return KindOCILayout }

// Identifier is "oci-layout://" and the context's name with the digest.
func (o OCILayout) Identifier() string { return "oci-layout://" + o.image.Ref() }

// Attrs holds oci.store.
func (o OCILayout) Attrs() map[string]string { return map[string]string{"oci.store": o.Store} }

// Pinned is true: a layout is always read by digest.
func (OCILayout) Pinned() bool { return true }
