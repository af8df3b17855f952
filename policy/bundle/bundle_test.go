package bundle

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	files := []File{{".imgpolicy.yaml", []byte("level: organization\n")}, {"catalog.json", []byte("{}")}, {"evidence/docker.io/library/node/20.json", nil}}
	text, err := Pack([]File{files[2], files[0], files[1]})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Unpack(text)
	if err != nil || len(got) != 3 {
		t.Fatalf("Unpack: %v, %v", got, err)
	}
	for i := range got {
		if got[i].Name != files[i].Name || !bytes.Equal(got[i].Text, files[i].Text) {
			t.Errorf("file %d is %s", i, got[i].Name)
		}
	}
	// The digest is what people pin, so it must not change with the program.
	if got, want := fmt.Sprintf("%x", sha256.Sum256(text)), "0e624193d63e32bd95d07538ff15bc54c25ca24503cae9837cc6874c64d457c1"; got != want {
		t.Errorf("the bundle has the SHA-256 %s, want %s", got, want)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	archive := func(headers ...tar.Header) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, h := range headers {
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		return b.Bytes()
	}
	regular := func(name string) tar.Header { return tar.Header{Typeflag: tar.TypeReg, Name: name} }
	for _, tt := range []struct {
		name string
		text []byte
		want string
	}{
		{"dot-dot", archive(regular("../x")), "does not stay in its directory"},
		{"absolute", archive(regular("/etc/passwd")), "does not stay in its directory"},
		{"inner dot-dot", archive(regular("a/../../x")), "does not stay in its directory"},
		{"symbolic link", archive(tar.Header{Typeflag: tar.TypeSymlink, Name: "x", Linkname: "/etc"}), "is no regular file"},
		{"hard link", archive(tar.Header{Typeflag: tar.TypeLink, Name: "x", Linkname: "/etc"}), "is no regular file"},
		{"device", archive(tar.Header{Typeflag: tar.TypeChar, Name: "x"}), "is no regular file"},
		{"drive", archive(regular("c:x")), "none on every system"},
		{"backslash", archive(regular(`a\b`)), "none on every system"},
		{"control", archive(regular("a\x1b[2J")), "cannot be printed"},
		{"twice", archive(regular("a"), regular("a")), "are one file"},
		{"case", archive(regular("a/B"), regular("A/b")), "are one file"},
		{"file and directory", archive(regular("a"), regular("A/b")), "a file and a directory"},
		{"large", archive(tar.Header{Typeflag: tar.TypeReg, Name: "x", Size: 1 << 40}), "at most"},
		{"cut", archive(tar.Header{Typeflag: tar.TypeReg, Name: "x", Size: 100}), "cannot be read"},
	} {
		if _, err := Unpack(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Unpack says %v, want %s", tt.name, err, tt.want)
		}
	}
	if _, err := Pack([]File{{"../x", nil}}); err == nil {
		t.Error("Pack takes ../x")
	}
}

func FuzzUnpack(f *testing.F) {
	text, err := Pack([]File{{"a", []byte("x")}, {"b/c", []byte("y")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		files, err := Unpack(text)
		if err != nil {
			return
		}
		again, err := Pack(files)
		if err != nil {
			t.Fatalf("what was unpacked cannot be packed: %v", err)
		}
		same, err := Unpack(again)
		if err != nil || len(same) != len(files) {
			t.Fatalf("%d files, and then %d: %v", len(files), len(same), err)
		}
		if repacked, err := Pack(same); err != nil || !reflect.DeepEqual(repacked, again) {
			t.Error("packing is not the same twice")
		}
	})
}
