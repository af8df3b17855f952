package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/imgpolicy/imgpolicy/policy/authz/plugin"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// authzService serves a plugin until it is told to end.
type authzService struct {
	plugin   *plugin.Plugin
	guarding *guarding
	loaded   *loadedGuard
	audit    *plugin.Audit
	socket   string
	addr     string // "off" for none
	say      func(line string)
}

const (
	// lookEvery is how often the files are looked at. Asking the kernel to tell
	// would miss what is behind links, bind mounts and network file systems, which
	// is how policies get to hosts.
	lookEvery = time.Second
	// endWithin is how long requests that are being decided may take at the end.
	endWithin = 5 * time.Second
)

func (s *authzService) run(ctx context.Context) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	asked, err := listenForDaemon(s.socket)
	if err != nil {
		return err
	}
	defer asked.close()
	servers := []*http.Server{newServer(s.plugin.Handler())}
	listeners := []net.Listener{asked.listener}
	if s.addr != "off" {
		pages, err := net.Listen("tcp", s.addr)
		if err != nil {
			return failure{"--addr " + s.addr, cause(err), "choose another address, or off"}
		}
		defer pages.Close()
		servers, listeners = append(servers, newServer(s.plugin.Status())), append(listeners, pages)
	}
	failed := make(chan error, len(servers))
	for i, server := range servers {
		go func() { failed <- server.Serve(listeners[i]) }()
	}
	s.say(fmt.Sprintf("authz: %s decides by %s", asked.name, s.guarding.policyName))
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady) // without systemd there is nobody to tell
	serving, stop := context.WithCancelCause(ctx)
	go func() { stop(<-failed) }()
	s.watch(serving, hangup)
	if ctx.Err() == nil {
		return context.Cause(serving)
	}
	_, _ = daemon.SdNotify(false, daemon.SdNotifyStopping)
	return shutDown(servers)
}

func newServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: 10 * time.Minute}
}

// shutDown lets the requests come to their end that are being decided.
func shutDown(servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), endWithin)
	defer cancel()
	for _, server := range servers {
		if err := server.Shutdown(ctx); err != nil {
			_ = server.Close()
		}
	}
	return nil
}

// watch keeps what is in force that which is in the files, until the end.
func (s *authzService) watch(ctx context.Context, hangup <-chan os.Signal) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	inForce := s.guarding.look()
	before := inForce
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			if err := s.audit.Reopen(); err != nil {
				s.say("authz: the audit is not reopened, and goes on in the old file: " + cause(err))
			}
			inForce = s.guarding.look()
			s.reload()
		case <-ticker.C:
			// What changes while it is looked at is still being written.
			now := s.guarding.look()
			if !now.same(inForce) && now.same(before) {
				inForce = now
				s.reload()
			}
			before = now
			if today := catalog.DateOf(s.guarding.now()); s.loaded.catalog != nil && today != s.loaded.today {
				s.loaded = s.loaded.on(today)
				s.plugin.Renew(s.loaded.inForce)
			}
		}
	}
}

// reload reads the files again. What does not load changes nothing.
func (s *authzService) reload() {
	loaded, err := s.guarding.load()
	if err != nil {
		s.plugin.Reject(s.guarding.rejection(err))
		return
	}
	s.loaded = loaded
	s.plugin.Use(loaded.inForce)
	s.say(fmt.Sprintf("authz: %s is read again and in force", s.guarding.policyName))
}

// looks are the files as the system tells of them, nil for one that is not there.
type looks [2]os.FileInfo

func (g *guarding) look() (out looks) {
	for i, file := range []string{g.policy, g.catalog} {
		if info, err := os.Stat(file); err == nil && file != "" {
			out[i] = info
		}
	}
	return out
}

func (l looks) same(other looks) bool {
	for i := range l {
		a, b := l[i], other[i] // #nosec G602 -- arrays of the same length
		if (a == nil) != (b == nil) || a != nil && (!os.SameFile(a, b) || a.Size() != b.Size() || !a.ModTime().Equal(b.ModTime())) {
			return false
		}
	}
	return true
}
