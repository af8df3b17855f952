package sigstore

import (
	"context"
	"path/filepath"
	"sync"

	"github.com/moby/policy-helpers/roots"
	"github.com/sigstore/sigstore-go/pkg/root"
)

// Roots are what signatures are trusted by. It is called for every bundle.
type Roots func(ctx context.Context) (root.TrustedMaterial, error)

// Embedded is the root of the public Sigstore as it was when policy-helpers were
// released. It needs no network, and knows no key that is younger.
func Embedded(context.Context) (root.TrustedMaterial, error) {
	text, err := roots.EmbeddedTUF.ReadFile("tuf-root/targets/trusted_root.json")
	if err != nil {
		return nil, err
	}
	return root.NewTrustedRootFromJSON(text)
}

// Online keeps the root of the public Sigstore up to date in a folder, in the
// layout that Buildx uses. It reaches for network and folder when it is first
// called; where the network fails, what the folder has is used until it expires.
func Online(folder string) Roots {
	var mu sync.Mutex
	var provider *roots.TrustProvider
	open := func() (*roots.TrustProvider, error) {
		mu.Lock()
		defer mu.Unlock()
		if provider != nil {
			return provider, nil
		}
		p, err := roots.NewTrustProvider(roots.SigstoreRootsConfig{CachePath: filepath.Join(folder, "tuf")})
		if err == nil {
			provider = p // an error is not kept: the next call tries again
		}
		return p, err
	}
	return func(ctx context.Context) (root.TrustedMaterial, error) {
		p, err := open()
		if err != nil {
			return nil, err
		}
		trusted, _, err := p.TrustedRoot(ctx)
		if err != nil {
			return nil, err
		}
		return trusted, nil
	}
}
