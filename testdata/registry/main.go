// Registry serves a registry on a free port of loopback, with one small image in
// it, for examples and by hand. It prints its address and the digest of the image,
// and ends with its standard input.
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/opencontainers/go-digest"
)

func main() {
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true))
	image := digest.Digest("")
	if len(os.Args) == 3 {
		image = push(handler, os.Args[1], os.Args[2])
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr(), image)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(http.Serve(listener, handler)) //nolint:gosec // on loopback, for a minute
}

// push puts an index of two platforms under a tag of a repository. It is the same
// each time, and so is its digest.
func push(h http.Handler, repository, tag string) digest.Digest {
	put := func(method, path, media string, body []byte) digest.Digest {
		d := digest.FromBytes(body)
		request := httptest.NewRequest(method, "/v2/"+repository+"/"+path+d.String(), bytes.NewReader(body))
		request.Header.Set("Content-Type", media)
		response := httptest.NewRecorder()
		h.ServeHTTP(response, request)
		if response.Code != http.StatusCreated {
			log.Fatalf("%s: %d %s", path, response.Code, response.Body)
		}
		return d
	}
	const manifestMedia = "application/vnd.oci.image.manifest.v1+json"
	children := ""
	for i, arch := range []string{"amd64", "arm64"} {
		config := []byte(`{"os":"linux","architecture":"` + arch + `","rootfs":{"type":"layers","diff_ids":[]}}`)
		id := put(http.MethodPost, "blobs/uploads/?digest=", "application/octet-stream", config)
		manifest := fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":%q,"size":%d},"layers":[]}`, manifestMedia, id, len(config))
		d := put(http.MethodPut, "manifests/", manifestMedia, manifest)
		if i > 0 {
			children += ","
		}
		children += fmt.Sprintf(`{"mediaType":%q,"digest":%q,"size":%d,"platform":{"os":"linux","architecture":%q}}`, manifestMedia, d, len(manifest), arch)
	}
	const indexMedia = "application/vnd.oci.image.index.v1+json"
	index := []byte(`{"schemaVersion":2,"mediaType":"` + indexMedia + `","manifests":[` + children + `]}`)
	d := put(http.MethodPut, "manifests/", indexMedia, index)
	request := httptest.NewRequest(http.MethodPut, "/v2/"+repository+"/manifests/"+tag, bytes.NewReader(index))
	request.Header.Set("Content-Type", indexMedia)
	h.ServeHTTP(httptest.NewRecorder(), request)
	return d
}
