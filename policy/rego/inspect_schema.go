package rego

// node says what is known of one field of the input document (the JSON of
// policy.Input in github.com/docker/buildx/policy/types.go).
type node struct {
	fields map[string]*node
	// element is what the keys of a map or list hold.
	element *node
	// always tells that the field is there in every source of its kind, once
	// its metadata is; any other is left out where it is empty.
	always bool
	// kept tells that false, "" and the like are not left out.
	kept bool
	// open tells that what is below is not known here.
	open bool
}

// optional and required name fields without fields of their own.
func (n *node) optional(names ...string) *node { return n.add(node{}, names) }
func (n *node) required(names ...string) *node { return n.add(node{always: true}, names) }

func (n *node) add(of node, names []string) *node {
	if n.fields == nil {
		n.fields = map[string]*node{}
	}
	for _, name := range names {
		child := of
		n.fields[name] = &child
	}
	return n
}

func (n *node) with(name string, child *node) *node {
	n.add(node{}, []string{name})
	n.fields[name] = child
	return n
}

// values is a map of what users chose: its values are there even when empty.
func values() *node { return &node{element: &node{kept: true, open: true}} }

// schema is the input document.
func schema() *node {
	input := (&node{}).with("env", envNode()).with("http", httpNode()).with("git", gitNode()).
		with("local", (&node{}).required("name"))
	return input.with("image", imageNode(input))
}

func envNode() *node {
	return (&node{always: true}).required("filename", "depth").optional("target", "capsRequest").
		with("args", values()).with("labels", values())
}

func httpNode() *node {
	return (&node{}).required("url", "schema", "host", "checksum").optional("path", "hasAuth").
		with("query", &node{element: &node{kept: true, element: &node{kept: true}}})
}

func gitNode() *node {
	actor := func() *node { return (&node{always: true}).optional("name", "email", "when") }
	signed := func(n *node) *node {
		return n.with("pgpSignature", (&node{}).optional("version", "keyID")).
			with("sshSignature", (&node{}).optional("version", "pubKey"))
	}
	commit := signed((&node{always: true}).required("tree", "message").
		with("parents", &node{element: &node{kept: true}}).with("author", actor()).with("committer", actor()))
	tag := signed((&node{}).required("object", "type", "tag", "message").with("tagger", actor()))
	return (&node{}).required("schema", "host", "remote", "fullURL", "ref", "checksum", "commitChecksum").
		optional("tagName", "branch", "subDir", "isCommitRef", "isSHA256", "isAnnotatedTag").
		with("commit", commit).with("tag", tag)
}

func imageNode(input *node) *node {
	list := func() *node { return &node{element: &node{kept: true}} }
	return (&node{}).required("ref", "host", "repo", "fullRepo", "platform", "os", "arch", "checksum").
		optional("tag", "variant", "isCanonical", "createdTime", "user", "workingDir", "hasProvenance").
		with("env", list()).with("volumes", list()).with("labels", values()).
		with("provenance", provenanceNode(input)).with("signatures", &node{element: signatureNode()})
}

func provenanceNode(input *node) *node {
	kept := func(names ...string) *node { return (&node{}).add(node{kept: true}, names) }
	n := (&node{}).optional("predicateType", "buildType", "builderID", "invocationID", "startedOn", "finishedOn", "frontend").
		add(node{kept: true}, []string{"reproducible", "hermetic"})
	return n.with("configSource", (&node{}).optional("uri", "path").with("digest", values())).
		with("buildArgs", values()).with("rawArgs", values()).
		with("completeness", kept("parameters", "environment", "materials")).
		with("materials", &node{element: input})
}

func signatureNode() *node {
	signer := (&node{}).add(node{always: true, kept: true}, []string{"certificateIssuer", "subjectAlternativeName"}).
		optional("issuer", "buildSignerURI", "buildSignerDigest", "runnerEnvironment", "sourceRepositoryURI",
			"sourceRepositoryDigest", "sourceRepositoryRef", "sourceRepositoryIdentifier", "sourceRepositoryOwnerURI",
			"sourceRepositoryOwnerIdentifier", "buildConfigURI", "buildConfigDigest", "buildTrigger", "runInvocationURI",
			"sourceRepositoryVisibilityAtSigning")
	return (&node{}).optional("kind", "type", "dockerReference", "isDHI").with("signer", signer).
		with("timestamps", &node{element: &node{open: true}})
}

// find follows keys as far as they lead. at is the number of keys followed; it
// is all of them unless the next names no field of n.
func (n *node) find(keys []string) (found *node, at int) {
	for i, key := range keys {
		switch {
		case n.open:
			return n, len(keys)
		case n.element != nil:
			n = n.element
		case key == anyKey:
			return &node{open: true}, len(keys)
		case n.fields[key] == nil:
			return n, i
		default:
			n = n.fields[key]
		}
	}
	return n, len(keys)
}

// Metadata of images comes in two parts, and a build asks for one at a time.
var (
	configFields      = []string{"image.labels", "image.user", "image.volumes", "image.workingDir", "image.env"}
	attestationFields = []string{"image.hasProvenance", "image.provenance", "image.signatures"}
)

// fetched are the fields of each kind that have to be asked for, in groups that
// come together.
var fetched = map[string][][]string{
	"image": {append([]string{"image.checksum"}, configFields...), attestationFields},
	"http":  {{"http.checksum"}},
	"git": {
		{"git.tagName", "git.branch", "git.ref", "git.checksum", "git.isAnnotatedTag", "git.commitChecksum", "git.isSHA256"},
		{"git.tag", "git.commit"},
	},
}
