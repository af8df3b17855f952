package resolve

import (
	"bytes"
	"context"
	"crypto"
	_ "crypto/sha1" // #nosec G505 -- what git names objects by
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

const (
	maxObject  = 4 << 20 // bytes of a commit or a tag
	maxFetched = 1 << 30 // bytes of a fetch, where a remote sends more than is wanted
	maxNested  = 8       // tags of tags
)

// gitObject is a commit or a tag as git stores it, without its header.
type gitObject struct {
	id, kind string
	body     []byte
}

// gitObjects are what an id leads to: tags, and the commit at the end.
type gitObjects []gitObject

// addObjects adds the objects behind the checksums, as BuildKit's
// addGitObjectsToMetadata. Each hashes to the id it was asked by.
func (r *Resolver) addObjects(ctx context.Context, src source.Git, out *policy.GitMetadata) error {
	chain, err := r.objects.do(ctx, src.Remote+"\x00"+out.Checksum, func() (gitObjects, error) {
		if chain, err := follow(out.Checksum, r.keptObject); err == nil {
			return chain, nil
		}
		// By id, since the ref may have moved on since it was looked up; not every
		// server takes that.
		chain, err := r.fetchObjects(ctx, src, out.Checksum, out.Checksum)
		if errors.Is(err, ErrNotFound) && out.Ref != out.Checksum {
			chain, err = r.fetchObjects(ctx, src, out.Ref, out.Checksum)
		}
		return chain, err
	})
	if err != nil {
		return err
	}
	commit := chain[len(chain)-1]
	out.CommitObject, out.CommitChecksum = commit.body, ""
	if len(chain) > 1 {
		out.TagObject, out.CommitChecksum = chain[0].body, commit.id
	}
	return nil
}

func (r *Resolver) keptObject(id string) (gitObject, error) {
	kind, body, ok := r.cache.object(id)
	if !ok {
		return gitObject{}, fs.ErrNotExist
	}
	return gitObject{id, kind, body}, nil
}

// follow reads the object with an id, and what it is a tag of.
func follow(id string, get func(string) (gitObject, error)) (gitObjects, error) {
	var chain gitObjects
	for len(chain) < maxNested {
		o, err := get(id)
		if err != nil {
			return nil, err
		}
		chain = append(chain, o)
		switch o.kind {
		case "commit":
			return chain, nil
		case "tag":
			first, _, _ := strings.Cut(string(o.body), "\n")
			next, ok := strings.CutPrefix(first, "object ")
			if !ok || !source.IsCommit(next) {
				return nil, sayf(ErrInvalid, "the tag %s has no object", id)
			}
			id = next
		default:
			return nil, sayf(ErrInvalid, "%s is a %s and no commit", id, o.kind)
		}
	}
	return nil, sayf(ErrInvalid, "it is a tag of tags without end")
}

// fetchObjects fetches a ref, or an object by its id, into a repository of its
// own that is then removed, without history and files. id is what must be there.
func (r *Resolver) fetchObjects(ctx context.Context, src source.Git, want, id string) (chain gitObjects, err error) {
	err = r.asked(ctx, src, func(m *remote) (err error) {
		chain, err = r.fetchFrom(ctx, m, want, id)
		return err
	})
	for _, o := range chain {
		r.cache.putObject(src.Remote, o.id, o.kind, o.body)
	}
	return chain, err
}

func (r *Resolver) fetchFrom(ctx context.Context, m *remote, want, id string) (gitObjects, error) {
	dir, err := os.MkdirTemp("", "imgpolicy-git-")
	if err != nil {
		return nil, sayf(ErrUnsupported, "a folder to fetch into cannot be made: %s", err)
	}
	defer os.RemoveAll(dir)
	return r.fetchInto(ctx, m, dir, want, id, "--filter=tree:0")
}

// fetchInto fetches into a folder, with further arguments for git, and follows id
// there.
func (r *Resolver) fetchInto(ctx context.Context, m *remote, dir, want, id string, more ...string) (gitObjects, error) {
	format := "sha1"
	if len(id) == hex.EncodedLen(crypto.SHA256.Size()) {
		format = "sha256"
	}
	local := &remote{host: m.host, config: m.config, environ: append([]string{}, m.environ...)}
	local.environ = append(local.environ, "GIT_ALLOW_PROTOCOL=none", "GIT_DIR="+dir)
	m.environ = append(m.environ, "GIT_DIR="+dir)
	if _, err := r.git(ctx, local, r.opt.Timeout, command{args: []string{"init", "--quiet", "--bare", "--template=", "--object-format=" + format}, dir: dir, limit: maxObject}); err != nil {
		return nil, err
	}
	watched, stop := watchSize(ctx, dir)
	args := append([]string{"fetch", "--quiet", "--depth=1"}, more...)
	args = append(args, "--no-tags", "--no-recurse-submodules", "--refmap=", "--no-write-fetch-head", "--", remoteName, want)
	_, err := r.git(watched, m, r.opt.Download, command{args: args, dir: dir, limit: maxObject})
	if tooMuch := stop(); tooMuch != nil {
		err = tooMuch
	}
	if err != nil {
		return nil, err
	}
	return follow(id, func(id string) (gitObject, error) { return r.readObject(ctx, local, dir, id) })
}

// watchSize ends a fetch that grows too large. stop tells whether it did.
func watchSize(ctx context.Context, dir string) (watched context.Context, stop func() error) {
	watched, cancel := context.WithCancelCause(ctx)
	tooMuch := sayf(ErrTooLarge, "the fetch has more than %d bytes", int64(maxFetched))
	go func() {
		for sleep(watched, 200*time.Millisecond) == nil {
			if sizeOf(dir) > maxFetched {
				cancel(tooMuch)
			}
		}
	}()
	return watched, func() error {
		cancel(nil)
		if errors.Is(context.Cause(watched), tooMuch) {
			return tooMuch
		}
		return nil
	}
}

func sizeOf(dir string) (total int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // it was removed by now
		}
		if info, err := e.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}

