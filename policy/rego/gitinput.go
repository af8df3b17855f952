package rego

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/moby/buildkit/util/gitutil"
	"github.com/moby/buildkit/util/gitutil/gitobject"
	"github.com/moby/buildkit/util/gitutil/gitsign"
	"golang.org/x/crypto/ssh"

	"github.com/imgpolicy/imgpolicy/policy"
)

func gitDocument(rest string, attrs map[string]string, meta *policy.GitMetadata) (*document, error) {
	if !gitutil.IsGitTransport(rest) {
		rest = "https://" + rest
	}
	u, err := gitutil.ParseURL(rest)
	if err != nil {
		return nil, err
	}
	d := &document{kind: "git", fields: map[string]any{}}
	ref := ""
	if u.Opts != nil {
		ref = u.Opts.Ref
		if sub := path.Clean(u.Opts.Subdir); sub != "/" && sub != "." {
			put(d.fields, "subDir", u.Opts.Subdir)
		}
	}
	if full, ok := attrs["git.fullurl"]; ok {
		if !gitutil.IsGitTransport(full) {
			full = "https://" + full
		}
		if u, err = gitutil.ParseURL(full); err != nil {
			return nil, err
		}
		put(d.fields, "fullURL", full)
	}
	put(d.fields, "schema", u.Scheme)
	put(d.fields, "remote", u.Remote)
	put(d.fields, "host", u.Host)
	return d, d.gitRef(ref, meta)
}

// gitRef sets what the ref and its metadata tell.
func (d *document) gitRef(ref string, meta *policy.GitMetadata) error {
	fullRef, commit := false, gitutil.IsCommitSHA(ref)
	name := func(ref string) {
		if tag, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
			put(d.fields, "tagName", tag)
			fullRef = true
		}
		if branch, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
			put(d.fields, "branch", branch)
			fullRef = true
		}
	}
	name(ref)
	checksum, commitChecksum := "", ""
	if commit {
		checksum, commitChecksum = ref, ref
		put(d.fields, "isCommitRef", true)
	}
	if meta != nil {
		name(meta.Ref)
		put(d.fields, "ref", meta.Ref)
		checksum, commitChecksum = meta.Checksum, meta.CommitChecksum
		if commitChecksum == "" {
			commitChecksum = checksum
		}
		put(d.fields, "isAnnotatedTag", checksum != commitChecksum)
	} else {
		d.gitNeeds(ref, fullRef || commit, checksum)
	}
	put(d.fields, "checksum", checksum)
	put(d.fields, "commitChecksum", commitChecksum)
	put(d.fields, "isSHA256", len(checksum) == 64)
	if meta == nil {
		return nil
	}
	return d.gitObjects(meta, checksum, commitChecksum)
}

func (d *document) gitNeeds(ref string, full bool, checksum string) {
	if full {
		put(d.fields, "ref", ref)
	} else {
		d.needs("tagName", "branch", "ref")
	}
	if checksum == "" {
		d.needs("checksum", "isAnnotatedTag", "commitChecksum", "isSHA256")
	}
	d.needs("tag", "commit")
}

// gitObjects sets what the objects themselves tell. Their bytes must hash to the
// checksums that the remote gave for them.
func (d *document) gitObjects(meta *policy.GitMetadata, checksum, commitChecksum string) error {
	if len(meta.CommitObject) == 0 {
		d.needs("commit", "tag")
		return nil
	}
	commit, err := gitObject(meta.CommitObject, commitChecksum)
	if err != nil {
		return err
	}
	c, err := commit.ToCommit()
	if err != nil {
		return err
	}
	fields := map[string]any{}
	put(fields, "tree", c.Tree)
	put(fields, "message", c.Message)
	putList(fields, "parents", c.Parents)
	d.putActor(fields, "author", c.Author)
	d.putActor(fields, "committer", c.Committer)
	putSignature(fields, commit)
	d.commit, d.fields["commit"] = commit, fields
	if len(meta.TagObject) == 0 {
		return nil
	}
	return d.tagObject(meta.TagObject, checksum)
}

func (d *document) tagObject(raw []byte, checksum string) error {
	tag, err := gitObject(raw, checksum)
	if err != nil {
		return err
	}
	t, err := tag.ToTag()
	if err != nil {
		return err
	}
	fields := map[string]any{}
	put(fields, "object", t.Object)
	put(fields, "type", t.Type)
	put(fields, "tag", t.Tag)
	put(fields, "message", t.Message)
	d.putActor(fields, "tagger", t.Tagger)
	putSignature(fields, tag)
	d.tag, d.fields["tag"] = tag, fields
	return nil
}

func gitObject(raw []byte, checksum string) (*gitobject.GitObject, error) {
	obj, err := gitobject.Parse(raw)
	if err != nil {
		return nil, err
	}
	return obj, obj.VerifyChecksum(checksum)
}

// putActor sets who did what, and when. A time that JSON cannot have, in the year
// 10000, makes the whole document one that cannot be handed over, as in Buildx,
// which meets the tag first.
func (d *document) putActor(fields map[string]any, key string, a gitobject.Actor) {
	out := map[string]any{}
	put(out, "name", a.Name)
	put(out, "email", a.Email)
	if a.When != nil {
		out["when"] = a.When.Format(time.RFC3339Nano)
		if _, err := json.Marshal(a.When); err != nil && (d.unwritable == nil || key == "tagger") {
			d.unwritable = err
		}
	}
	if len(out) > 0 {
		fields[key] = out
	}
}

// putSignature adds what the signature of a commit or tag says of itself.
func putSignature(fields map[string]any, obj *gitobject.GitObject) {
	if obj.Signature == "" {
		return
	}
	sig, err := gitsign.ParseSignature([]byte(obj.Signature))
	if err != nil {
		return
	}
	if s := sig.PGPSignature; s != nil {
		out := map[string]any{}
		put(out, "version", s.Version)
		if s.IssuerKeyId != nil {
			out["keyID"] = fmt.Sprintf("%016x", *s.IssuerKeyId)
		}
		fields["pgpSignature"] = out
	}
	if s := sig.SSHSignature; s != nil {
		out := map[string]any{"pubKey": ssh.FingerprintSHA256(s.PublicKey)}
		put(out, "version", int(s.Version))
		fields["sshSignature"] = out
	}
}
