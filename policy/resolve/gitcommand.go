package resolve

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// remote is a git remote that may be asked, and how git is told to.
type remote struct {
	host    host
	config  []setting
	environ []string
}

// setting is one of git's settings. They are handed over in the environment, which
// other users of the machine cannot read: there are passwords in URLs.
type setting struct{ key, value string }

// remoteName is what remotes are called on git's command line, where a URL could
// be taken for an option.
const remoteName = "imgpolicy"

// setURL makes a URL the remote, whatever the user's own settings would make of
// it: the longest insteadOf counts.
func (m *remote) setURL(url string) {
	m.config = append(m.config, setting{"remote." + remoteName + ".url", url}, setting{"url." + url + ".insteadOf", url})
}

// gitPorts are those that the schemes of remotes mean.
var gitPorts = map[string]string{"https": "443", "http": "80", "ssh": "22", "git": "9418"}

// plainHost is a host that cannot be anything else to git, ssh or a shell.
var plainHost = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)(:[0-9]{1,5})?$`)
})

// remote prepares the remote of a source. Git connects by itself, so the host is
// resolved first and git is told the address, where no name can mean another one
// by then: by curl's option for http and https (which git before 2.37 does not
// know), by ssh's HostName, by the URL for git. Redirects are off, since they
// could lead anywhere; see asked. A proxy in the user's own settings of git is
// used as git does.
func (r *Resolver) remote(ctx context.Context, src source.Git) (*remote, error) {
	scheme := src.Scheme
	port, ok := gitPorts[scheme]
	if !ok {
		return nil, sayf(ErrUnsupported, "repositories are not asked by %q", scheme)
	}
	if !plainHost().MatchString(src.Host) || strings.HasPrefix(src.Remote, "-") {
		return nil, sayf(ErrInvalid, "%q is no host", src.Host)
	}
	h := parseHost(src.Host, port)
	if (scheme == "http" || scheme == "git") && !r.guard.insecure.has(h) {
		return nil, sayf(ErrPlainHTTP, "%s would be asked without TLS, which is not done; where that is right, use --insecure-registry %s", h, h)
	}
	out := &remote{host: h, config: gitConfig(scheme), environ: r.gitEnviron(scheme)}
	if scheme == "http" || scheme == "https" {
		through, err := r.proxyFor(src.Remote)
		if err != nil {
			return nil, err
		}
		if through != "" {
			out.config = append(out.config, setting{"http.proxy", through})
			out.setURL(src.Remote)
			return out, r.guard.checkLiteral(h)
		}
	}
	addresses, err := r.guard.addresses(ctx, h)
	if err != nil {
		return nil, err
	}
	if len(addresses) == 0 {
		return nil, sayf(ErrUnavailable, "the name has no address")
	}
	return out, out.connectTo(src, addresses, r.guard.insecure.has(h), r.opt.Environ)
}

// connectTo tells git the addresses that were checked.
func (m *remote) connectTo(src source.Git, addresses []netip.Addr, insecure bool, environ []string) error {
	to := src.Remote
	switch src.Scheme {
	case "http", "https":
		if insecure {
			m.config = append(m.config, setting{"http.sslVerify", "false"})
		}
		if _, isAddress := literal(m.host.name); isAddress {
			break
		}
		list := make([]string, len(addresses))
		for i, a := range addresses {
			list[i] = bracketed(a)
		}
		m.config = append(m.config, setting{"http.curloptResolve", m.host.name + ":" + m.host.port + ":" + strings.Join(list, ",")})
	case "ssh":
		alias := m.host.name
		if m.host.port != gitPorts["ssh"] {
			alias = "[" + alias + "]:" + m.host.port
		}
		m.environ = append(m.environ, "GIT_SSH_VARIANT=ssh", "GIT_SSH_COMMAND="+lookupEnv(environ, "GIT_SSH_COMMAND", "ssh")+
			" -o BatchMode=yes -o ForwardAgent=no -o ForwardX11=no -o ClearAllForwardings=yes -o HostName="+addresses[0].String()+" -o 'HostKeyAlias="+alias+"'")
	case "git":
		u, err := url.Parse(src.Remote)
		if err != nil {
			return sayf(ErrInvalid, "it is no valid URL")
		}
		m.environ = append(m.environ, "GIT_OVERRIDE_VIRTUAL_HOST="+m.host.String())
		u.Host = bracketed(addresses[0]) + ":" + m.host.port
		to = u.String()
	}
	m.setURL(to)
	return nil
}

func bracketed(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// proxyFor is the proxy that a remote is asked through, "" for none.
func (r *Resolver) proxyFor(rawURL string) (string, error) {
	if r.opt.Proxy == nil {
		return "", nil
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", sayf(ErrInvalid, "it is no valid URL")
	}
	through, err := r.opt.Proxy(&http.Request{Method: http.MethodGet, URL: u})
	if err != nil || through == nil {
		return "", err
	}
	return through.String(), nil
}

// gitConfig switches off what could run a program, ask for a password, or fetch
// from elsewhere than it is told.
func gitConfig(scheme string) []setting {
	return []setting{
		{"protocol.version", "2"},
		{"protocol.allow", "never"},
		{"protocol." + scheme + ".allow", "always"},
		{"http.followRedirects", "false"},
		{"http.curloptResolve", ""},
		{"transfer.bundleURI", "false"},
		{"fetch.uriProtocols", ""},
		{"core.hooksPath", os.DevNull},
		{"core.fsmonitor", "false"},
		{"core.gitProxy", ""},
		{"core.askPass", ""},
		{"credential.interactive", "false"},
		{"gc.auto", "0"},
		{"maintenance.auto", "false"},
		{"submodule.recurse", "false"},
		{"fetch.recurseSubmodules", "false"},
		{"fetch.writeCommitGraph", "false"},
	}
}

// withConfig adds settings to an environment, behind those that it has. Git
// before 2.31 knows none of them, and so no remote either.
func withConfig(environ []string, config []setting) []string {
	n, _ := strconv.Atoi(lookupEnv(environ, "GIT_CONFIG_COUNT", "0"))
	out := slices.Clone(environ)
	for _, c := range config {
		i := strconv.Itoa(n)
		out = append(out, "GIT_CONFIG_KEY_"+i+"="+c.key, "GIT_CONFIG_VALUE_"+i+"="+c.value)
		n++
	}
	return append(out, "GIT_CONFIG_COUNT="+strconv.Itoa(n))
}

// keptGit are the variables of git that stay: whoever runs us may have its
// certificates and credentials in them. All others could lead git elsewhere.
var keptGit = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^GIT_(CONFIG_GLOBAL|CONFIG_COUNT|CONFIG_KEY_.*|CONFIG_VALUE_.*|SSL_CAINFO|SSL_CAPATH|SSL_CERT|SSL_KEY|EXEC_PATH|ASKPASS)$`)
})

