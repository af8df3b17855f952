package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// configNames are the configs that are found by themselves. They are hidden
// because they are about the project and not part of what is built.
func configNames() []string { return []string{".imgpolicy.yaml", ".imgpolicy.json"} }

// nearlyConfigNames are names that people give a config which is then not
// found.
func nearlyConfigNames() []string { return []string{".imgpolicy.yml"} }

// configFlags are the flags that say which config is in force.
func configFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "config", Usage: "read this config `FILE` (default $IMGPOLICY_CONFIG, else\nthe one nearest to each Dockerfile)"},
		&cli.BoolFlag{Name: "no-config", Usage: "read no config but that of --config"},
	}
}

// configs finds and loads the configs in force. It is safe for concurrent use.
type configs struct {
	dir   string // the working directory
	given string // the config for all Dockerfiles, "" to look for one
	off   bool   // look for none
	texts *texts
	// bundles are what configs extend by references.
	bundles *bundles
	// machine is the path of the policy of the machine, "" for none.
	machine string
	// listed are directories that have nothing of what is looked for.
	listed listed

	mu     sync.Mutex
	chains map[string]loadedChain // by path of the config
	paths  map[string]foundPath   // by folder
	roots  map[string]string      // of the repositories, by folder; "" for none
	seen   map[string]bool        // the files that were read, by path
}

type loadedChain struct {
	chain *config.Chain
	err   error
}

type foundPath struct {
	path string
	err  error
}

// configs are those of a run with these flags.
func (a *app) configs(c *cli.Context, dir string) (*configs, error) {
	out := &configs{dir: dir, machine: a.machine, bundles: a.bundles(c, dir), off: c.Bool("no-config"), chains: map[string]loadedChain{}, paths: map[string]foundPath{}, roots: map[string]string{}, seen: map[string]bool{}}
	given := c.String("config")
	switch {
	case c.IsSet("config") && given == "":
		return nil, usageError("--config needs the name of a file")
	case given == "" && !out.off:
		given = a.getenv("IMGPOLICY_CONFIG")
	}
	if given != "" {
		out.given = absolute(dir, given)
	}
	return out, nil
}

// known is what a config may name.
func known() config.Known {
	return config.Known{Rules: rules.All(), Platform: dockerfile.NormalizePlatform}
}

// known is what a config may name here.
func (c *configs) known() config.Known {
	k := known()
	if c.bundles != nil {
		k.Locate = c.bundles.locate
	}
	return k
}

// at is the config at a path, with all that it extends.
func (c *configs) at(path string) (*config.Chain, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.load(path)
}

// of is the config in force for the Dockerfiles of a folder, with all that it
// extends; empty where there is none.
func (c *configs) of(folder string) (*config.Chain, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	path := c.given
	if path == "" && !c.off {
		found := c.find(folder, c.top(folder))
		if found.err != nil {
			return nil, found.err
		}
		path = found.path
	}
	return c.load(path)
}

// load loads a config with all that it extends, none for "", and puts it below
// the policy of the machine.
func (c *configs) load(path string) (*config.Chain, error) {
	loaded, ok := c.chains[path]
	if !ok {
		loaded.chain = &config.Chain{}
		if path != "" {
			loaded.chain, loaded.err = config.Load(path, c.known(), c.read)
		}
		if loaded.err != nil {
			loaded.err = badConfig(loaded.err)
		} else {
			if path != "" {
				loaded.chain.Root = c.top(c.dir)
			}
			loaded.chain, loaded.err = c.below(loaded.chain)
		}
		c.chains[path] = loaded
	}
	return loaded.chain, loaded.err
}

// unused loads a config that no Dockerfile of the run has made load, and returns
// nil for one that some has.
func (c *configs) unused(path string) (*config.Chain, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[path] {
		return nil, nil
	}
	return c.load(path)
}

// excludes tells whether a search passes over a Dockerfile. A config that does
// not load excludes nothing: the Dockerfile is to fail by it.
func (c *configs) excludes(path string) bool {
	chain, err := c.of(filepath.Dir(path))
	if err != nil {
		return false
	}
	_, excluded := chain.Excludes(path)
	return excluded
}

