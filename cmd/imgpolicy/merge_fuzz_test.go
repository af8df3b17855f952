package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// FuzzMerge reads reports that may come from anywhere. Whatever is taken for one
// can be written in every format, and does nothing to a terminal.
func FuzzMerge(f *testing.F) {
	dir := f.TempDir()
	files := map[string]string{
		"a/Dockerfile":    "# imgpolicy ignore=latest-tag,digest-mismatch;reason=x\nFROM node:20@sha256:" + strings.Repeat("1", 64) + "\n",
		"b/Dockerfile":    "ARG V=20\nFROM node:$V@sha256:" + strings.Repeat("2", 64) + "\nADD http://u:p@h.example/x /\n",
		".imgpolicy.json": `{"whitelist":["^docker\\.io/","^docker\\.io/library/"],"defaultAllow":false}`,
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	for _, args := range [][]string{{}, {"--policy", "none.rego"}} {
		_, out, _ := runIn(f.Context(), dir, nil, strings.NewReader(""), append([]string{"lint", "--shard=1/1", "--format=json", "."}, args...)...)
		if !strings.Contains(out, `"facts"`) {
			f.Fatalf("no facts in %s", out)
		}
		f.Add([]byte(out))
	}
	f.Add([]byte(`{"version":1,"shard":"1/1","facts":{"files":[{"number":0,"name":"\u001b[31m","diagnostics":[{"rule":"latest-tag","severity":"error","frame":{"lines":[{"text":"é","marks":[{"end":2}]}]}}]}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := report.ReadShard(text)
		if err != nil {
			return
		}
		result, _, err := lint.Merge(rules.All(), []*lint.Facts{read.Facts})
		if err != nil {
			return
		}
		for _, format := range report.Formats() {
			var out bytes.Buffer
			if err := format.Write(&out, result, report.Options{}); err != nil {
				t.Errorf("%s: %v", format.Name, err)
			}
			if !utf8.Valid(out.Bytes()) || bytes.ContainsFunc(out.Bytes(), func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }) {
				t.Errorf("%s: %q", format.Name, out.String())
			}
		}
	})
}
