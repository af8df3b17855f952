package policy

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/hiddeco/sshsig"
	"github.com/moby/buildkit/util/pgpsign"
	"github.com/opencontainers/go-digest"
	"golang.org/x/crypto/ssh"

	"github.com/imgpolicy/imgpolicy/policy"
)

const (
	digest1 = "sha256:1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f"
	digest2 = "sha256:2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e"
	commit1 = "1ac0dc8fbd2d0ad4b6e2d8d4ff2de6b1ec1ac5f0"
)

// signer signs git objects and files, with keys made for one run: no answer
// depends on the bytes of a key.
type signer struct {
	pgp *openpgp.Entity
	ssh ssh.Signer
	// files are the public keys, and detached signatures of a file.
	files fstest.MapFS
}

var signers = sync.OnceValue(func() *signer {
	s := &signer{files: fstest.MapFS{}}
	var err error
	if s.pgp, err = openpgp.NewEntity("A B", "", "a@b.c", &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA}); err != nil {
		panic(err)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	if s.ssh, err = ssh.NewSignerFromKey(key); err != nil {
		panic(err)
	}
	var public strings.Builder
	w, err := armor.Encode(&public, openpgp.PublicKeyType, nil)
	if err == nil {
		err = s.pgp.Serialize(w)
	}
	if err != nil || w.Close() != nil {
		panic(err)
	}
	s.put("keys/pgp.asc", public.String())
	s.put("keys/ssh.pub", string(ssh.MarshalAuthorizedKey(s.ssh.PublicKey())))
	s.put("keys/bad.pub", "no key")
	s.put("sig/256.asc", s.signPGP("file", crypto.SHA256))
	s.put("sig/512.asc", s.signPGP("file", crypto.SHA512))
	s.put("sig/bad.asc", "no signature")
	return s
})

func (s *signer) put(name, text string) { s.files[name] = &fstest.MapFile{Data: []byte(text)} }

func (s *signer) signPGP(data string, hash crypto.Hash) string {
	var b strings.Builder
	if err := openpgp.ArmoredDetachSign(&b, s.pgp, strings.NewReader(data), &packet.Config{DefaultHash: hash}); err != nil {
		panic(err)
	}
	return b.String()
}

func (s *signer) signSSH(data string) string {
	sig, err := sshsig.Sign(strings.NewReader(data), s.ssh, sshsig.HashSHA512, "git")
	if err != nil {
		panic(err)
	}
	return string(sshsig.Armor(sig))
}

// rng makes questions.
type rng struct{ *rand.Rand }

func newRNG(seed uint64) rng { return rng{rand.New(rand.NewPCG(seed, 4))} }

func (r rng) pick(list ...string) string { return list[r.IntN(len(list))] }

// oneIn is true once in n times.
func (r rng) oneIn(n int) bool { return r.IntN(n) == 0 }

func (r rng) question() Question {
	kind := r.pick("image", "image", "image", "http", "git", "git", "local")
	q := Question{Env: r.env()}
	switch kind {
	case "image":
		r.image(&q)
	case "http":
		r.http(&q)
	case "git":
		r.git(&q)
	default:
		q.Source = "local://" + r.pick("context", "dockerfile", "assets", "_context", "")
	}
	if r.oneIn(60) {
		q.Source = r.pick("oci-layout://x@"+digest1, "docker-image://", "docker-image://UPPER/x", "docker-image://a:b:c", "nothing",
			"https://[bad", "https://h/%zz", "git://", "git://h/x#:", "docker-image+blob://x@"+digest1, "http://h:port/x")
	}
	return q
}

func (r rng) env() policy.Env {
	e := policy.Env{Filename: r.pick("Dockerfile", "app.Dockerfile", "-", "")}
	if r.oneIn(2) {
		e.Args = map[string]string{"TEAM": r.pick("core", "web", ""), "FIELD": r.pick("labels", "user", "tag", "checksum", "commit")}
	}
	if r.oneIn(3) {
		e.Labels = map[string]string{"org.team": r.pick("core", "web")}
	}
	if r.oneIn(2) {
		e.Target = r.pick("release", "dev")
	}
	return e
}

