package exporttest

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Corpus are the references of all images that the Dockerfiles below a directory
// fetch.
func Corpus(dir string) ([]string, error) {
	seen := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "SOURCES.tsv" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, in := range dockerfile.Parse(path, text).Resolve(dockerfile.Options{}).Inputs {
			if img, ok := in.Source.(source.Image); ok {
				seen[img.Ref()] = true
			}
		}
		return err
	})
	return slices.Sorted(maps.Keys(seen)), err
}
