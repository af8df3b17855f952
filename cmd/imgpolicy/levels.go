package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// levelFlags are the flags about levels and their catalogs.
func levelFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "catalog", Usage: "judge images by this catalog `FILE` of approved images,\ntoo"},
		&cli.StringSliceFlag{Name: "require-level", Usage: "check nothing unless the config is below this `LEVEL`,\nsuch as organization or organization=acme; may be\nrepeated"},
	}
}

// levelNames are the levels that --require-level takes, the highest first.
var levelNames = []string{"organization", "program", "project", "application"}

// requiredLevels are those of --require-level.
func requiredLevels(c *cli.Context) ([]config.Text, error) {
	var out []config.Text
	for _, text := range c.StringSlice("require-level") {
		if _, _, err := config.ParseRequired(text); err != nil {
			return nil, usageError(fmt.Sprintf("--require-level %q is %v; write LEVEL or LEVEL=NAME", text, err))
		}
		out = append(out, config.Text{Value: text})
	}
	return out, nil
}

// machineChain is the policy of the machine with what it extends, nil where there
// is none. One that cannot be read is no reason to go on without it.
func (c *configs) machineChain() (*config.Chain, error) {
	if c.machine == "" {
		return nil, nil
	}
	if exists, err := isThere(c.machine); err != nil || !exists {
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, badConfig(unreadable(c.machine, err))
	}
	loaded, ok := c.chains[c.machine]
	if !ok {
		loaded.chain, loaded.err = config.Load(c.machine, c.known(), c.read)
		if loaded.err != nil {
			loaded.err = badConfig(loaded.err)
		} else {
			loaded.chain.OfMachine()
		}
		c.chains[c.machine] = loaded
	}
	return loaded.chain, loaded.err
}

// below puts a chain below the policy of the machine.
func (c *configs) below(chain *config.Chain) (*config.Chain, error) {
	machine, err := c.machineChain()
	if err != nil || machine == nil {
		return chain, err
	}
	return chain.Below(machine), nil
}

// catalogs reads catalogs, each once. It is safe for concurrent use.
type catalogs struct {
	dir   string
	texts *texts

	mu   sync.Mutex
	read map[string]readCatalog
}

type readCatalog struct {
	catalog *catalog.Catalog
	err     error
}

func newCatalogs(dir string, texts *texts) *catalogs {
	return &catalogs{dir: dir, texts: texts, read: map[string]readCatalog{}}
}

// at is the catalog of a path: nil and no error where there is none and needed is
// false.
func (c *catalogs) at(path string, at config.Place, needed bool) (*catalog.Catalog, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.read[path]
	if !ok {
		found.catalog, found.err = c.load(path)
		c.read[path] = found
	}
	switch {
	case found.err == nil || !needed && errors.Is(found.err, fs.ErrNotExist):
		return found.catalog, nil
	case at != (config.Place{}) && errors.Is(found.err, fs.ErrNotExist):
		return nil, &policy.LoadError{File: at.File, Line: at.Line, Column: 1, Entry: "catalog", Message: fmt.Sprintf("%s does not exist", shownName(c.dir, path))}
	case errors.Is(found.err, fs.ErrNotExist):
		return nil, unreadable(shownName(c.dir, path), found.err)
	}
	return nil, found.err
}

func (c *catalogs) load(path string) (*catalog.Catalog, error) {
	name := shownName(c.dir, path)
	text, err := c.texts.readBy(path, func() ([]byte, error) { return readFileOf(path, catalog.MaxText) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err // whether that matters depends on who asks
	case err != nil:
		return nil, unreadable(name, err)
	}
	return catalog.Read(policy.File{Name: name, Text: text})
}

// governance finds the levels in force. It is safe for concurrent use.
type governance struct {
	configs  *configs
	catalogs *catalogs
	// given is the path of the catalog of --catalog, "" for none.
	given    string
	required []config.Text
	today    catalog.Date
	// whole tells whether the run looks at all that configs are for.
	whole func(paths []string) bool

	mu     sync.Mutex
	levels map[*config.Chain]foundLevels
	chains map[*lint.Levels]*config.Chain // of those
}

type foundLevels struct {
	levels *lint.Levels
	err    error
}

// of are the levels of a chain, nil for none.
func (g *governance) of(chain *config.Chain) (*lint.Levels, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	found, ok := g.levels[chain]
	if !ok {
		found.levels, found.err = g.find(chain)
		if found.err != nil {
			found.err = &policyError{found.err}
		}
		g.levels[chain] = found
		g.chains[found.levels] = chain
	}
	return found.levels, found.err
}

func (g *governance) find(chain *config.Chain) (*lint.Levels, error) {
	if missing, ok := chain.Missing(g.required); ok {
		return nil, missingLevel(chain, missing)
	}
	levels, err := chain.Levels(g.today, g.catalogs.at)
	if err != nil {
		return nil, err
	}
	if g.given != "" {
		if levels == nil {
			levels = &lint.Levels{}
		}
		given, err := g.catalogs.at(g.given, config.Place{}, true)
		if err != nil {
			return nil, err
		}
		levels.Add(level.Level{File: "--catalog", Catalogs: []*catalog.Catalog{given}})
		levels.Judge = approval.NewJudge(levels.All, g.today)
	}
	if levels == nil {
		return nil, nil
	}
	for name, of := range levels.Files {
		levels.Files[shownName(g.configs.dir, name)] = of
	}
	levels.Whole = g.whole != nil && g.whole(chain.Excepting())
	return levels, nil
}

// sum stands for the texts that levels come from.
func (g *governance) sum(levels *lint.Levels) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var files []policy.File
	for _, c := range g.chains[levels].Configs {
		files = append(files, c.File())
	}
	for i := range levels.All {
		for _, c := range levels.All[i].Catalogs {
			files = append(files, c.File)
		}
	}
	return sumOfFiles(files...)
}

// paths are the files of the catalogs in force.
func (g *governance) paths(chain *config.Chain) []string {
	levels, err := g.of(chain)
	if err != nil || levels == nil {
		return nil // linting the file has failed by it, or nothing is in force
	}
	var out []string
	for i := range levels.All {
		for _, c := range levels.All[i].Catalogs {
			out = append(out, absolute(g.configs.dir, filepath.FromSlash(c.File.Name)))
		}
	}
	return out
}

func missingLevel(chain *config.Chain, missing config.Text) error {
	by := "--require-level"
	if missing.File != "" {
		by = missing.String()
	}
	have := "no level"
	if titles := chain.Titles(); len(titles) > 0 {
		have = strings.Join(titles, ", ")
	}
	file := "the config"
	if n := len(chain.Configs); n > 0 {
		file = chain.Configs[n-1].Name
	}
	return failure{file, fmt.Sprintf("is not below %s, which %s asks for; it has %s", strings.ReplaceAll(missing.Value, "=", " "), by, have), "let it extend the config of that level: nothing was checked"}
}
