package resolve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Artifact is what is kept in a registry as one blob: policies, say.
type Artifact struct {
	// Type is that of the artifact, MediaType that of its content.
	Type, MediaType string
	Content         []byte
}

// manifest is the manifest of the artifact, the same for the same content. See
// https://github.com/opencontainers/image-spec/blob/main/manifest.md, "Guidelines
// for Artifact Usage".
func (a Artifact) manifest() (manifest, error) {
	empty := ocispecs.DescriptorEmptyJSON
	m := &ocispecs.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispecs.MediaTypeImageManifest, ArtifactType: a.Type,
		Config: ocispecs.Descriptor{MediaType: empty.MediaType, Digest: empty.Digest, Size: empty.Size},
		Layers: []ocispecs.Descriptor{{MediaType: a.MediaType, Digest: digest.FromBytes(a.Content), Size: int64(len(a.Content))}},
	}
	body, err := json.Marshal(m)
	if err != nil {
		return manifest{}, err
	}
	return manifest{body: body, digest: digest.FromBytes(body), image: m}, nil
}

// Digest is the digest that the artifact has in every registry.
func (a Artifact) Digest() (string, error) {
	m, err := a.manifest()
	return m.digest.String(), err
}

// Artifact fetches an artifact by its digest: its manifest and its only blob, of
// at most limit bytes. Both hash to what is pinned.
func (r *Resolver) Artifact(ctx context.Context, img source.Image, limit int64) (Artifact, error) {
	a, err := r.artifact(ctx, img, limit)
	return a, failed(ctx, img.Ref(), img.Host(), err)
}

func (r *Resolver) artifact(ctx context.Context, img source.Image, limit int64) (Artifact, error) {
	m, err := r.manifest(ctx, img, img.Digest())
	if err != nil {
		return Artifact{}, err
	}
	if m.image == nil || len(m.image.Layers) != 1 {
		return Artifact{}, sayf(ErrInvalid, "it is no artifact with one file in it")
	}
	layer := m.image.Layers[0]
	content, err := r.blob(ctx, img, layer, limit)
	return Artifact{Type: m.image.ArtifactType, MediaType: layer.MediaType, Content: content}, err
}

// Push writes an artifact, under a tag where the reference has one. A tag may be
// that of another artifact of the same type, which it then leaves; other content is
// not replaced (ErrTaken).
func (r *Resolver) Push(ctx context.Context, to source.Image, a Artifact) (string, error) {
	d, err := r.push(ctx, to, a)
	return d, failed(ctx, to.Name(), to.Host(), err)
}

func (r *Resolver) push(ctx context.Context, to source.Image, a Artifact) (string, error) {
	m, err := a.manifest()
	if err != nil {
		return "", err
	}
	u, err := r.uploadTo(ctx, to)
	if err != nil {
		return "", err
	}
	if tag := to.Tag(); tag != "" {
		if err := r.mayTag(ctx, to, a.Type); err != nil {
			return "", err
		}
	}
	for _, content := range [][]byte{ocispecs.DescriptorEmptyJSON.Data, a.Content} {
		if err := u.putBytes(ctx, content); err != nil {
			return "", err
		}
	}
	refs := []string{m.digest.String()}
	if to.Tag() != "" {
		refs = append(refs, to.Tag())
	}
	for _, ref := range refs {
		if err := u.putManifest(ctx, ref, m); err != nil {
			return "", err
		}
	}
	return m.digest.String(), nil
}

// mayTag refuses a tag that is that of something else than such artifacts.
func (r *Resolver) mayTag(ctx context.Context, to source.Image, kind string) error {
	body, d, err := r.fetchManifest(ctx, to, to.Tag())
	if errors.Is(kindOf(err), ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := parseManifest(body, d)
	if err != nil || m.image == nil || m.image.ArtifactType != kind {
		return sayf(ErrTaken, "the tag %s is that of something else (%s), and is not written over", to.Tag(), d)
	}
	return nil
}

// putBytes writes a blob, unless it is there.
func (u *upload) putBytes(ctx context.Context, content []byte) error {
	ctx, cancel := context.WithTimeout(ctx, u.limit)
	defer cancel()
	d := digest.FromBytes(content)
	if resp, err := u.do(ctx, http.MethodHead, u.base+"blobs/"+d.String(), nil, nil, 0, http.StatusOK); err == nil {
		resp.Body.Close()
		return nil
	} else if !isNotFound(err) {
		return err
	}
	resp, err := u.do(ctx, http.MethodPost, u.base+"blobs/uploads/", nil, nil, 0, http.StatusAccepted)
	if err != nil {
		return err
	}
	resp.Body.Close()
	place, err := u.place(resp, d)
	if err != nil {
		return err
	}
	done, err := u.do(ctx, http.MethodPut, place, map[string]string{"Content-Type": "application/octet-stream"}, bytes.NewReader(content), int64(len(content)), http.StatusCreated, http.StatusOK, http.StatusNoContent)
	if err != nil {
		return err
	}
	return done.Body.Close()
}

// Tree is the files of a git repository at a commit, as a tar archive of at most
// limit bytes. Git names what it fetches by its hash, and the commit is the one
// that was asked for.
func (r *Resolver) Tree(ctx context.Context, src source.Git, limit int64) (archive []byte, err error) {
	err = r.asked(ctx, src, func(m *remote) (err error) {
		archive, err = r.archive(ctx, m, src.Ref, limit)
		return err
	})
	return archive, failed(ctx, gitName(src), hostName(src.Remote), err)
}

func (r *Resolver) archive(ctx context.Context, m *remote, commit string, limit int64) ([]byte, error) {
	dir, err := os.MkdirTemp("", "imgpolicy-git-")
	if err != nil {
		return nil, sayf(ErrUnsupported, "a folder to fetch into cannot be made: %s", err)
	}
	defer os.RemoveAll(dir)
	if _, err := r.fetchInto(ctx, m, dir, commit, commit); err != nil {
		return nil, err
	}
	local := &remote{host: m.host, config: m.config, environ: append(append([]string{}, m.environ...), "GIT_ALLOW_PROTOCOL=none")}
	out, err := r.git(ctx, local, r.opt.Download, command{args: []string{"archive", "--format=tar", commit}, dir: dir, limit: int(limit)})
	if err != nil {
		return nil, err
	}
	return out, nil
}