func (r *Resolver) gitEnviron(scheme string) []string {
	out := slices.DeleteFunc(slices.Clone(r.opt.Environ), func(v string) bool {
		key, _, _ := strings.Cut(v, "=")
		upper := strings.ToUpper(key)
		return strings.HasPrefix(upper, "GIT_") && !keptGit().MatchString(upper) ||
			strings.HasSuffix(upper, "_PROXY") || upper == "LANGUAGE" || upper == "SSH_ASKPASS"
	})
	if lookupEnv(out, "GIT_SSL_CAINFO", "") == "" {
		if file := lookupEnv(out, "SSL_CERT_FILE", ""); file != "" { // which Go obeys and git does not
			out = append(out, "GIT_SSL_CAINFO="+file)
		}
	}
	// No folder that git stands in is a repository, least of all the linted one: its
	// config could name programs to run.
	return append(out, "GIT_DIR="+os.DevNull, "GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_NOSYSTEM=1", "GIT_ALLOW_PROTOCOL="+scheme, "GIT_NO_LAZY_FETCH=1", "LC_ALL=C")
}

// git runs git with what the remote needs, as often as it takes.
func (r *Resolver) git(ctx context.Context, m *remote, timeout time.Duration, c command) ([]byte, error) {
	release, err := r.sender.slots.take(ctx, m.host)
	if err != nil {
		return nil, err
	}
	defer release()
	c.name, c.environ = r.opt.Git, withConfig(m.environ, m.config)
	for try := 0; ; try++ {
		limit, cancel := context.WithTimeout(ctx, timeout)
		out, err := c.run(limit)
		if errors.Is(limit.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
			err = sayf(ErrTimeout, "git did not end within %s", timeout)
		}
		cancel()
		err = gitError(err)
		kind := kindOf(err)
		if err == nil || try >= r.opt.Retries || kind != ErrUnavailable && kind != ErrRateLimited {
			return out, err
		}
		if err := sleep(ctx, r.opt.Backoff<<try); err != nil {
			return nil, err
		}
	}
}
