package plugin

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/imgpolicy/imgpolicy/policy/authz"
)

// Record is a line of the audit: one decision about a request that has the daemon
// fetch something.
type Record struct {
	Time   string `json:"time"` // RFC 3339, UTC
	User   string `json:"user"` // "" where the daemon knows none
	Method string `json:"method"`
	// Endpoint is what was asked of the daemon, such as images/create.
	Endpoint  string   `json:"endpoint"`
	Spellings []string `json:"spellings"` // of the images that were judged
	Decision  string   `json:"decision"`  // allow or deny
	Entry     string   `json:"entry"`     // that decided, "" for none
	// Message says why it was denied, or what is not seen of what was allowed.
	Message string `json:"message,omitempty"`
}

// Audit writes decisions, one line of JSON each. It is safe for concurrent use.
type Audit struct {
	open func() (io.WriteCloser, error)

	mu   sync.Mutex
	file io.WriteCloser
	torn bool // the last line has no end
}

// NewAudit is an audit in what open opens, to append to.
func NewAudit(open func() (io.WriteCloser, error)) (*Audit, error) {
	file, err := open()
	if err != nil {
		return nil, err
	}
	return &Audit{open: open, file: file}, nil
}

// Reopen goes on in what open opens now, as after the file was renamed. Where
// nothing can be opened it goes on where it was.
func (a *Audit) Reopen() error {
	if a == nil {
		return nil
	}
	file, err := a.open()
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	old := a.file
	a.file, a.torn = file, false
	return old.Close()
}

// Close closes it.
func (a *Audit) Close() error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.file.Close()
}

func (a *Audit) write(r *Record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := a.file.Write(line)
	a.torn = err != nil && (n > 0 || a.torn)
	return err
}

// record writes a verdict to the audit. Where there is none, or it cannot be
// written, the log has what people need to know of. In strict mode what cannot be
// recorded is not allowed.
func (p *Plugin) record(at time.Time, asked *authz.Request, v *authz.Verdict) {
	var err error
	if p.audit != nil {
		r := newRecord(at, asked, v)
		if err = p.audit.write(&r); err == nil {
			return
		}
		p.metrics.auditFailures.Inc()
		p.log(fmt.Sprintf("authz: the audit cannot be written: %v", err))
		if v.Allow && p.inForce.Load().Guard.Strict {
			v.Allow, v.Message = false, "denied by --strict: the decision cannot be recorded"
		}
	}
	if err != nil || !v.Allow || v.Unseen {
		r := newRecord(at, asked, v)
		p.log(r.line())
	}
}

func newRecord(at time.Time, asked *authz.Request, v *authz.Verdict) Record {
	r := Record{
		Time: at.UTC().Format(time.RFC3339Nano), User: asked.User, Method: asked.Method,
		Endpoint: v.Endpoint, Spellings: v.Spellings, Decision: "deny", Entry: v.Entry, Message: v.Message,
	}
	if v.Allow {
		r.Decision = "allow"
	}
	if r.Spellings == nil {
		r.Spellings = []string{}
	}
	return r
}

// line is the record for people.
func (r *Record) line() string {
	line := "authz: " + map[string]string{"allow": "allowed", "deny": "denied"}[r.Decision] + ": " + r.Endpoint
	if r.User != "" {
		line += " by " + r.User
	}
	if r.Message != "" {
		return line + ": " + r.Message
	}
	return line + ": " + r.Entry
}
