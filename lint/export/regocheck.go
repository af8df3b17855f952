package export

import (
	"context"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// platform is what images are asked about for: build policies look at none.
const platform = "linux/amd64"

func decideRego(ctx context.Context, p *Policy, dir fs.FS, names []string) (decide, error) {
	now, err := time.Parse(time.DateOnly, p.Today.String())
	if err != nil {
		return nil, err
	}
	var policies []*rego.Policy
	for _, name := range names {
		if path.Ext(name) != ".rego" {
			continue
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		p, err := rego.Load([]policy.File{{Name: name, Text: text}}, dir, rego.Options{Now: now})
		if err != nil {
			return nil, err
		}
		policies = append(policies, p)
	}
	return func(img source.Image) (bool, string, error) {
		for _, p := range policies {
			c, err := p.Check(ctx, policy.Request{Source: img, Platform: platform})
			if err != nil || c.Outcome != policy.Allow {
				return false, strings.Join(c.Messages, "; "), err
			}
		}
		return true, "", nil
	}, nil
}