func (r rng) image(q *Question) {
	ref := r.pick("docker.io/library/alpine", "docker.io/library/node", "ghcr.io/myorg/app", "localhost:5000/a/b", "[::1]:5000/x", "GHCR.io/myorg/app", "docker.io/myorg/app")
	if !r.oneIn(5) {
		ref += ":" + r.pick("3.19", "latest", "v1.2.3", "20", "20-alpine")
	}
	if r.oneIn(3) {
		ref += "@" + r.pick(digest1, digest2)
	}
	q.Source, q.Platform = "docker-image://"+ref, r.pick("linux/amd64", "linux/arm64/v8", "linux/arm/v7", "windows/amd64", "linux/arm64", "linux/s390x")
	if r.oneIn(40) {
		q.Platform = ""
	}
	if r.oneIn(3) {
		q.Metadata = &policy.Metadata{Image: r.imageMetadata()}
	}
}

func (r rng) imageMetadata() *policy.ImageMetadata {
	m := &policy.ImageMetadata{Digest: r.pick(digest1, digest2, "")}
	if !r.oneIn(3) {
		m.Config = []byte(r.imageConfig())
	}
	if r.oneIn(2) {
		m.HasChain = true
		m.AttestationManifest = r.pick("", digest2)
		if r.oneIn(2) {
			m.ProvenanceType = r.pick("https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2")
			m.Provenance = []byte(r.provenance(m.ProvenanceType))
		}
	}
	return m
}

// provenance is an in-toto statement, for the most part one that tells how an
// image was built.
func (r rng) provenance(kind string) string {
	if r.oneIn(10) {
		return r.pick("{}", "[]", `{"predicate":{}}`, `{"predicateType":"https://spdx.dev/Document","predicate":{"buildType":"t"}}`, `{"predicate":{"buildType":1}}`, `{"predicate":null}`)
	}
	var materials []string
	for range r.IntN(4) {
		materials = append(materials, fmt.Sprintf(`{"uri":%q,"digest":%s}`, r.pick(
			"pkg:docker/alpine@3.19", "pkg:docker/alpine@3.19?platform=linux%2Farm64", "pkg:docker/ghcr.io/myorg/app@v1?digest="+digest1,
			"pkg:docker/alpine", "pkg:docker/localhost:5000/a@"+digest1, "pkg:docker/UPPER@1", "pkg:docker/x@1?platform=%zz",
			"https://github.com/myorg/app.git#main", "git@github.com:myorg/app", "https://example.com/a.tgz", "oci://x", "",
		), r.pick("null", `{"sha256":"`+digest1[len("sha256:"):]+`"}`, `{"sha256":"`+digest2+`"}`, `{"sha256":"x"}`, `{"sha1":"00"}`)))
	}
	list := "[" + strings.Join(materials, ",") + "]"
	args := r.pick("null", `{"build-arg:TEAM":"core","target":"release"}`, `{"build-arg:":"x"}`)
	config := `{"uri":"https://github.com/myorg/app.git#refs/heads/main","digest":{"sha1":"00"},"path":"Dockerfile","entryPoint":"Other"}`
	typ := r.pick("", kind)
	if kind == "https://slsa.dev/provenance/v1" {
		return fmt.Sprintf(`{"predicateType":%q,"predicate":{"buildDefinition":{"buildType":%q,"externalParameters":{"configSource":%s,"request":{"frontend":"dockerfile.v0","args":%s}},"resolvedDependencies":%s},"runDetails":{"builder":{"id":%q},"metadata":%s}}}`,
			typ, r.pick("t", ""), r.pick("{}", config), args, list, r.pick("https://github.com/docker/github-builder", ""),
			r.pick("null", `{"invocationId":"i","startedOn":"2026-01-02T03:04:05.6+02:00","buildkit_hermetic":true,"buildkit_completeness":{"request":true}}`))
	}
	return fmt.Sprintf(`{"predicateType":%q,"predicate":{"buildType":%q,"builder":{"id":%q},"invocation":{"configSource":%s,"parameters":{"frontend":"","args":%s}},"materials":%s,"metadata":%s}}`,
		typ, r.pick("t", ""), r.pick("b", ""), r.pick("{}", config), args, list,
		r.pick("null", `{"buildInvocationID":"i","buildFinishedOn":"2026-01-02T03:04:05Z","reproducible":true,"completeness":{"environment":true},"https://mobyproject.org/buildkit@v1#hermetic":true}`))
}

