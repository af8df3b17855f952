package dockerfile_test

import (
	"maps"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

// The stage that SOURCE_DATE_EPOCH names is read by rules of its own, which
// BuildKit needs a client for: testdata/oracle has none.
func TestEpochStageSource(t *testing.T) {
	t.Parallel()
	const commit, other = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	for _, c := range []struct {
		add   string
		attrs map[string]string // those besides what every git source has
		err   string
	}{
		{add: "--checksum=" + commit + " https://h/x.git?checksum=" + other, attrs: map[string]string{"git.checksum": commit}},
		{add: "--keep-git-dir=false https://h/x.git?keep-git-dir=true", attrs: map[string]string{"git.keepgitdir": "true"}},
		{add: "--keep-git-dir https://h/x.git?keep-git-dir=false", attrs: map[string]string{"git.keepgitdir": "true"}},
		{add: "https://h/x.git?fetch-by-commit=true&checksum=" + commit, attrs: map[string]string{"git.checksum": commit}},
		{add: "--checksum=$NONE https://h/x", err: "invalid checksum digest format"},
		{add: "local", err: "SOURCE_DATE_EPOCH stage source must be a single HTTP(S) or Git ADD"},
	} {
		f := dockerfile.Parse("Dockerfile", []byte("FROM scratch AS e\nADD "+c.add+" /\nFROM x\n"))
		res := f.Resolve(dockerfile.Options{BuildArgs: map[string]string{"SOURCE_DATE_EPOCH": "e"}, Closed: true})
		if c.err != "" {
			if len(res.Problems) != 1 || res.Problems[0].Message != c.err {
				t.Errorf("ADD %s: problems %+v, want %q", c.add, res.Problems, c.err)
			}
			continue
		}
		if len(res.Problems) > 0 {
			t.Errorf("ADD %s: %+v", c.add, res.Problems)
		}
		found := false
		for _, in := range res.Inputs {
			if in.Source == nil || !in.Reached || in.Instruction != "ADD" {
				continue
			}
			got := in.Source.Attrs()
			maps.DeleteFunc(got, func(k, _ string) bool {
				return k == "git.fullurl" || k == "git.authtokensecret" || k == "git.authheadersecret"
			})
			found = true
			if !maps.Equal(got, c.attrs) {
				t.Errorf("ADD %s: attributes %v, want %v", c.add, got, c.attrs)
			}
		}
		if !found {
			t.Errorf("ADD %s: no reached source", c.add)
		}
	}
}
