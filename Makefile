# `make test` is all a change needs on the way; `make check` is what CI runs.

GOFUMPT     = go run mvdan.cc/gofumpt@v0.12.0
STATICCHECK = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT  = go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

# It is not asked about what the program is for: reading files and asking hosts that
# its user names (G304, G703, G704), running git (G204), writing text for terminals
# (G705), in files that others may read (G301, G302, G306); nor about errors that are
# let go (G104), which staticcheck and people look at.
GOSEC       = go run github.com/securego/gosec/v2/cmd/gosec@v2.23.0 -quiet -exclude-dir testdata -exclude G104,G204,G301,G302,G304,G306,G703,G704,G705

# The packages with goldens: `go test -update` fails in all others.
GOLDEN = $(sort $(dir $(shell grep -rl --include='*_test.go' 'flag.Bool."update"' .)))

# make fuzz T=FuzzParse D=60s
T = ^Fuzz
D = 10s

.PHONY: build test lint gosec generate golden fuzz oracle oracle-opa e2e e2e-authz soak-authz deb release reproducible portable windows wine bench example check

build:    ; go build -trimpath ./cmd/imgpolicy
test:     ; go test ./...
lint:     ; .ci/format $(GOFUMPT) && go vet ./... && $(STATICCHECK) ./... && for module in testdata/bench testdata/e2e testdata/release; do (cd $$module && go vet ./... && $(STATICCHECK) ./...) || exit; done && .ci/actionlint $(ACTIONLINT)
gosec:    ; $(GOSEC) ./...
generate: ; go test ./cmd/imgpolicy -run 'TestDocs|TestExamples' -update
golden:   ; go test $(GOLDEN) -update
fuzz:     ; .ci/fuzz '$(T)' $(D)
# against the engines themselves, which need a module of their own
oracle:   ; cd testdata/oracle && go vet ./... && go test ./...
# with the OPA of the newest Buildx, beside ours too
oracle-opa: ; cd testdata/oracle && go test -modfile=opa.mod ./policy github.com/imgpolicy/imgpolicy/policy/rego
# builds what fix has fixed with Buildx and BuildKit, by runc and as root
e2e:      ; cd testdata/e2e && go test -count 1 -timeout 30m -v .
# a real Docker daemon asks imgpolicy authz, and every way round it is tried, as root
e2e-authz: ; cd testdata/e2e && go test -count 1 -timeout 15m -v ./authz
# the Debian package, by nfpm from its own modfile
deb: ; .ci/deb "go run -modfile=testdata/tools/nfpm.mod github.com/goreleaser/nfpm/v2/cmd/nfpm"
# asks imgpolicy authz 10,000 times a second: make soak-authz D=10m
soak-authz: ; cd testdata/e2e && go test -count 1 -timeout 0 -v -run TestSoak ./authz -soak $(D)
# binaries of all platforms, checksums, an SPDX document and licences, in dist/release
release:  ; .ci/release
reproducible: ; .ci/reproducible
# what counts bytes and offsets, with an int of 32 bits
portable: ; GOARCH=386 go test ./dockerfile/... ./lint ./lint/report ./lint/rules ./policy/regex ./policy/document ./policy/authz
# the program and its tests compile for Windows
windows:  ; GOOS=windows go vet ./...
# the program for Windows and its tests about paths, line ends and case, by wine
wine:     ; .ci/wine
# beside BuildKit's parser, conftest and Buildx's engine, ratios first
bench:    ; cd testdata/bench && go run .
# the story of examples/approved-images, on a copy of it
example:  ; examples/approved-images/run.sh
check:    ; .ci/run