func (c *configs) read(path string) (name string, text []byte, err error) {
	name = shownName(c.dir, path)
	c.seen[path] = true
	if text, err = c.texts.read(path); err != nil {
		return name, nil, unreadable(name, err)
	}
	return name, text, nil
}

// find is the config nearest to a folder. What is found out of a directory is
// kept: those of a large tree share most of their parents.
func (c *configs) find(folder, top string) foundPath {
	found, ok := c.paths[folder]
	if ok {
		return found
	}
	found.path, found.err = c.in(folder)
	if found == (foundPath{}) && folder != top {
		found = c.find(filepath.Dir(folder), top)
	}
	c.paths[folder] = found
	return found
}

// above is the path of the config in force for a folder that does not stand in
// the folder itself, or "".
func (c *configs) above(folder string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	top := c.top(folder)
	if folder == top {
		return "", nil
	}
	found := c.find(filepath.Dir(folder), top)
	return found.path, found.err
}

// in is the path of the config that stands in a folder, or "". Two of them could
// not both be meant, and one with nearly the right name is not to be missed.
func (c *configs) in(folder string) (string, error) {
	var found []string
	for _, name := range configNames() {
		path := filepath.Join(folder, name)
		switch exists, err := c.isThere(path); {
		case err != nil:
			return "", badConfig(unreadable(shownName(c.dir, path), err))
		case exists:
			found = append(found, path)
		}
	}
	for _, name := range nearlyConfigNames() {
		if exists, _ := c.isThere(filepath.Join(folder, name)); exists {
			return "", badConfig(failure{shownName(c.dir, filepath.Join(folder, name)), "is not the name of a config", "call it " + configNames()[0]})
		}
	}
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	default:
		return "", badConfig(failure{shownName(c.dir, folder), "has both " + strings.Join(configNames(), " and "), "keep one of them"})
	}
}

// isThere is that of what may be listed.
func (c *configs) isThere(path string) (bool, error) {
	if c.listed.lacks(path) {
		return false, nil
	}
	return isThere(path)
}

// isThere tells whether a path exists. A broken link does: it is a config that
// does not load.
func isThere(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// top is the highest directory a config for a folder may stand in: the root of
// its repository. Outside of a repository it is the working directory, or the
// folder alone if that is elsewhere: a file that happens to lie in /tmp or in a
// home directory must not decide about everything below it.
func (c *configs) top(folder string) string {
	if root := c.root(folder); root != "" {
		return root
	}
	if !isBelow(c.dir, folder) {
		return folder
	}
	return c.dir
}

// topOf is top for those who do not hold the lock.
func (c *configs) topOf(folder string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.top(folder)
}

// root is the root of the repository of a folder, "" for none.
func (c *configs) root(folder string) string {
	root, ok := c.roots[folder]
	if ok {
		return root
	}
	switch above := filepath.Dir(folder); {
	case !c.listed.lacks(filepath.Join(folder, ".git")) && isRepository(folder):
		root = folder
	case above != folder:
		root = c.root(above)
	}
	c.roots[folder] = root
	return root
}

// powerless is a host that a config of the repository would open the network to,
// which only one that is given by --config does.
func (c *configs) powerless() (config.Text, bool) {
	if c.given != "" || c.chains == nil {
		return config.Text{}, false
	}
	chain, err := c.of(c.dir)
	if err != nil { // what is wrong with it the run says
		return config.Text{}, false
	}
	if _, own := chain.AllowPrivate(); len(own) > 0 {
		return own[0], true
	}
	return config.Text{}, false
}

// allowPrivate are the hosts that the policy of the machine and a config given by
// --config let be asked at private addresses.
func (c *configs) allowPrivate() ([]string, error) {
	if c.given == "" {
		return c.machinePrivate()
	}
	chain, err := c.of(c.dir)
	if err != nil {
		return nil, err
	}
	machine, own := chain.AllowPrivate()
	return append(values(machine), values(own)...), nil
}

// machinePrivate are those that the policy of the machine lets be asked.
func (c *configs) machinePrivate() ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	machine, err := c.machineChain()
	if err != nil || machine == nil {
		return nil, err
	}
	hosts, _ := machine.AllowPrivate()
	return values(hosts), nil
}

// badConfig says that a config does not load.
func badConfig(err error) error {
	return &policyError{fmt.Errorf("config %w; correct it: nothing it is in force for was checked", err)}
}
