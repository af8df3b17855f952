// Package plugin is the authorization plugin of a Docker daemon: it speaks the
// protocol by which the daemon asks, tells of itself over HTTP, and records what
// it decided. What decides is package authz.
//
// The protocol is three POST requests
// (https://docs.docker.com/engine/extend/plugins_authorization). It is spoken here
// with net/http alone: the library for it, docker/go-plugins-helpers, has had no
// commit since 2024 and no module of its own, brings in three more, and goes on to
// ask the plugin about an empty request where it could not read one.
//
// The package opens no file and no socket; it is given handlers' connections and a
// way to open the audit.
package plugin

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/imgpolicy/imgpolicy/policy/authz"
)

// InForce is what decides at a time. Nothing changes it.
type InForce struct {
	Guard *authz.Guard
	// Lists are the lists of the policy, for /config.
	Lists Lists
}

// Lists is what /config shows: the policy in the original's words.
type Lists struct {
	Whitelist    []string `json:"whitelist"`
	Blacklist    []string `json:"blacklist"`
	DefaultAllow bool     `json:"defaultAllow"`
}

// Plugin is the plugin. Its handlers are safe for concurrent use.
type Plugin struct {
	version string
	audit   *Audit
	log     func(string)
	metrics *metrics
	now     func() time.Time

	inForce  atomic.Pointer[InForce]
	rejected atomic.Pointer[string]
}

// New is a plugin with what is in force first. audit may be nil: then what is
// denied, or not seen, is logged. log is given lines without their end, which may
// have anything in them.
func New(version string, first *InForce, audit *Audit, log func(string)) *Plugin {
	p := &Plugin{version: version, audit: audit, log: log, metrics: newMetrics(), now: time.Now}
	p.inForce.Store(first)
	return p
}

// Use puts something else in force, for all requests from now on.
func (p *Plugin) Use(next *InForce) {
	p.inForce.Store(next)
	p.rejected.Store(nil)
	p.metrics.loaded()
}

// Renew puts the same in force as of another day.
func (p *Plugin) Renew(same *InForce) { p.inForce.Store(same) }

// Reject says that what was to be in force is not: why is one line.
func (p *Plugin) Reject(why string) {
	p.rejected.Store(&why)
	p.metrics.refused()
	p.log("authz: " + why + "; the one before stays in force")
}

// mediaType is that of the protocol's answers.
const mediaType = "application/vnd.docker.plugins.v1.1+json"

// maxRequest is how many bytes the daemon may ask with: bodies of requests are at
// most 4 MiB, in base64.
const maxRequest = 8 << 20

// answer is the daemon's AuthZRes.
type answer struct {
	Allow bool   `json:"Allow"`
	Msg   string `json:"Msg,omitempty"`
}

// Handler answers the daemon.
func (p *Plugin) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /Plugin.Activate", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string][]string{"Implements": {"authz"}})
	})
	mux.HandleFunc("POST /AuthZPlugin.AuthZReq", func(w http.ResponseWriter, r *http.Request) {
		reply(w, p.decide(w, r))
	})
	mux.HandleFunc("POST /AuthZPlugin.AuthZRes", func(w http.ResponseWriter, r *http.Request) {
		// The request was decided before. What the daemon answers is not looked at.
		_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxRequest))
		reply(w, answer{Allow: true})
	})
	return mux
}

func reply(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", mediaType)
	_ = json.NewEncoder(w).Encode(value) // whoever asked is gone
}

// decide decides what the daemon asks about, whatever happens: a daemon that gets
// no answer asks again for half a minute.
func (p *Plugin) decide(w http.ResponseWriter, r *http.Request) (out answer) {
	start := p.now()
	var asked authz.Request
	verdict := authz.Verdict{Endpoint: "unreadable"}
	defer func() {
		if failed := recover(); failed != nil {
			verdict.Allow, verdict.Message = false, "the plugin failed"
			p.log(fmt.Sprintf("authz: a request failed: %v", failed))
		}
		out = p.tell(start, &asked, &verdict)
	}()
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err == nil {
		err = json.Unmarshal(text, &asked)
	}
	if err != nil {
		verdict.Message = "what the daemon asks cannot be read"
		return out
	}
	verdict = p.inForce.Load().Guard.Decide(r.Context(), &asked)
	return out
}

// tell records a verdict and says it.
func (p *Plugin) tell(at time.Time, asked *authz.Request, v *authz.Verdict) answer {
	if v.Endpoint != "" {
		p.record(at, asked, v)
	}
	p.metrics.decided(v, p.now().Sub(at))
	if v.Allow {
		return answer{Allow: true}
	}
	return answer{Msg: v.Message}
}
