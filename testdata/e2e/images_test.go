package e2e

import (
	"archive/tar"
	"bytes"
	"io"
	"net/http/httptest"
	"os"
	"runtime"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// frontendLabels are those of BuildKit's own image of dockerfile-frontend.
var frontendLabels = map[string]string{
	"moby.buildkit.frontend.network.none": "true",
	"moby.buildkit.frontend.caps": "moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests,moby.buildkit.frontend.contexts," +
		"moby.buildkit.frontend.gitquerystring,moby.buildkit.frontend.contexts.zstd",
}

// pushImages fills the registries.
func pushImages(t *testing.T, p programs, h hosts) {
	t.Helper()
	program := func(path string) []byte {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	cat := program(p.cat)
	images := []struct {
		reference string
		index     bool
		config    v1.Config
		files     map[string][]byte
	}{
		{
			h.registry + "/docker/dockerfile:1.20", true,
			v1.Config{Labels: frontendLabels, Entrypoint: []string{"/bin/dockerfile-frontend"}},
			map[string][]byte{"bin/dockerfile-frontend": program(p.frontend)},
		},
		{h.registry + "/base:1.2", true, v1.Config{Env: []string{"PATH=/bin"}}, map[string][]byte{"bin/cat": cat, "etc/base": []byte("base 1.2\n")}},
		{h.registry + "/base:1.3", false, v1.Config{Env: []string{"PATH=/bin"}}, map[string][]byte{"bin/cat": cat, "etc/base": []byte("base 1.3\n")}},
		{h.registry + "/team/tools:2", false, v1.Config{}, map[string][]byte{"tool": []byte("tool 2\n")}},
		{h.plain + "/mirror/assets:3", true, v1.Config{}, map[string][]byte{"asset": []byte("asset 3\n")}},
	}
	for _, i := range images {
		push(t, i.reference, i.index, image(t, i.config, i.files))
	}
}

// image makes one for this machine that has one layer.
func image(t *testing.T, config v1.Config, files map[string][]byte) v1.Image {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1), layer)
	if err != nil {
		t.Fatal(err)
	}
	diffID, err := layer.DiffID()
	if err != nil {
		t.Fatal(err)
	}
	img, err = mutate.ConfigFile(img, &v1.ConfigFile{
		OS: "linux", Architecture: runtime.GOARCH, Config: config,
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{diffID}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// push puts an image into a registry, by itself or in an index.
func push(t *testing.T, reference string, inIndex bool, img v1.Image) {
	t.Helper()
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	// The transport of httptest trusts the certificate of all its servers.
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	options := []remote.Option{remote.WithContext(t.Context()), remote.WithTransport(s.Client().Transport)}
	if !inIndex {
		err = remote.Write(ref, img, options...)
	} else {
		err = remote.WriteIndex(ref, mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), mutate.IndexAddendum{
			Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: runtime.GOARCH}},
		}), options...)
	}
	if err != nil {
		t.Fatal(err)
	}
}