// readObject reads an object that was fetched.
func (r *Resolver) readObject(ctx context.Context, m *remote, dir, id string) (gitObject, error) {
	out, err := r.git(ctx, m, r.opt.Timeout, command{args: []string{"cat-file", "--batch"}, dir: dir, stdin: id + "\n", limit: maxObject})
	if err != nil {
		return gitObject{}, err
	}
	kind, body, ok := parseBatch(out, id)
	switch {
	case !ok:
		return gitObject{}, sayf(ErrUnavailable, "the remote did not send %s; it may just have changed", id)
	case objectID(kind, body, len(id)) != id:
		return gitObject{}, sayf(ErrMismatch, "what was fetched as %s hashes to %s", id, objectID(kind, body, len(id)))
	}
	return gitObject{id, kind, body}, nil
}

// parseBatch reads what git cat-file --batch prints for one id.
func parseBatch(out []byte, id string) (kind string, body []byte, ok bool) {
	header, rest, ok := bytes.Cut(out, []byte("\n"))
	fields := strings.Fields(string(header))
	if !ok || len(fields) != 3 || fields[0] != id {
		return "", nil, false
	}
	n, err := strconv.Atoi(fields[2])
	if err != nil || n < 0 || n > len(rest) {
		return "", nil, false
	}
	return fields[1], rest[:n], true
}

// objectID is the name of an object in hexadecimal, by the hash that makes names
// of that length.
func objectID(kind string, body []byte, length int) string {
	hash := crypto.SHA1
	if length == hex.EncodedLen(crypto.SHA256.Size()) {
		hash = crypto.SHA256
	}
	h := hash.New()
	h.Write(joinObject(kind, body))
	return hex.EncodeToString(h.Sum(nil))
}

// joinObject is an object with the header that git hashes it with.
func joinObject(kind string, body []byte) []byte {
	return append([]byte(kind+" "+strconv.Itoa(len(body))+"\x00"), body...)
}

func splitObject(text []byte) (kind string, body []byte, ok bool) {
	header, body, ok := bytes.Cut(text, []byte{0})
	kind, size, found := strings.Cut(string(header), " ")
	return kind, body, ok && found && size == strconv.Itoa(len(body))
}
