package main

import (
	"fmt"
	"net"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/authz"
	"github.com/imgpolicy/imgpolicy/policy/authz/plugin"
)

const authzDescription = `Is asked by a Docker daemon before it pulls, as the plugin docker-image-policy was, in
whose place it can be put: the same policy file, socket and status pages. A daemon asks
once its daemon.json has "authorization-plugins": ["docker-image-policy"].

It decides pulls of images and of plugins and the services of a swarm, and denies what
is not clear. It does not see what a build fetches, nor what is in an archive, nor what
a swarm that the daemon joins will run: such requests are allowed and logged, or denied
with --strict. What a build fetches is for lint and for export to judge.

The policy and the catalog are read again when they change and on SIGHUP; one that does
not load leaves the old one in force. The status pages are /health, /version, /config
and /metrics (Prometheus). Without --audit, denials and what was not seen are lines on
stderr.`

// Where the plugin docker-image-policy has its policy and its socket, and serves
// its pages.
const (
	authzPolicy = "/etc/docker/docker-image-policy.json"
	authzSocket = "/run/docker/plugins/docker-image-policy.sock"
	authzAddr   = "127.0.0.1:5006"
)

func (a *app) authzCommand() *cli.Command {
	return &cli.Command{
		Name: "authz", Usage: "decide what a Docker daemon pulls, as its plugin", Description: authzDescription,
		Action: a.authz,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "policy", Value: authzPolicy, Usage: "decide by the image policy in `FILE` (default\n" + authzPolicy + ")"},
			&cli.StringFlag{Name: "catalog", Usage: "only images that the catalog in `FILE` approves, too"},
			&cli.StringFlag{Name: "socket", Value: authzSocket, Usage: "listen for the daemon at `PATH` (default\n" + authzSocket + "), unless systemd\nhands over a socket"},
			&cli.StringFlag{Name: "addr", Value: authzAddr, Usage: "serve the status pages at `HOST:PORT` (default\n" + authzAddr + "), or off"},
			&cli.BoolFlag{Name: "strict", Usage: "deny what is not seen: docker build, docker load,\nrequests without a length; and what the audit misses"},
			&cli.BoolFlag{Name: "allow-import", Usage: "allow docker import"},
			&cli.BoolFlag{Name: "allow-all-tags", Usage: "judge pulls of all tags, by the name alone"},
			&cli.StringFlag{Name: "audit", Usage: "append every decision to `FILE`, a line of JSON each"},
			&cli.BoolFlag{Name: "check", Usage: "read the policy and the catalog, tell what is wrong\nwith them, look whether the audit can be written, and end"},
		},
	}
}

func (a *app) authz(c *cli.Context) error {
	if c.Args().Present() {
		return usageError("authz takes no argument: --policy names the policy")
	}
	dir, err := a.getwd()
	if err != nil {
		return err
	}
	if err := checkAddr(c.String("addr")); err != nil {
		return err
	}
	g := &guarding{
		policy: absolute(dir, c.String("policy")), policyName: c.String("policy"), catalogName: c.String("catalog"), now: time.Now,
		options: authz.Options{Strict: c.Bool("strict"), AllowImport: c.Bool("allow-import"), AllowAllTags: c.Bool("allow-all-tags")},
	}
	if g.catalogName != "" {
		g.catalog = absolute(dir, g.catalogName)
	}
	loaded, err := g.load()
	if err != nil {
		return err
	}
	if c.Bool("check") {
		if err := checkAudit(dir, c.String("audit")); err != nil {
			return err
		}
		return a.tellGuard(c, g, loaded)
	}
	audit, err := openAudit(dir, c.String("audit"))
	if err != nil {
		return err
	}
	defer audit.Close()
	say := a.sayer()
	s := &authzService{
		plugin: plugin.New(ownVersion(), loaded.inForce, audit, say), guarding: g, loaded: loaded, audit: audit,
		socket: absolute(dir, c.String("socket")), addr: c.String("addr"), say: say,
	}
	defer collectAt(servingGC)()
	return s.run(c.Context)
}

// sayer writes lines to stderr, for those who do so at the same time.
func (a *app) sayer() func(line string) {
	var mu sync.Mutex
	return func(line string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(a.stderr, "%s: %s\n", programName, visible(line))
	}
}

// checkAddr refuses what nothing can listen at, which would be told late.
func checkAddr(addr string) error {
	if addr == "off" {
		return nil
	}
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return usageError(fmt.Sprintf("--addr %q is no address: write HOST:PORT, such as %s, or off", addr, authzAddr))
	}
	return nil
}

// ownVersion is what /version tells.
func ownVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// tellGuard tells what a policy says, and its flaws.
func (a *app) tellGuard(c *cli.Context, g *guarding, loaded *loadedGuard) error {
	lists := loaded.inForce.Lists
	if inspector, ok := loaded.inForce.Guard.Policy.(policy.Inspector); ok {
		for _, f := range inspector.Inspect(c.Context, nil) {
			if f.Rule == "pattern-short-name-only" {
				continue // of the original: here both names are tried
			}
			line := 1 + strings.Count(string(f.File.Text[:f.Start]), "\n")
			told := fmt.Sprintf("%s:%d: warning: %s [%s]", f.File.Name, line, f.Message, f.Rule)
			fmt.Fprintln(a.stderr, visible(told))
		}
	}
	said := fmt.Sprintf("%s: loads: whitelist of %d, blacklist of %d, defaultAllow %t\n",
		g.policyName, len(lists.Whitelist), len(lists.Blacklist), lists.DefaultAllow)
	if loaded.catalog != nil {
		said += fmt.Sprintf("%s: loads: %d images\n", filepath.ToSlash(g.catalogName), len(loaded.catalog.Images))
	}
	return a.answer(said)
}
