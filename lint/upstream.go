package lint

import "context"

// Upstream is what is found today where an input comes from. The zero value is
// that nobody looked.
type Upstream struct {
	// Digest is what the name, without its pin, stands for today; "" where the
	// name is gone or was not looked up.
	Digest string
	// Platforms are the digests of today's image by platform.
	Platforms map[string]string
	// Gone tells that what the input is pinned to is there no more.
	Gone bool
	// From says who told so: "the registry".
	From string
}

// findUpstream asks, once for each pinned input that has a name or a place of its
// own, what is there today.
func (p *Pass) findUpstream(ctx context.Context) {
	if p.linter.Upstream == nil {
		return
	}
	p.Upstream = make([]Upstream, len(p.Inputs))
	errs := make([]error, len(p.Inputs))
	together(len(p.Inputs), func(i int) {
		if src := p.Inputs[i].Source; src != nil && src.Pinned() {
			p.Upstream[i], errs[i] = p.linter.Upstream(ctx, src, platformOf(&p.Inputs[i]))
		}
	})
	p.lookupsFailed(errs)
}
