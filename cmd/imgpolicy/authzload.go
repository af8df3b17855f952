package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/authz"
	"github.com/imgpolicy/imgpolicy/policy/authz/plugin"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/document"
	"github.com/imgpolicy/imgpolicy/policy/level"
	"github.com/imgpolicy/imgpolicy/policy/regex"
)

// guarding reads what decides for a daemon.
type guarding struct {
	policy, policyName   string // the path, and what the user calls it
	catalog, catalogName string // "" for none
	options              authz.Options
	now                  func() time.Time
}

// loadedGuard is what was read, and of what day.
type loadedGuard struct {
	inForce *plugin.InForce
	catalog *catalog.Catalog
	today   catalog.Date
}

// load reads the policy and the catalog.
func (g *guarding) load() (*loadedGuard, error) {
	pol, err := g.loadPolicy()
	if err != nil {
		return nil, fmt.Errorf("policy %w", err)
	}
	lists, _ := regex.ListsOf(pol)
	out := &loadedGuard{today: catalog.DateOf(g.now()), inForce: &plugin.InForce{
		Guard: &authz.Guard{Options: g.options, Policy: pol},
		Lists: plugin.Lists{Whitelist: lists.Whitelist, Blacklist: lists.Blacklist, DefaultAllow: lists.DefaultAllow},
	}}
	if g.catalog == "" {
		return out, nil
	}
	text, err := readFileOf(g.catalog, catalog.MaxText)
	if err != nil {
		return nil, unreadable(g.catalogName, err)
	}
	if out.catalog, err = catalog.Read(policy.File{Name: g.catalogName, Text: text}); err != nil {
		return nil, err
	}
	return out.on(out.today), nil
}

// on is the same on another day: approvals expire.
func (l *loadedGuard) on(today catalog.Date) *loadedGuard {
	guard := *l.inForce.Guard
	if l.catalog != nil {
		guard.Judge = approval.NewJudge([]level.Level{{File: "--catalog", Catalogs: []*catalog.Catalog{l.catalog}}}, today)
	}
	return &loadedGuard{inForce: &plugin.InForce{Guard: &guard, Lists: l.inForce.Lists}, catalog: l.catalog, today: today}
}

// loadPolicy reads the policy. As with the original it is JSON whatever it is
// called, but for YAML.
func (g *guarding) loadPolicy() (policy.Policy, error) {
	if strings.EqualFold(path.Ext(g.policyName), ".rego") {
		return nil, failure{
			g.policyName, "is a build policy (Rego), and judges builds: a daemon asks about pulls",
			"give an image policy with a whitelist and a blacklist, such as `" + programName + " export --to docker-image-policy DIR` writes",
		}
	}
	text, err := readFile(g.policy)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, failure{g.policyName, "no such file", "write one, or name another with --policy"}
	case err != nil:
		return nil, unreadable(g.policyName, err)
	}
	file := policy.File{Name: g.policyName, Text: text}
	if err := refuseElsewhere(file, g.catalog != ""); err != nil {
		return nil, err
	}
	pol, err := regex.Language(regex.Options{OtherKeys: config.OtherKeys()}).Load([]policy.File{file}, nil)
	if err != nil {
		return nil, err
	}
	return pol, nil
}

// elsewhere are the keys of a config by which more is in force for a Dockerfile
// than the config itself says, and what to do about each.
var elsewhere = map[string]string{
	"extends":  "what it extends is not in force for a daemon: give a file that has all lists",
	"policies": "other policies are not in force for a daemon: give a file that has all lists",
	"catalog":  "the catalog is not in force for a daemon unless it is given: add --catalog FILE",
}

// refuseElsewhere refuses a config by which a daemon would be allowed more than the
// linter allows a build.
func refuseElsewhere(file policy.File, catalogGiven bool) error {
	n, err := document.Parse(file.Name, file.Text)
	if err != nil {
		return nil //nolint:nilerr // loading the policy tells it better
	}
	for _, m := range n.Members {
		if why, ok := elsewhere[m.Key.Text]; ok && (m.Key.Text != "catalog" || !catalogGiven) {
			return m.Key.Fail("%s", why)
		}
	}
	return nil
}

// rejection is the line that says that what was read again is not in force.
func (g *guarding) rejection(err error) string {
	return fmt.Sprintf("policy %s rejected: %s", g.policyName, visible(strings.TrimPrefix(err.Error(), "policy ")))
}

// openAudit opens the audit, nil without a name.
func openAudit(dir, name string) (*plugin.Audit, error) {
	if name == "" {
		return nil, nil
	}
	where := absolute(dir, name)
	audit, err := plugin.NewAudit(func() (io.WriteCloser, error) {
		return os.OpenFile(where, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	})
	if err != nil {
		return nil, badAudit(name, err)
	}
	return audit, nil
}

// checkAudit looks whether the audit can be opened, and makes no file.
func checkAudit(dir, name string) error {
	if name == "" {
		return nil
	}
	where := absolute(dir, name)
	file, err := os.OpenFile(where, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		return file.Close()
	}
	if errors.Is(err, fs.ErrNotExist) {
		_, err = os.Stat(filepath.Dir(where))
	}
	if err != nil {
		return badAudit(name, err)
	}
	return nil
}

func badAudit(name string, err error) error {
	return failure{"audit " + name, cause(err), "name a file that can be appended to"}
}
