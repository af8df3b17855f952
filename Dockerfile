# A static binary and nothing else:
#   docker buildx build --load --tag imgpolicy .
#   docker run --rm --volume "$PWD:/src:ro" imgpolicy lint
FROM --platform=$BUILDPLATFORM golang:1.26.8-alpine@sha256:8ac98ca534ac3f51e1f420a1dd2c15e74c75cfa0f23f3ad27eb5d7236c349a0c AS build
WORKDIR /go/src/imgpolicy
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags='-s -w' -o /imgpolicy ./cmd/imgpolicy

FROM scratch
COPY --from=build /imgpolicy /imgpolicy
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["/imgpolicy"]
