package resolve

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

// dockerConfig is Docker's config.json, read when it is first asked. Docker's
// own reader is not used: it looks into the environment, writes to standard
// error, and waits for helpers without end.
type dockerConfig struct {
	dir  string
	once sync.Once
	file configFile
	err  error
	of   hosts
}

type configFile struct {
	Auths       map[string]json.RawMessage `json:"auths"`
	CredHelpers map[string]string          `json:"credHelpers"`
	CredsStore  string                     `json:"credsStore"`
}

const (
	maxDockerConfig = 4 << 20
	maxCredential   = 256 << 10
	helperTimeout   = 30 * time.Second
	// hubKey is what Docker Hub is called there.
	hubKey = "https://index.docker.io/v1/"
)

func (d *dockerConfig) load() {
	d.once.Do(func() {
		if d.dir == "" {
			return
		}
		name := filepath.Join(d.dir, "config.json")
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			d.err = sayf(ErrUnauthorized, "reading Docker's config: %s", err)
			return
		}
		defer f.Close()
		text, err := readAll(f, maxDockerConfig)
		if err == nil {
			err = json.Unmarshal(text, &d.file)
		}
		if err != nil {
			d.err = sayf(ErrUnauthorized, "reading Docker's config %s: it cannot be read as JSON", name)
			return
		}
		for key := range d.file.Auths {
			d.of = append(d.of, keyHost(key))
		}
		for key := range d.file.CredHelpers {
			d.of = append(d.of, keyHost(key))
		}
	})
}

// hosts are the registries that whoever runs us knows. They may be at private
// addresses.
func (d *dockerConfig) hosts() hosts {
	d.load()
	return d.of
}

// keyHost is the host of a key, which may be a URL. It stands for all ports
// where it names none.
func keyHost(key string) host {
	_, rest, ok := strings.Cut(key, "://")
	if !ok {
		rest = key
	}
	rest, _, _ = strings.Cut(rest, "/")
	return parseHost(rest, "")
}

// authenticator is how to authenticate at a repository, anonymously where
// nothing is known of it. A helper that fails is as one that knows nothing, as in
// Docker: most images are public. note says so.
func (d *dockerConfig) authenticator(ctx context.Context, repo name.Repository, environ []string) (auth authn.Authenticator, note string, err error) {
	d.load()
	if d.err != nil {
		return nil, "", d.err
	}
	key := repo.RegistryStr()
	if key == name.DefaultRegistry {
		key = hubKey
	}
	helper, named := d.file.CredHelpers[key]
	if !named {
		helper = d.file.CredsStore
	}
	if helper != "" {
		config, err := askHelper(ctx, environ, helper, key)
		if err != nil {
			return authn.Anonymous, "the credential helper docker-credential-" + helper + " failed: " + cause(err), nil
		}
		if config != nil {
			return authn.FromConfig(*config), "", nil
		}
		if named {
			return authn.Anonymous, "", nil
		}
	}
	text, ok := d.auth(repo.String(), key)
	if !ok {
		return authn.Anonymous, "", nil
	}
	var config authn.AuthConfig
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, "", sayf(ErrUnauthorized, "the entry of Docker's config for %s cannot be read", repo.RegistryStr())
	}
	if config == (authn.AuthConfig{}) {
		return authn.Anonymous, "", nil
	}
	return authn.FromConfig(config), "", nil
}

// auth finds the entry for a repository or its registry, as a URL too.
func (d *dockerConfig) auth(repo, key string) (json.RawMessage, bool) {
	for _, k := range []string{repo, key} {
		if text, ok := d.file.Auths[k]; ok {
			return text, true
		}
	}
	for k, text := range d.file.Auths {
		if _, rest, isURL := strings.Cut(k, "://"); isURL {
			if at, _, _ := strings.Cut(rest, "/"); at == key {
				return text, true
			}
		}
	}
	return nil, false
}

var helperName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`) })

// askHelper asks a credential helper by its protocol. It knows nothing where
// both are nil.
func askHelper(ctx context.Context, environ []string, helper, key string) (*authn.AuthConfig, error) {
	if !helperName().MatchString(helper) {
		return nil, sayf(ErrUnauthorized, "that is no name of one")
	}
	ctx, cancel := context.WithTimeout(ctx, helperTimeout)
	defer cancel()
	out, err := command{name: "docker-credential-" + helper, args: []string{"get"}, environ: environ, stdin: key, limit: maxCredential}.run(ctx)
	if err != nil {
		if strings.Contains(string(out), "credentials not found") {
			return nil, nil //nolint:nilnil // as said above
		}
		return nil, err
	}
	var found struct{ Username, Secret string } // #nosec G117 -- what credential helpers answer
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, sayf(ErrUnauthorized, "its answer cannot be read")
	}
	if found.Username == "<token>" {
		return &authn.AuthConfig{IdentityToken: found.Secret}, nil
	}
	return &authn.AuthConfig{Username: found.Username, Password: found.Secret}, nil
}
