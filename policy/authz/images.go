package authz

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// createImage decides a pull or an import (moby's image_routes.go,
// postImagesCreate).
func createImage(ctx context.Context, g *Guard, c *call) (Verdict, error) {
	if _, err := c.mediaType(); err != nil {
		return Verdict{}, err
	}
	q, err := c.query("changes") // those of an import
	if err != nil {
		return Verdict{}, err
	}
	name, tag := q.Get("fromImage"), q.Get("tag")
	if name == "" {
		return importImage(g, c, q.Has("fromSrc"))
	}
	if q.Has("fromSrc") {
		return Verdict{}, errors.New("a request with both fromImage and fromSrc is denied: it is a pull or an import, not both")
	}
	if err := c.noBody(g.Strict); err != nil {
		return Verdict{}, err
	}
	img, err := pulled(name, tag)
	switch {
	case err != nil:
		return Verdict{}, err
	case img.Tag() != "" || img.Pinned():
		return g.judge(ctx, img), nil
	case !g.AllowAllTags:
		return Verdict{Message: fmt.Sprintf("%s without a tag is denied: it pulls all tags of the repository; write docker pull %[1]s:TAG", img.ShortName())}, nil
	case g.Judge != nil:
		return Verdict{Message: fmt.Sprintf("%s without a tag is denied: it pulls all tags of the repository, and a catalog approves versions", img.ShortName())}, nil
	}
	return g.judge(ctx, img), nil
}

// pulled is the image that a pull fetches: without tag and digest where it fetches
// all tags. A tag may be a digest; beside one a tag in the name is what docker-py
// makes of NAME:TAG@DIGEST. The digest is what is fetched then, and who asks can
// write any tag beside it, so that none is judged.
func pulled(name, tag string) (source.Image, error) {
	base, bare := strings.CutSuffix(name, ":") // "pull -a" of old clients
	img, err := source.ParseReference(base)
	if err != nil {
		return source.Image{}, fmt.Errorf("%q is denied: %w", name, err)
	}
	digest := strings.Contains(tag, ":")
	switch {
	case tag == "" && !bare && img.Pinned():
		base = img.ShortName() + "@" + img.Digest()
	case tag == "" && !bare:
		return img, nil
	case bare && (tag != "" || img.Tag() != "" || img.Pinned()):
		return source.Image{}, fmt.Errorf("%q is denied: nothing follows its last colon", name)
	case tag == "":
		return img, nil
	case img.Pinned():
		return source.Image{}, fmt.Errorf("%q with the tag %q is denied: it has a digest already", name, tag)
	case digest:
		base = img.ShortName() + "@" + tag
	case img.Tag() != "":
		return source.Image{}, fmt.Errorf("%q with the tag %q is denied: these are two tags, and the daemon takes the second; write %s:%[2]s", name, tag, img.ShortName())
	default:
		base += ":" + tag
	}
	img, err = source.ParseReference(base)
	if err != nil {
		return source.Image{}, fmt.Errorf("%q is denied: %w", base, err)
	}
	return img, nil
}

// importImage decides an import. One of a URL has no body; that of an archive is
// not shown to a plugin, and could be a form that names an image.
func importImage(g *Guard, c *call, is bool) (Verdict, error) {
	switch {
	case !is:
		return Verdict{}, errors.New("a pull without an image (fromImage) is denied")
	case !g.AllowImport:
		return Verdict{Message: "docker import is denied: an image made of an archive is none that a policy knows (--allow-import allows it)"}, nil
	case g.Strict:
		if err := c.noBody(true); err != nil {
			return Verdict{}, fmt.Errorf("docker import of an archive: %w", err)
		}
	}
	return Verdict{Allow: true, Unseen: true, Message: "docker import: what is in the archive is not shown to a plugin"}, nil
}
