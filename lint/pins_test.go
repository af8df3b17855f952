package lint_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

const (
	digestA = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	digestB = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// TestPins: the function is asked for what is not pinned alone, with the
// platform, and answers beside the input.
func TestPins(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked, got []string
	l := &lint.Linter{
		Pins: func(_ context.Context, src source.Source, platform string) (lint.Pin, bool, error) {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, src.Identifier()+" "+platform)
			return lint.Pin{Digest: digestA, From: "a test"}, strings.Contains(src.Identifier(), "alpine"), nil
		},
		Rules: []*lint.Rule{rule("pins", func(p *lint.Pass) {
			for i, pin := range p.Pins {
				got = append(got, p.Inputs[i].Value+" "+pin.Digest)
			}
		})},
	}
	l.Settings.Builds = []dockerfile.Options{{Contexts: map[string]string{"here": "."}}} // a directory is not looked up
	text := "# syntax=docker/dockerfile:1\nFROM here\nFROM --platform=linux/arm64 alpine:3\nFROM busybox@" + digestB +
		"\nADD https://example.com/a.git#main /b\nADD https://example.com/a /b\nARG X\nADD https://example.com/$X /b\n"
	if _, failures := l.Lint(context.Background(), []lint.File{file("f", text)}); len(failures) > 0 {
		t.Fatal(failures)
	}
	if want := []string{
		"docker-image://docker.io/docker/dockerfile:1 " + dockerfile.DefaultPlatform, "docker-image://docker.io/library/alpine:3 linux/arm64",
		"git://example.com/a.git#main ", "https://example.com/a ",
	}; !slices.Equal(slices.Sorted(slices.Values(asked)), want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	if want := "alpine:3 " + digestA; !slices.Contains(got, want) || len(got) != 7 {
		t.Errorf("pins are %q, want %q and six without one", got, want)
	}
}

// TestPinsFail: what cannot be looked up is a failure each, shows no
// credentials, and the rest is there all the same.
func TestPinsFail(t *testing.T) {
	t.Parallel()
	l := &lint.Linter{
		Rules: []*lint.Rule{rule("speaks", func(p *lint.Pass) { p.ReportInput(0, lint.Diagnostic{Message: "m"}) })},
		Pins: func(_ context.Context, src source.Source, _ string) (lint.Pin, bool, error) {
			return lint.Pin{}, false, errors.New("nobody answers at " + src.Identifier())
		},
	}
	l.Settings.Builds = make([]dockerfile.Options, 2)
	result, failures := l.Lint(context.Background(), []lint.File{
		file("f", "FROM alpine\nFROM alpine\nADD https://user:secret@example.com/a /b\n"),
	})
	var got []string
	for _, f := range failures {
		got = append(got, f.Error())
	}
	want := []string{
		"f:1: looking up docker-image://docker.io/library/alpine:latest: nobody answers at docker-image://docker.io/library/alpine:latest",
		"f:3: looking up https://***@example.com/a: nobody answers at https://***@example.com/a",
	}
	if !slices.Equal(got, want) {
		t.Errorf("failures are %q, want %q", got, want)
	}
	if len(result.Diagnostics) != 1 {
		t.Errorf("%d diagnostics, want 1", len(result.Diagnostics))
	}
}

func TestSameOverHTTPS(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, add     string
		plain, secure string
		want          bool
	}{
		{"the same", "http://h/x", digestA, digestA, true},
		{"another port", "http://h:8080/x", digestA, digestA, true},
		{"its port", "http://h:80/x", digestA, digestA, true},
		{"another", "http://h/x", digestA, digestB, false},
		{"no https", "http://h/x", digestA, "", false},
		{"https alone", "http://h/x", "", digestA, false},
		{"as the checksum", "--checksum=" + digestA + " http://h/x", "", digestA, true},
		{"not as the checksum", "--checksum=" + digestA + " http://h/x", "", digestB, false},
		{"is https", "https://h/x", digestA, digestA, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got bool
			l := &lint.Linter{
				Pins: func(_ context.Context, src source.Source, _ string) (lint.Pin, bool, error) {
					pin := lint.Pin{Digest: tt.plain, From: "a test"}
					if strings.HasSuffix(src.Identifier(), ":80/x") && strings.HasPrefix(src.Identifier(), "https:") {
						t.Errorf("asked for %s", src.Identifier())
					}
					if strings.HasPrefix(src.Identifier(), "https:") {
						pin.Digest = tt.secure
						if tt.secure == "" {
							return lint.Pin{}, false, errors.New("nobody answers")
						}
					}
					return pin, pin.Digest != "", nil
				},
				Rules: []*lint.Rule{rule("same", func(p *lint.Pass) { _, got = p.SameOverHTTPS(0) })},
			}
			_, failures := l.Lint(context.Background(), []lint.File{file("f", "FROM scratch\nADD "+tt.add+" /\n")})
			if got != tt.want || len(failures) > 0 {
				t.Errorf("SameOverHTTPS = %v, failures %v, want %v", got, failures, tt.want)
			}
		})
	}
}

// TestPinsThatDoNotFit: what is no digest is not written into a file.
func TestPinsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, add := range []string{"FROM alpine", "FROM scratch\nADD https://h/x /", "FROM scratch\nADD https://h/x.git /"} {
		for _, digest := range []string{"sha256:abc", digestA + "\nRUN evil", "sha512:" + strings.Repeat("a", 128) + " x", "main"} {
			l := &lint.Linter{
				Pins: func(context.Context, source.Source, string) (lint.Pin, bool, error) {
					return lint.Pin{Digest: digest, From: "a test"}, true, nil
				},
				Rules: []*lint.Rule{rule("pins", func(p *lint.Pass) {
					if pin := p.Pins[0]; !pin.IsZero() {
						t.Errorf("%s has the pin %q", add, pin.Digest)
					}
				})},
			}
			if _, failures := l.Lint(context.Background(), []lint.File{file("f", add+"\n")}); len(failures) != 1 {
				t.Errorf("%s: failures %v, want one", add, failures)
			}
		}
	}
}

func TestVaries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want bool
	}{
		{"FROM alpine", false},
		{"FROM --platform=$BUILDPLATFORM alpine", false},
		{"FROM --platform=$TARGETOS/$TARGETARCH alpine", false},
		{"FROM $TARGETARCH/alpine", true},
		{"ARG X=$BUILDARCH\nARG Y=$X\nFROM $Y/alpine", true},
		{"FROM alpine-$TARGETOS", true},
		{"FROM alpine$TARGETVARIANT", true},
		{"FROM scratch\nARG TARGETARCH\nADD https://h/$TARGETARCH /", true},
		{"FROM alpine AS x-amd64\nFROM alpine AS x-arm64\nFROM x-$TARGETARCH\nCOPY --from=busybox /a /b", false},
		{"FROM alpine AS x-amd64\nFROM alpine AS x-arm64\nFROM x-$TARGETARCH AS y\nFROM busybox-$TARGETARCH", true},
		{"FROM scratch\nENV A=1\nADD https://h/$A /", false},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			l := &lint.Linter{Rules: []*lint.Rule{rule("varies", func(p *lint.Pass) {
				if got := p.Varies(len(p.Inputs) - 1); got != tt.want {
					t.Errorf("Varies = %v, want %v", got, tt.want)
				}
			})}}
			if result, _ := l.Lint(context.Background(), []lint.File{file("f", tt.text+"\n")}); result.Summary.Inputs == 0 {
				t.Error("no inputs")
			}
		})
	}
}
