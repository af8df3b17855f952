package regex

import (
	"context"
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// caseFile is testdata/cases/regex-cases.json, as far as it concerns references
// in Dockerfiles; the rest is about the API of the daemon.
type caseFile struct {
	Configs map[string]string
	Cases   []struct {
		ID, Config, Ref string
		ImgPolicy       struct{ Lint string }
	}
}

func readCases(tb testing.TB) caseFile {
	tb.Helper()
	text, err := os.ReadFile("../../testdata/cases/regex-cases.json")
	if err != nil {
		tb.Fatal(err)
	}
	var f caseFile
	if err := json.Unmarshal(text, &f); err != nil {
		tb.Fatal(err)
	}
	return f
}

func TestCases(t *testing.T) {
	t.Parallel()
	f := readCases(t)
	for _, c := range f.Cases {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			want := c.ImgPolicy.Lint
			text, ok := f.Configs[c.Config]
			switch {
			case want == "":
				t.Skip("about an API request only")
			case !ok:
				t.Skip("about a missing file: reading files is the caller's")
			case want == "error":
				t.Skip("about a reference with an unresolved ARG: no source, so no policy is asked")
			}
			if got := lintCase(text, c.Ref); got != want {
				t.Errorf("%s under %s = %s, want %s", c.Ref, c.Config, got, want)
			}
		})
	}
}

func lintCase(text, ref string) string {
	p, err := loadText(text)
	if err != nil {
		return "config-error"
	}
	img, err := source.ParseImage(ref)
	if err != nil {
		return policy.Deny.String()
	}
	d, err := p.Decide(context.Background(), policy.Request{Source: img})
	if err != nil {
		return err.Error()
	}
	return d.Outcome.String()
}

// plugin is what docker-image-policy itself decides about the one text it sees.
type plugin struct {
	Whitelist, Blacklist []string
	DefaultAllow         bool
}

func (p plugin) allows(text string) bool {
	hit := func(list []string) bool {
		for _, pattern := range list {
			if regexp.MustCompile(pattern).MatchString(text) {
				return true
			}
		}
		return false
	}
	return hit(p.Whitelist) || !hit(p.Blacklist) && p.DefaultAllow
}

// Where an image has one spelling, and for URLs under a default that allows, we
// decide as the plugin does.
func TestDecideAsThePlugin(t *testing.T) {
	t.Parallel()
	f := readCases(t)
	refs := []string{
		"quay.io/team/app:1", "quay.example/team/app:1", "registry.corp.example:5000/base/node:20", "evil.example/alpine-miner:1",
		"evil.example/registry.corp.example/x:1", "registryxcorp.example/x:1", "localhost/corp/app:latest",
	}
	for name, text := range f.Configs {
		p, err := loadText(text)
		if err != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var model plugin
			if err := json.Unmarshal([]byte(text), &model); err != nil {
				t.Fatal(err)
			}
			for _, ref := range refs {
				if got := decide(t, p, mustImage(t, ref)).Outcome; (got == policy.Allow) != model.allows(ref) {
					t.Errorf("Decide(%s) = %v, the plugin allows: %t", ref, got, model.allows(ref))
				}
			}
			model.DefaultAllow = true
			for _, url := range []string{"https://quay.io/team/x:latest", "https://example.com/alpine:3", "https://x/corp/legacy:1"} {
				h, err := source.ParseHTTP(url, "")
				if err != nil {
					t.Fatal(err)
				}
				if got := decide(t, p, h).Outcome; (got == policy.Allow) != model.allows(url) {
					t.Errorf("Decide(%s) = %v, the plugin allows: %t", url, got, model.allows(url))
				}
			}
		})
	}
}
