package authz

import (
	"context"
	"errors"
	"fmt"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// pullPlugin decides the installation or the upgrade of a plugin (moby's
// plugin_routes.go). The body has the privileges that the user granted; that it
// is there and is JSON is how to know that it is no form.
func pullPlugin(ctx context.Context, g *Guard, c *call) (Verdict, error) {
	if _, err := c.json(); err != nil {
		return Verdict{}, err
	}
	q, err := c.query()
	if err != nil {
		return Verdict{}, err
	}
	remote := q.Get("remote")
	if remote == "" {
		return Verdict{}, errors.New("a plugin without a reference (remote) is denied")
	}
	return g.plugin(ctx, remote), nil
}

// plugin decides a plugin by its reference, which means "latest" where it has
// neither tag nor digest.
func (g *Guard) plugin(ctx context.Context, remote string) Verdict {
	return g.reference(ctx, "plugin", remote)
}

// reference decides a reference that stands for itself.
func (g *Guard) reference(ctx context.Context, what, ref string) Verdict {
	img, err := source.ParseImage(ref)
	if err != nil {
		return Verdict{Message: fmt.Sprintf("%s %q is denied: %v", what, ref, err)}
	}
	return g.judge(ctx, img)
}