func (r rng) imageConfig() string {
	if r.oneIn(12) {
		return r.pick("{}", "null", "[]", `{"config":{"User":1}}`, `{"created":"x"}`, `{"config":{"Labels":["a"]}}`, `{`, `""`,
			`{"config":null,"created":null}`, `{"config":{"Labels":{},"Env":[],"Volumes":{}}}`, `{"Config":{"user":"u","labels":{"a":"\ud800"}}}`)
	}
	created := r.pick(`"2026-11-21T03:57:22Z"`, `"2020-01-01T00:00:00.123456789+02:00"`, "null")
	labels := r.pick(`{"a":"b"}`, `{"team":"core","org.opencontainers.image.source":"https://github.com/myorg/app"}`, "null")
	volumes := r.pick(`{"/data":{}}`, "null")
	return fmt.Sprintf(`{"created":%s,"config":{"User":%q,"Env":["PATH=/bin","A=b"],"WorkingDir":%q,"Labels":%s,"Volumes":%s}}`,
		created, r.pick("1000", "", "root"), r.pick("/", "/app", ""), labels, volumes)
}

func (r rng) http(q *Question) {
	q.Source = r.pick("https://", "https://", "http://") +
		r.pick("example.com", "EXAMPLE.com", "example.com:443", "user:pw@example.com", "github.com", "github.com", "[::1]:80", "h") +
		r.pick("/dl/file.txt", "/myorg/app/releases/download/v1/a.tgz", "/a/../b%2Fc/", "", "/%ff/x", "/ä") +
		r.pick("", "", "?v=1&v=2&e=", "?x=a%20b#frag", "?%ff=%fe", "?a;b")
	if r.oneIn(6) {
		q.Attrs = map[string]string{"http.authheadersecret": "t"}
	}
	if r.oneIn(6) {
		q.Attrs = map[string]string{"http.checksum": digest1}
	}
	if r.oneIn(3) {
		q.Metadata = &policy.Metadata{HTTP: &policy.HTTPMetadata{Checksum: r.pick(digest1, digest2, "", "odd")}}
		if r.oneIn(2) {
			q.Metadata.HTTP.Signature = r.httpSignature()
		}
	}
}

// httpSignature is the digest that a signature of the files signs, or not quite.
func (r rng) httpSignature() *policy.HTTPSignature {
	name := r.pick("sig/256.asc", "sig/256.asc", "sig/512.asc")
	sig, _, err := pgpsign.ParseArmoredDetachedSignature(signers().files[name].Data)
	if err != nil {
		panic(err)
	}
	algorithm := digest.SHA256
	if sig.Hash == crypto.SHA512 {
		algorithm = digest.SHA512
	}
	out := &policy.HTTPSignature{Suffix: sig.HashSuffix}
	out.Digest = algorithm.FromBytes(append([]byte(r.pick("file", "file", "other")), sig.HashSuffix...)).String()
	if r.oneIn(6) {
		out.Digest = r.pick("", "odd", digest1)
	}
	if r.oneIn(6) {
		out.Suffix = []byte("other")
	}
	return out
}

func (r rng) git(q *Question) {
	path := r.pick("github.com/moby/buildkit.git", "github.com/evil/repo.git", "h/x", "127.0.0.1:8099/repo.git")
	ref := r.pick("", "#v0.10.0", "#main", "#refs/tags/v1.0", "#refs/heads/main", "#"+commit1, "#"+strings.ToUpper(commit1),
		"#"+strings.Repeat("ab", 32), "#1ac0dc8", "#refs/tags/v1.0:docs", "#:docs", "#main:/", "#main:./x", "#refs/pull/1/head")
	q.Source = "git://" + path + ref
	if !r.oneIn(4) {
		full := r.pick("https://"+path, "git@github.com:moby/buildkit.git", "https://user:tok@"+path, "ssh://git@github.com:22/moby/buildkit.git",
			"https://github.com/our-org/../evil/repo.git", "git://"+path, path, "https://"+path+"#v1:sub", "ssh://x")
		q.Attrs = map[string]string{"git.fullurl": full}
	}
	if r.oneIn(2) {
		q.Metadata = &policy.Metadata{Git: r.gitMetadata()}
	}
}

