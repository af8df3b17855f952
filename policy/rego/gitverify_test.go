package rego_test

import (
	"bytes"
	"crypto/sha1" // what git names objects by
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// signed makes a commit and an annotated tag of it, both signed, and is what a
// remote would tell about the tag.
func (w workshop) signed(format, key string) *policy.GitMetadata {
	w.t.Helper()
	git := func(args ...string) []byte {
		return w.run("git", append([]string{"-c", "gpg.format=" + format, "-c", "user.signingKey=" + key}, args...)...)
	}
	git("init", "--quiet", "--initial-branch=main")
	git("commit", "--quiet", "--allow-empty", "-S", "-m", "first\n\nwhy it is first")
	git("tag", "-s", "-m", "the release", "v1")
	id := func(rev string) string { return strings.TrimSpace(string(git("rev-parse", rev))) }
	return &policy.GitMetadata{
		Ref: "refs/tags/v1", Checksum: id("v1"), CommitChecksum: id("v1^{commit}"),
		CommitObject: git("cat-file", "commit", "v1^{commit}"), TagObject: git("cat-file", "tag", "v1"),
	}
}

// repository is the source that the tests with git metadata ask about.
var repository = source.Raw{
	ID:         "git://github.com/example/app.git#refs/tags/v1",
	Attributes: map[string]string{"git.fullurl": "https://github.com/example/app.git"},
}

func TestGitSignaturesOfGPG(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t, "git", "gpg", "ssh-keygen")
	_, sshPublic := w.sshKey("key")
	fingerprint, public := w.pgpKey("grace@example.com")
	_, other := w.pgpKey("eve@example.com")
	meta := w.signed("openpgp", fingerprint)
	root := fstest.MapFS{
		"key.asc": file(public), "other.asc": file(other), "both.asc": file(w.run("gpg", "--batch", "--armor", "--export")),
		"empty": file(nil), "key.pub": file(sshPublic),
	}
	keyID := `"` + strings.ToLower(fingerprint[len(fingerprint)-16:]) + `"`
	compare(t, policy.Request{Source: repository, Metadata: &policy.Metadata{Git: meta}}, root, [][2]string{
		{`verify_git_signature(input.git.commit, "key.asc")`, "true"},
		{`verify_git_signature(input.git.tag, "key.asc")`, "true"},
		{`verify_git_signature(input.git.commit, "both.asc")`, "true"},
		{`verify_git_signature(input.git.commit, "other.asc")`, "undefined"},
		{`verify_git_signature(input.git.tag, "other.asc")`, "undefined"},
		{`verify_git_signature(input.git.commit, "key.pub")`, "undefined"},
		{`verify_git_signature(input.git.commit, "empty")`, "undefined"},
		{`verify_git_signature(input.git.commit, "missing")`, "undefined"},
		{`verify_git_signature(input.git.commit, "../key.asc")`, "undefined"},
		{`verify_git_signature(input.git, "key.asc")`, "undefined"},
		{`verify_git_signature(object.union(input.git.commit, {"message": "second"}), "key.asc")`, "undefined"},
		{`input.git.commit.pgpSignature`, `{"keyID":` + keyID + `,"version":4}`},
		{`input.git.tag.pgpSignature.keyID`, keyID},
		{`input.git.commit.sshSignature`, "undefined"},
		{`input.git.commit.author`, `{"email":"ada@example.com","name":"Ada","when":"2023-11-15T03:43:20+05:30"}`},
		{`input.git.commit.committer.when`, `"2023-11-14T14:23:20-08:00"`},
		{`input.git.commit.message`, `"first\n\nwhy it is first"`},
		{`input.git.commit.parents`, "undefined"},
		{`input.git.tag.tagger.name`, `"Grace"`},
		{`[input.git.tag.tag, input.git.tag.type, input.git.tag.message]`, `["v1","commit","the release"]`},
		{`input.git.tag.object == input.git.commitChecksum`, "true"},
		{`input.git.isAnnotatedTag`, "true"},
	})
}

