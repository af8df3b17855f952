package dockerfile

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// namedContext is a --build-context that stands in for an image or a stage.
type namedContext struct {
	name  string // as BuildKit looks it up, with the platform if it has one
	value string
	key   string // the name without the platform
}

// ContextKey is the form in which a --build-context name is kept and looked up:
// "docker.io/library/alpine:latest" is "alpine" (dockerui.Client.NamedContext).
func ContextKey(name string) (string, error) {
	img, err := source.ParseImage(name)
	if err != nil {
		return "", fmt.Errorf("invalid context name %s: %w", name, err)
	}
	return contextKey(img), nil
}

func contextKey(img source.Image) string {
	return strings.TrimSuffix(img.Familiar(), ":latest")
}

// lookupStageContext finds the context that replaces a stage, by its name.
// The names scratch and context never have one.
// BuildKit parses the stage's name as a reference on the way, contexts or not,
// and refuses the few stage names that are none, such as "a..b".
func (r *resolver) lookupStageContext(name, platform string) (*namedContext, error) {
	if strings.EqualFold(name, scratch) || strings.EqualFold(name, "context") {
		return nil, nil
	}
	if len(r.opt.Contexts) == 0 && plainStageName().MatchString(name) && len(name) < 64 {
		return nil, nil
	}
	img, err := source.ParseImage(name)
	if err != nil {
		return nil, fmt.Errorf("invalid context name %s: %w", name, err)
	}
	return r.lookupContext(img, platform), nil
}

var plainStageName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]+([-_.][a-z0-9]+)*$`) })

// lookupImageContext finds the context that replaces an image. Only a name
// given as just "scratch" or "context" is exempt, and a normalized reference
// is neither.
func (r *resolver) lookupImageContext(img source.Image, platform string) *namedContext {
	if len(r.opt.Contexts) == 0 {
		return nil
	}
	return r.lookupContext(img, platform)
}

func (r *resolver) lookupContext(img source.Image, platform string) *namedContext {
	key := contextKey(img)
	for _, k := range []string{key + "::" + platform, key} {
		if v, ok := r.opt.Contexts[k]; ok {
			return &namedContext{name: k, value: v, key: key}
		}
	}
	return nil
}

// load reads the context's value (dockerui.NamedContext.load). A nil source
// without unknown or error fetches nothing.
func (c *namedContext) load() (source.Source, Unknown, error) {
	scheme, rest, ok := strings.Cut(c.value, ":")
	if !ok {
		return nil, Unknown{}, fmt.Errorf("invalid context specifier %s for %s", c.value, c.name)
	}
	if strings.HasPrefix(scheme, "git@") {
		scheme = "git"
	}
	switch scheme {
	case "docker-image":
		return c.loadImage(strings.TrimPrefix(rest, "//"))
	case "git", "http", "https":
		return c.loadRemote(scheme)
	case "oci-layout":
		return c.loadLayout(strings.TrimPrefix(rest, "//"))
	case "local":
		return source.Local{Name: rest}, Unknown{}, nil
	case "input", "target":
		return nil, Unknown{Reason: "is built by another target, " + rest}, nil
	default:
		return nil, Unknown{}, fmt.Errorf("unsupported context source %s for %s", scheme, c.name)
	}
}

func (c *namedContext) loadImage(ref string) (source.Source, Unknown, error) {
	if ref == scratch {
		return nil, Unknown{}, nil
	}
	img, err := source.ParseImage(ref)
	if err != nil {
		return nil, Unknown{}, err
	}
	return img, Unknown{}, nil
}

func (c *namedContext) loadRemote(scheme string) (source.Source, Unknown, error) {
	g, isGit, err := source.ParseGit(c.value)
	switch {
	case isGit && err == nil:
		return g, Unknown{}, nil
	case isGit:
		return nil, Unknown{}, err
	case scheme == "git":
		return nil, Unknown{}, fmt.Errorf("invalid git context %s", c.value)
	default:
		return source.HTTP{URL: c.value, Filename: "context"}, Unknown{}, nil
	}
}

func (c *namedContext) loadLayout(spec string) (source.Source, Unknown, error) {
	at := strings.LastIndexByte(spec, '@')
	if at < 0 {
		return nil, Unknown{Reason: "needs the digest of the OCI layout " + spec}, nil
	}
	o, err := source.NewOCILayout(c.key, spec[at+1:], spec[:at])
	if err != nil {
		return nil, Unknown{}, fmt.Errorf("could not parse oci-layout reference %q: %w", spec, err)
	}
	return o, Unknown{}, nil
}

// ParseContext reads a --build-context NAME=VALUE as Buildx does: the key for
// Options.Contexts, and the value as BuildKit is given it. A value that is no
// image, URL, git reference or layout names a local directory; whether it
// exists is the caller's question.
func ParseContext(arg string) (key, value string, err error) {
	name, value, ok := strings.Cut(arg, "=")
	if !ok || name == "" || value == "" {
		return "", "", fmt.Errorf("invalid build context %q: write NAME=VALUE", source.Redact(arg))
	}
	if key, err = ContextKey(name); err != nil {
		return "", "", err
	}
	if isLocalContext(value) {
		return key, "local:" + localContextName(key), nil
	}
	return key, value, nil
}

// localContextName is the name a local directory is synced under; Buildx keeps
// its own two apart.
func localContextName(key string) string {
	if key == "context" || key == "dockerfile" {
		return "_" + key
	}
	return key
}

func isLocalContext(value string) bool {
	for _, scheme := range []string{"docker-image://", "http://", "https://", "oci-layout://", "target:"} {
		if strings.HasPrefix(value, scheme) {
			return false
		}
	}
	_, isGit, _ := source.ParseGit(value)
	return !isGit
}
