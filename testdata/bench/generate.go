package main

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// perDirectory is how many files share a directory, as services of a team do.
const perDirectory = 50

// generate writes n Dockerfiles below a directory, the same ones every time. clean
// ones fetch nothing that the policies of the benchmark deny.
func generate(dir string, n int, clean bool) error {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range n {
		at := filepath.Join(dir, fmt.Sprintf("team-%03d", i/perDirectory), fmt.Sprintf("service-%02d", i%perDirectory))
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(at, "Dockerfile"), []byte(dockerfile(random, clean)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// languages are bases and how services in them are built.
var languages = []struct {
	image string
	build []string
}{
	{"golang:1.26-alpine", []string{"COPY go.mod go.sum ./", "RUN --mount=type=cache,target=/go/pkg/mod go mod download", "COPY . .", "RUN --mount=type=cache,target=/go/pkg/mod CGO_ENABLED=0 go build -trimpath \\\n    -ldflags '-s -w' \\\n    -o /out/app ./cmd/app"}},
	{"node:24-slim", []string{"COPY package.json package-lock.json ./", "RUN npm ci --omit=dev && npm cache clean --force", "COPY src ./src", "RUN npm run build"}},
	{"python:3.14-slim", []string{"ENV PYTHONDONTWRITEBYTECODE=1 \\\n    PYTHONUNBUFFERED=1", "COPY requirements.txt .", "RUN pip install --no-cache-dir -r requirements.txt", "COPY app ./app"}},
	{"maven:3.9-eclipse-temurin-25", []string{"COPY pom.xml .", "RUN mvn -B dependency:go-offline", "COPY src ./src", "RUN mvn -B package -DskipTests"}},
}

func dockerfile(random *rand.Rand, clean bool) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	// What is pinned once is pinned alike everywhere.
	pin := func(image string) string {
		if !clean && random.IntN(3) == 0 {
			return image
		}
		return fmt.Sprintf("%s@sha256:%x", image, sha256.Sum256([]byte(image)))
	}
	language := languages[random.IntN(len(languages))]
	line("# Service %d of the platform.", random.IntN(1000))
	line("ARG VERSION=%d.%d", random.IntN(9), random.IntN(40))
	line("FROM %s AS build", pin(language.image))
	line("ARG VERSION")
	line("WORKDIR /src")
	line("RUN apt-get update \\\n    && apt-get install -y --no-install-recommends \\\n        ca-certificates \\\n        curl \\\n    && rm -rf /var/lib/apt/lists/*")
	for _, l := range language.build {
		line("%s", l)
	}
	if random.IntN(4) == 0 {
		url := fmt.Sprintf("https://downloads.example.com/tool-%d.tar.gz", random.IntN(50))
		line("ADD --checksum=sha256:%x %s /opt/", sha256.Sum256([]byte(url)), url)
	}
	if random.IntN(3) == 0 {
		line("RUN <<EOF\nset -eu\necho building $VERSION\nmake -C /src all\nEOF")
	}
	line("")
	line("FROM %s", pin("debian:13-slim"))
	line("LABEL org.opencontainers.image.title=service \\\n      org.opencontainers.image.version=$VERSION")
	line("RUN groupadd --system app && useradd --system --gid app app")
	if random.IntN(2) == 0 {
		line("COPY --from=%s /busybox /bin/busybox", pin("busybox:1.37"))
	}
	line("COPY --from=build --chown=app:app /out /srv")
	line("USER app")
	line("EXPOSE %d", 8000+random.IntN(1000))
	line(`HEALTHCHECK CMD ["/srv/app", "--health"]`)
	line(`ENTRYPOINT ["/srv/app"]`)
	return b.String()
}
