module github.com/imgpolicy/imgpolicy

go 1.26.8

require (
	github.com/distribution/reference v0.6.0
	github.com/moby/buildkit v0.33.1
	github.com/opencontainers/go-digest v1.0.0
)

require (
	github.com/containerd/errdefs v1.0.0 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	golang.org/x/crypto v0.56.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
)
