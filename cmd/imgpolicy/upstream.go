package main

import (
	"context"
	"errors"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/lock"
)

// upstream asks a registry, a server or a git remote what a name stands for.
type upstream interface {
	// Pin finds the digest of an image's index with that of its manifest for the
	// platform, the checksum of a download, or the commit of a git ref. Errors
	// name the host.
	Pin(ctx context.Context, src source.Source, platform string) (upstreamPin, error)
}

// upstreamPin is what a lookup finds.
type upstreamPin struct {
	lint.Pin
	Manifest string // of an image for the platform asked for, "" where it has one for all
}

// lookUpUse looks up a name for all platforms that it is used for.
func lookUpUse(ctx context.Context, l upstream, use *lock.Use) (lock.Found, error) {
	platforms := use.Platforms
	if len(platforms) == 0 {
		platforms = []string{""}
	}
	var found lock.Found
	for _, platform := range platforms {
		pin, err := l.Pin(ctx, use.Source, platform)
		switch {
		case err != nil:
			return lock.Found{}, err
		case !source.IsPin(use.Name, pin.Digest):
			return lock.Found{}, errors.New("the answer is no digest of it")
		case found.Digest != "" && found.Digest != pin.Digest:
			return lock.Found{}, errors.New("it changed while it was looked up; run this again")
		}
		found.Pin = pin.Pin
		if platform != "" && pin.Manifest != "" {
			if found.Platforms == nil {
				found.Platforms = map[string]string{}
			}
			found.Platforms[platform] = pin.Manifest
		}
	}
	return found, nil
}
