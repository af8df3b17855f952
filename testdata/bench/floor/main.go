// Floor reads Dockerfiles as BuildKit does, and nothing else: what a linter that
// parses every file cannot do without. Its arguments are directories.
package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func main() {
	files := make(chan string)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for file := range files {
				read(file)
			}
		})
	}
	n := 0
	for _, dir := range os.Args[1:] {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				n++
				files <- path
			}
			return err
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	close(files)
	workers.Wait()
	fmt.Println(n, "files")
}

// read parses a file. Those of a corpus that BuildKit refuses are read up to there.
func read(file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	result, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return
	}
	_, _, _ = instructions.Parse(result.AST, linter.New(&linter.Config{}))
}