func (r rng) gitMetadata() *policy.GitMetadata {
	commit := r.commit()
	sum := gitSum("commit", commit, r.oneIn(5))
	m := &policy.GitMetadata{Ref: r.pick("refs/tags/v1.0", "refs/heads/main", "refs/pull/1/head", commit1, ""), Checksum: sum}
	if r.oneIn(2) {
		m.CommitChecksum = sum
	}
	tag := []byte(nil)
	if r.oneIn(2) {
		tag = r.tag(sum)
		m.Checksum, m.CommitChecksum = gitSum("tag", tag, len(sum) == 64), sum
	}
	if r.oneIn(3) {
		return m
	}
	m.CommitObject, m.TagObject = commit, tag
	if r.oneIn(30) {
		r.spoil(m)
	}
	return m
}

// spoil makes objects that do not fit.
func (r rng) spoil(m *policy.GitMetadata) {
	switch r.IntN(5) {
	case 0:
		m.CommitObject = []byte("tree x\n\nno author\n")
	case 1:
		m.Checksum = commit1
	case 2:
		m.CommitChecksum = "abc"
	case 3:
		m.CommitObject = m.TagObject
	default:
		m.TagObject = m.CommitObject
	}
}

func gitSum(kind string, raw []byte, long bool) string {
	data := append([]byte(fmt.Sprintf("%s %d\x00", kind, len(raw))), raw...)
	if long {
		return fmt.Sprintf("%x", sha256.Sum256(data))
	}
	return fmt.Sprintf("%x", sha1.Sum(data))
}

func (r rng) actor() string {
	return r.pick("A B <a@b.c> 1732161442 +0200", "A B <a@b.c> 0 +0000", "<a@b.c> 1732161442 -0730", "A <x> B <> 5 +0000", "nobody", " ", "<>",
		"A B <a@b.c> 99999999999999 +0000", "A B <a@b.c> -99999999999999 +0000", "A <a@b.c> 1732161442 +9900", "A <a@b.c> 1732161442 +0061",
		"A <a@b.c> x +0000", "A <a@b.c> 1732161442", "\xe9 <\xff\xfe@b.c> 1732161442 -0000", "A B <a@b.c> 1732161442 +0000", "A B <a@b.c> 1732161442 +0000")
}

func (r rng) message() string {
	return r.pick("fix\n", "fix\n\nSigned-off-by: A B <a@b.c>\n", "", "\n\n", "caf\xe9 \xff\xfe\n", "annotated", "<b>&\u2028\n")
}

func (r rng) commit() []byte {
	head := "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
	for range r.IntN(3) {
		head += "parent " + commit1 + "\n"
	}
	head += "author " + r.actor() + "\ncommitter " + r.actor() + "\n"
	body := "\n" + r.message()
	if sig := r.signature(head + body); sig != "" {
		name := r.pick("gpgsig", "gpgsig", "gpgsig-sha256")
		head += name + " " + strings.ReplaceAll(strings.TrimSuffix(sig, "\n"), "\n", "\n ") + "\n"
	}
	return []byte(head + body)
}

func (r rng) tag(object string) []byte {
	text := "object " + object + "\ntype commit\ntag v1.0\ntagger " + r.actor() + "\n\n" + r.pick("annotated\n", "caf\xe9\n")
	return []byte(text + r.signature(text))
}

// signature is one of a kind, now and then of other data, or none.
func (r rng) signature(data string) string {
	if r.oneIn(6) {
		data = "other"
	}
	switch r.IntN(6) {
	case 0, 1:
		return signers().signPGP(data, crypto.SHA256)
	case 2, 3:
		return signers().signSSH(data)
	case 4:
		return "-----BEGIN PGP SIGNATURE-----\nnone\n-----END PGP SIGNATURE-----\n"
	default:
		return ""
	}
}

// files are what generated policies read.
func files() fstest.MapFS {
	out := fstest.MapFS{
		"data.json":       {Data: []byte(`{"list":["alpine","node","core","1000"],"tag":"3.19","field":"labels","n":1e3}`)},
		"bad.json":        {Data: []byte(`{`)},
		"bundle.json":     {Data: []byte(`{}`)},
		"lib/a.rego":      {Data: []byte("package anything\n\nok if input.image.repo == \"alpine\"\n\nasks(x) if x.user == \"1000\"\n\nname := \"labels\"\n")},
		"lib/strict.rego": {Data: []byte("package lib.strict\n\nimport data.lib.a\n\nok if not a.ok\n\nsigned if input.git.commit.pgpSignature\n")},
	}
	for name, f := range signers().files {
		out[name] = &fstest.MapFile{Data: f.Data, Mode: fs.FileMode(0o644), ModTime: time.Unix(0, 0)}
	}
	return out
}