func TestGitSignaturesOfSSH(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t, "git", "ssh-keygen")
	key, public := w.sshKey("key")
	_, other := w.sshKey("other")
	meta := w.signed("ssh", key)
	root := fstest.MapFS{
		"key.pub": file(public), "other.pub": file(other), "both.pub": file(append(bytes.Clone(other), public...)),
		"signers": file(append([]byte("grace@example.com "), public...)),
		"key.asc": file([]byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n")),
	}
	fingerprint := strings.Fields(string(w.run("ssh-keygen", "-l", "-f", key+".pub")))[1]
	compare(t, policy.Request{Source: repository, Metadata: &policy.Metadata{Git: meta}}, root, [][2]string{
		{`verify_git_signature(input.git.commit, "key.pub")`, "true"},
		{`verify_git_signature(input.git.tag, "key.pub")`, "true"},
		{`verify_git_signature(input.git.commit, "other.pub")`, "undefined"},
		// Of several keys only the first counts; a line of git's own list of
		// signers is read as a key with options.
		{`verify_git_signature(input.git.commit, "both.pub")`, "undefined"},
		{`verify_git_signature(input.git.commit, "signers")`, "true"},
		{`verify_git_signature(input.git.commit, "key.asc")`, "undefined"},
		{`input.git.commit.sshSignature`, `{"pubKey":"` + fingerprint + `","version":1}`},
		{`input.git.tag.sshSignature.pubKey`, `"` + fingerprint + `"`},
		{`input.git.commit.pgpSignature`, "undefined"},
	})
}

// TestGitObjectsThatWereTamperedWith changes what is signed, once so that the
// remote's checksum is missed, which fails the build, and once with a checksum
// that is right.
func TestGitObjectsThatWereTamperedWith(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t, "git", "ssh-keygen")
	key, public := w.sshKey("key")
	meta := w.signed("ssh", key)
	root := fstest.MapFS{"key.pub": file(public)}
	for _, object := range []struct {
		name      string
		raw       *[]byte
		checksums []*string
	}{
		{"commit", &meta.CommitObject, []*string{&meta.CommitChecksum}},
		{"tag", &meta.TagObject, []*string{&meta.Checksum}},
	} {
		original := *object.raw
		*object.raw = bytes.Replace(original, []byte("Grace"), []byte("Eve"), 1)
		p, err := rego.Load([]policy.File{{Name: "p.rego", Text: []byte("package docker\ndecision := {}")}}, root, rego.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := policy.Request{Source: repository, Metadata: &policy.Metadata{Git: meta}}
		if _, err := p.Check(t.Context(), r); err == nil || !strings.HasPrefix(err.Error(), "failed to build policy input: checksum mismatch: expected ") {
			t.Errorf("%s: error %v", object.name, err)
		}
		sum := sha1.Sum(fmt.Appendf(nil, "%s %d\x00%s", object.name, len(*object.raw), *object.raw))
		*object.checksums[0] = hex.EncodeToString(sum[:])
		compare(t, r, root, [][2]string{{`verify_git_signature(input.git.` + object.name + `, "key.pub")`, "undefined"}})
		*object.raw = original
		sum = sha1.Sum(fmt.Appendf(nil, "%s %d\x00%s", object.name, len(original), original))
		*object.checksums[0] = hex.EncodeToString(sum[:])
		compare(t, r, root, [][2]string{{`verify_git_signature(input.git.` + object.name + `, "key.pub")`, "true"}})
	}
}

func TestGitObjectsWithoutSignature(t *testing.T) {
	t.Parallel()
	object := func(author string) *policy.Metadata {
		raw := []byte("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor " + author + "\ncommitter C <c@x> 1700000000 +0000\n\n\xe9t\xe9 \xff\xfe\n")
		sum := sha1.Sum(fmt.Appendf(nil, "commit %d\x00%s", len(raw), raw))
		return &policy.Metadata{Git: &policy.GitMetadata{Ref: "refs/heads/main", Checksum: hex.EncodeToString(sum[:]), CommitObject: raw}}
	}
	root := fstest.MapFS{"key": file([]byte("x"))}
	compare(t, policy.Request{Source: repository, Metadata: object("nobody")}, root, [][2]string{
		{`verify_git_signature(input.git.commit, "key")`, "undefined"},
		{`input.git.commit.author`, `{"name":"nobody"}`},
		{`input.git.commit.pgpSignature`, "undefined"},
		{`input.git.tag`, "undefined"},
		{`input.git.isAnnotatedTag`, "undefined"},
		// Objects in other encodings: Buildx hands them over as JSON.
		{`input.git.commit.message == "\uFFFDt\uFFFD \uFFFD\uFFFD"`, "true"},
	})
	p, err := rego.Load([]policy.File{{Name: "p.rego", Text: []byte("package docker\ndecision := {}")}}, root, rego.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Check(t.Context(), policy.Request{Source: repository, Metadata: object("A <a@x> 300000000000 +0000")})
	want := "failed to marshal policy input: json: error calling MarshalJSON for type *time.Time: Time.MarshalJSON: year outside of range [0,9999]"
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}
