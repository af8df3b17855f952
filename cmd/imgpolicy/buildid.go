package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
	"runtime/debug"
	"strings"
)

// buildID tells this build of the program from all others: by its version, or where
// there is none by what the linker or else the whole file says; "" where nothing does.
func buildID() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	if v := info.Main.Version; v != "" && v != "(devel)" && !strings.Contains(v, "+dirty") {
		return version(info)
	}
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	head := make([]byte, buildIDWithin)
	n, err := io.ReadFull(file, head)
	if err != nil && err != io.ErrUnexpectedEOF {
		return ""
	}
	if id := linkedID(head[:n]); id != "" {
		return id
	}
	h := sha256.New()
	h.Write(head[:n])
	if _, err := io.Copy(h, file); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

const (
	// buildIDWithin is how far from the start of a program Go's linker puts its ID
	// (cmd/internal/buildid), and shortestID what is too short to be one.
	buildIDWithin = 64 << 10
	shortestID    = 40
)

// linkedID is the ID that Go's linker gives a program, which has a hash of what it is
// made from and one of what it is; "" where there is none. It is in a note of ELF files
// and in front of the code of others.
func linkedID(head []byte) string {
	const before, after = "\xff Go build ID: \"", "\"\n \xff"
	if i := bytes.Index(head, []byte(before)); i >= 0 {
		if id, _, ok := bytes.Cut(head[i+len(before):], []byte(after)); ok && len(id) >= shortestID {
			return string(id)
		}
	}
	const note = "\x04\x00\x00\x00Go\x00\x00" // its type, and its name
	if i := bytes.Index(head, []byte(note)); i >= 4 {
		size := uint64(binary.LittleEndian.Uint32(head[i-4:]))
		if id := head[i+len(note):]; size >= shortestID && size <= uint64(len(id)) {
			return string(id[:size])
		}
	}
	return ""
}
