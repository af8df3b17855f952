// Package bundle packs a directory of policies into one file and unpacks it again:
// a tar archive of nothing but regular files, which is the same for the same
// directory on every machine.
//
// It reads what others made, so it is strict: a name is a relative path that stays
// below the directory on every system, and is there once whatever the case.
package bundle

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of a bundle.
const (
	MaxFiles = 10_000
	MaxFile  = 64 << 20 // bytes of one file, as of a catalog
	MaxText  = 96 << 20 // bytes of the archive
)

// Types of media, of the artifact and of the archive in it.
const (
	ArtifactType = "application/vnd.imgpolicy.policies.v1"
	MediaType    = "application/vnd.imgpolicy.policies.v1.tar"
)

// File is a file of a bundle, by its path with slashes.
type File struct {
	Name string
	Text []byte
}

// Pack packs files.
func Pack(files []File) ([]byte, error) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if err := check(files); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.Name, Size: int64(len(f.Text)), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("packing %s: %w", f.Name, err)
		}
		if _, err := w.Write(f.Text); err != nil {
			return nil, fmt.Errorf("packing %s: %w", f.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if out.Len() > MaxText {
		return nil, fmt.Errorf("the bundle has %d bytes, at most %d are let through", out.Len(), MaxText)
	}
	return out.Bytes(), nil
}

// Unpack unpacks an archive. Directories are passed over, and so is what git says
// of the commit in archives of its own; links and devices are refused.
func Unpack(text []byte) ([]File, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("the bundle has %d bytes, at most %d are let through", len(text), MaxText)
	}
	r := tar.NewReader(bytes.NewReader(text))
	var files []File
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the bundle cannot be read: %w", err)
		}
		switch header.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg:
		default:
			return nil, fmt.Errorf("%q in the bundle is no regular file", header.Name)
		}
		if len(files) == MaxFiles {
			return nil, fmt.Errorf("the bundle has more than %d files", MaxFiles)
		}
		if header.Size > MaxFile {
			return nil, fmt.Errorf("%q in the bundle has %d bytes, at most %d are let through", header.Name, header.Size, MaxFile)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("the bundle cannot be read: %w", err)
		}
		files = append(files, File{header.Name, content})
	}
	return files, check(files)
}

// check refuses names that lead elsewhere, or that are one on some system.
func check(files []File) error {
	if len(files) > MaxFiles {
		return fmt.Errorf("the bundle has %d files, at most %d are let through", len(files), MaxFiles)
	}
	seen := map[string]string{}
	folders := map[string]bool{}
	for _, f := range files {
		if len(f.Text) > MaxFile {
			return fmt.Errorf("%q has %d bytes, at most %d are let through", f.Name, len(f.Text), MaxFile)
		}
		if why := bad(f.Name); why != "" {
			return fmt.Errorf("%q in the bundle %s", f.Name, why)
		}
		folded := strings.ToLower(f.Name)
		if other, ok := seen[folded]; ok {
			return fmt.Errorf("%q and %q in the bundle are one file on some systems", other, f.Name)
		}
		seen[folded] = f.Name
		for dir := path.Dir(folded); dir != "."; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	for name := range seen {
		if folders[name] {
			return fmt.Errorf("%q in the bundle is a file and a directory", seen[name])
		}
	}
	return nil
}

// bad says what is wrong with a name, "" for nothing.
func bad(name string) string {
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "has a name that cannot be printed"
	case !fs.ValidPath(name) || name == ".":
		return "does not stay in its directory"
	case strings.ContainsAny(name, `\:*?"<>|`):
		return "has a name that is none on every system"
	case len(name) > 1000:
		return "has too long a name"
	}
	for _, part := range strings.Split(name, "/") {
		if strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") {
			return "has a name that is none on every system"
		}
	}
	return ""
}
