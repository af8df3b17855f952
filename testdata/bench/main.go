// Bench measures imgpolicy beside what cannot be beaten by a linter that parses
// every file, beside conftest and beside Buildx's own policy engine, in one run of
// one machine. It prints ratios first: they are what stays the same elsewhere.
//
//	go run . [-quick]
//
// -quick leaves out the largest size. It takes Linux.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	quick := flag.Bool("quick", false, "leave out the largest size")
	corpus := flag.String("corpus", os.Getenv("IMGPOLICY_CORPUS"), "a directory of real Dockerfiles (default ../shared/corpus beside the module)")
	flag.Parse()
	if *corpus == "" {
		*corpus = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if path, err := filepath.Abs(*corpus); err == nil {
		*corpus = path // other packages are measured with it, too
	}
	if _, err := os.Stat(*corpus); err != nil {
		fmt.Fprintf(os.Stderr, "skipped: the corpus: %v\n", err)
		*corpus = ""
	}
	if err := bench(*quick, *corpus); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// imagePolicy and buildPolicy allow what clean files fetch, so that what is measured
// is deciding and not printing; conftestPolicy says about as much in the words of
// conftest.
const (
	imagePolicy = `{"whitelist": ["^docker\\.io/library/(golang|node|python|maven|debian|busybox|alpine):", "^https://downloads\\.example\\.com/"], "blacklist": [":latest$"], "defaultAllow": false}`
	buildPolicy = `package docker

default allow := false

allow if input.local

allow if {
	input.image.host == "docker.io"
	input.image.checksum
}

allow if startswith(input.http.url, "https://downloads.example.com/")

decision := {"allow": allow}
`
	conftestPolicy = `package main

deny contains msg if {
	some command in input
	command.Cmd == "from"
	not startswith(command.Value[0], "scratch")
	not regex.match("^(golang|node|python|maven|debian|busybox|alpine):", command.Value[0])
	msg := sprintf("%s is not allowed", [command.Value[0]])
}
`
)

// place is where the files are that are measured.
type place struct {
	dir                        string
	imgpolicy, conftest, floor string
}

func bench(quick bool, corpus string) error {
	dir, err := os.MkdirTemp("", "imgpolicy-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := place{dir: dir, imgpolicy: filepath.Join(dir, "imgpolicy"), conftest: filepath.Join(dir, "conftest"), floor: filepath.Join(dir, "floor")}
	if err := p.build(); err != nil {
		return err
	}
	for name, text := range map[string]string{"policy.json": imagePolicy, "policy.rego": buildPolicy, "rules/policy.rego": conftestPolicy} {
		if err := write(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	sizes := []size{
		{name: "one file", dir: filepath.Join(dir, "one"), files: 1, runs: 20},
		{name: "500 files", dir: filepath.Join(dir, "some"), files: 500, runs: 5},
	}
	if corpus != "" {
		sizes = append(sizes, size{name: "the corpus", dir: corpus, runs: 5})
	}
	if !quick {
		sizes = append(sizes,
			size{name: "20,000 files", dir: filepath.Join(dir, "many"), files: 20_000, runs: 3},
			size{name: "…, 16,000 found", dir: filepath.Join(dir, "found"), files: 20_000, runs: 3, found: true})
	}
	for _, s := range sizes {
		if s.files > 0 {
			if err := generate(s.dir, s.files, !s.found); err != nil {
				return err
			}
		}
	}
	return p.measure(sizes)
}

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}
