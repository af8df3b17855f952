package dockerfile

// Options are the facts about a build that its Dockerfile does not hold. The
// zero value is a build of the last stage for linux/amd64 without build args.
type Options struct {
	// BuildArgs are the values given by --build-arg.
	BuildArgs map[string]string
	// Target is the stage to build, "" for the last one.
	Target string
	// Platform is the platform to build for, "" for linux/amd64.
	Platform string
	// Contexts are the values given by --build-context, by name.
	Contexts map[string]string
	// Closed says that BuildArgs are all there will ever be: an ARG without a
	// value is then unset, as BuildKit takes it, instead of unknown.
	Closed bool
	// Image tells what the config of a base image says, where it is known; nil
	// knows none. ref is normalized, platform as in Input.Platform.
	Image func(ref, platform string) (ImageConfig, bool)
}

// ImageConfig is the part of an image's config that changes what a Dockerfile
// based on it fetches.
type ImageConfig struct {
	Env        []string // KEY=value
	OnBuild    []string
	WorkingDir string
}
