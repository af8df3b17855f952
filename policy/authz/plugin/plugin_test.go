package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/authz"
	"github.com/imgpolicy/imgpolicy/policy/regex"
)

// file is a file to append to, which may be full.
type file struct {
	mu     sync.Mutex
	text   bytes.Buffer
	room   int // -1 for any
	closed bool
}

func (f *file) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.room >= 0 && len(p) > f.room {
		n, _ := f.text.Write(p[:f.room])
		f.room = 0
		return n, errors.New("no space left on device")
	}
	if f.room >= 0 {
		f.room -= len(p)
	}
	return f.text.Write(p)
}

func (f *file) Close() error { f.closed = true; return nil }

// logged is what a plugin logs.
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

func inForce(tb testing.TB, text string, opt authz.Options) *InForce {
	tb.Helper()
	p, err := regex.Language(regex.Options{}).Load([]policy.File{{Name: "policy.json", Text: []byte(text)}}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	lists, _ := regex.ListsOf(p)
	return &InForce{Guard: &authz.Guard{Options: opt, Policy: p}, Lists: Lists{lists.Whitelist, lists.Blacklist, lists.DefaultAllow}}
}

const alpineOnly = `{"whitelist": ["^alpine:", "<&>"]}`

func audited(tb testing.TB, files ...*file) *Audit {
	tb.Helper()
	a, err := NewAudit(func() (io.WriteCloser, error) {
		if len(files) == 0 {
			return nil, errors.New("no such directory")
		}
		f := files[0]
		files = files[1:]
		return f, nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// ask puts a request to a handler.
func ask(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

const (
	pullAlpine  = `{"User":"eve","RequestMethod":"POST","RequestUri":"/v1.41/images/create?fromImage=alpine&tag=3","RequestHeaders":{"Content-Length":"0"}}`
	pullBusybox = `{"RequestMethod":"POST","RequestUri":"/v1.41/images/create?fromImage=busybox&tag=1"}`
	build       = `{"RequestMethod":"POST","RequestUri":"/build"}`
	info        = `{"RequestMethod":"GET","RequestUri":"/info"}`
)

func TestProtocol(t *testing.T) {
	t.Parallel()
	h := New("v1", inForce(t, alpineOnly, authz.Options{}), nil, func(string) {}).Handler()
	for _, tt := range []struct{ method, path, body, want string }{
		{"POST", "/Plugin.Activate", "", `{"Implements":["authz"]}`},
		{"POST", "/AuthZPlugin.AuthZReq", pullAlpine, `{"Allow":true}`},
		{"POST", "/AuthZPlugin.AuthZReq", pullBusybox, `{"Allow":false,"Msg":"busybox:1 is denied by the image policy: no whitelist entry matches (policy.json:1); the whitelist allows \"^alpine:\", \"\u003c\u0026\u003e\""}`},
		{"POST", "/AuthZPlugin.AuthZReq", info, `{"Allow":true}`},
		{"POST", "/AuthZPlugin.AuthZReq", "", `{"Allow":false,"Msg":"what the daemon asks cannot be read"}`},
		{"POST", "/AuthZPlugin.AuthZReq", info + "{}", `{"Allow":false,"Msg":"what the daemon asks cannot be read"}`},
		{"POST", "/AuthZPlugin.AuthZReq", `{"RequestUri":1}`, `{"Allow":false,"Msg":"what the daemon asks cannot be read"}`},
		{"POST", "/AuthZPlugin.AuthZReq", `{"User":"` + strings.Repeat("a", maxRequest) + `"}`, `{"Allow":false,"Msg":"what the daemon asks cannot be read"}`},
		{"POST", "/AuthZPlugin.AuthZReq", "{}", `{"Allow":false,"Msg":"Error while parsing request URI: empty url"}`},
		{"POST", "/AuthZPlugin.AuthZRes", pullBusybox, `{"Allow":true}`},
	} {
		w := ask(h, tt.method, tt.path, tt.body)
		if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != tt.want || w.Header().Get("Content-Type") != mediaType {
			t.Errorf("%s %.80s: %d %s %s, want %s", tt.path, tt.body, w.Code, w.Header(), got, tt.want)
		}
	}
	for _, path := range []string{"/", "/health", "/VolumeDriver.List"} {
		if w := ask(h, "POST", path, "{}"); w.Code != http.StatusNotFound {
			t.Errorf("%s is answered with %d", path, w.Code)
		}
	}
	if w := ask(h, "GET", "/AuthZPlugin.AuthZReq", info); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET is answered with %d", w.Code)
	}
}

// The pages are the original's, byte for byte.
func TestStatus(t *testing.T) {
	t.Parallel()
	var log logged
	p := New("v1.2.3", inForce(t, alpineOnly, authz.Options{}), nil, log.add)
	get := func(path string) string {
		w := ask(p.Status(), "GET", path, "")
		if kind := w.Header().Get("Content-Type"); w.Code != http.StatusOK || kind != "text/plain; charset=utf-8" {
			t.Errorf("%s: %d, %s", path, w.Code, kind)
		}
		return w.Body.String()
	}
	if got := get("/version"); got != "v1.2.3" {
		t.Errorf("/version is %q", got)
	}
	want := "{\n    \"whitelist\": [\n        \"^alpine:\",\n        \"\\u003c\\u0026\\u003e\"\n    ],\n    \"blacklist\": null,\n    \"defaultAllow\": false\n}"
	if got := get("/config"); got != want {
		t.Errorf("/config is %q, want %q", got, want)
	}
	if got := get("/health"); got != "HEALTHY" {
		t.Errorf("/health is %q", got)
	}
	p.Reject("policy policy.json rejected: bad")
	if got := get("/health"); got != "HEALTHY\npolicy policy.json rejected: bad" || !slices.Equal(log.lines, []string{"authz: policy policy.json rejected: bad; the one before stays in force"}) {
		t.Errorf("/health is %q, logged %q", got, log.lines)
	}
	p.Renew(inForce(t, `{}`, authz.Options{}))
	if got := get("/health"); got == "HEALTHY" {
		t.Error("another day makes a bad policy good")
	}
	p.Use(inForce(t, `{"whitelist": [], "defaultAllow": true}`, authz.Options{}))
	if got := get("/health"); got != "HEALTHY" {
		t.Errorf("/health is %q", got)
	}
	if got, want := get("/config"), "{\n    \"whitelist\": [],\n    \"blacklist\": null,\n    \"defaultAllow\": true\n}"; got != want {
		t.Errorf("/config is %q, want %q", got, want)
	}
	for _, path := range []string{"/health/", "/", "/AuthZPlugin.AuthZReq"} {
		if w := ask(p.Status(), "GET", path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s is answered with %d", path, w.Code)
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	full := &file{room: 0}
	p := New("v1", inForce(t, alpineOnly, authz.Options{}), audited(t, full), func(string) {})
	for _, body := range []string{pullAlpine, pullBusybox, pullBusybox, info, "{"} {
		ask(p.Handler(), "POST", "/AuthZPlugin.AuthZReq", body)
	}
	p.Use(inForce(t, "{}", authz.Options{}))
	p.Reject("bad")
	got := ask(p.Status(), "GET", "/metrics", "").Body.String()
	for _, want := range []string{
		`imgpolicy_authz_decisions_total{decision="allow",endpoint="images/create"} 1`,
		`imgpolicy_authz_decisions_total{decision="deny",endpoint="images/create"} 2`,
		`imgpolicy_authz_decisions_total{decision="allow",endpoint="other"} 1`,
		`imgpolicy_authz_decisions_total{decision="deny",endpoint="unreadable"} 1`,
		`imgpolicy_authz_decision_seconds_count 5`,
		`imgpolicy_authz_reloads_total{result="loaded"} 1`,
		`imgpolicy_authz_reloads_total{result="rejected"} 1`,
		`imgpolicy_authz_policy_rejected 1`,
		`imgpolicy_authz_audit_failures_total 4`,
		`go_goroutines `, `process_resident_memory_bytes `,
	} {
		if !strings.Contains(got, "\n"+want) {
			t.Errorf("/metrics has no %s:\n%s", want, got)
		}
	}
	if runtime.GOOS == "linux" && !strings.Contains(got, "\nprocess_open_fds ") {
		t.Error("/metrics does not tell how many files are open")
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	var log logged
	first, second := &file{room: -1}, &file{room: -1}
	audit := audited(t, first, second)
	p := New("v1", inForce(t, alpineOnly, authz.Options{}), audit, log.add)
	for _, body := range []string{pullAlpine, info} {
		ask(p.Handler(), "POST", "/AuthZPlugin.AuthZReq", body)
	}
	if err := audit.Reopen(); err != nil || !first.closed {
		t.Errorf("reopened: %v, %+v", err, first)
	}
	for _, body := range []string{pullBusybox, build} {
		ask(p.Handler(), "POST", "/AuthZPlugin.AuthZReq", body)
	}
	if err := audit.Reopen(); err == nil || second.closed {
		t.Error("what cannot be opened again is closed")
	}
	if err := audit.Close(); err != nil || !second.closed {
		t.Errorf("closed: %v", err)
	}
	var got []Record
	for line := range strings.Lines(first.text.String() + second.text.String()) {
		var r Record
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Time == "" || !strings.HasSuffix(r.Time, "Z") {
			t.Fatalf("%q: %v", line, err)
		}
		r.Time = ""
		got = append(got, r)
	}
	want := []Record{
		{"", "eve", "POST", "images/create", []string{"alpine:3", "docker.io/library/alpine:3"}, "allow", `policy.json:1 whitelist "^alpine:"`, ""},
		{"", "", "POST", "images/create", []string{"busybox:1", "docker.io/library/busybox:1"}, "deny", "policy.json:1 no whitelist entry matches", `busybox:1 is denied by the image policy: no whitelist entry matches (policy.json:1); the whitelist allows "^alpine:", "<&>"`},
		{"", "", "POST", "build", []string{}, "allow", "", "docker build: what its Dockerfile fetches is not shown to a plugin"},
	}
	a, _ := json.MarshalIndent(got, "", " ")
	b, _ := json.MarshalIndent(want, "", " ")
	if !bytes.Equal(a, b) || len(log.lines) > 0 {
		t.Errorf("got %s, want %s; logged %q", a, b, log.lines)
	}
}

// A disk that is full is no reason to stop, but in strict mode to allow nothing.
func TestAuditFails(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		var log logged
		full := &file{room: 30}
		p := New("v1", inForce(t, alpineOnly, authz.Options{Strict: strict}), audited(t, full), log.add)
		got := ask(p.Handler(), "POST", "/AuthZPlugin.AuthZReq", pullAlpine).Body.String()
		if allowed := strings.Contains(got, `"Allow":true`); allowed == strict {
			t.Errorf("strict %t: %s", strict, got)
		}
		if got := ask(p.Handler(), "POST", "/AuthZPlugin.AuthZReq", info).Body.String(); !strings.Contains(got, `"Allow":true`) {
			t.Errorf("strict %t: what is not recorded is denied: %s", strict, got)
		}
		said := `allowed: images/create by eve: policy.json:1 whitelist "^alpine:"`
		if strict {
			said = "denied: images/create by eve: denied by --strict: the decision cannot be recorded"
		}
		if want := []string{"authz: the audit cannot be written: no space left on device", "authz: " + said}; !slices.Equal(log.lines, want) {
			t.Errorf("strict %t: logged %q", strict, log.lines)
		}
		full.room = -1
		ask(p.Handler(), "POST", "/AuthZPlugin.AuthZReq", pullBusybox)
		lines := strings.Split(strings.TrimSpace(full.text.String()), "\n")
		if len(lines) != 2 || !json.Valid([]byte(lines[1])) {
			t.Errorf("strict %t: after a torn line: %q", strict, lines)
		}
	}
}

func TestLogged(t *testing.T) {
	t.Parallel()
	var log logged
	p := New("v1", inForce(t, alpineOnly, authz.Options{}), nil, log.add)
	for _, body := range []string{pullAlpine, pullBusybox, build, info} {
		ask(p.Handler(), "POST", "/AuthZPlugin.AuthZReq", body)
	}
	if len(log.lines) != 2 || !strings.HasPrefix(log.lines[0], "authz: denied: images/create: busybox:1 is denied") || log.lines[1] != "authz: allowed: build: docker build: what its Dockerfile fetches is not shown to a plugin" {
		t.Errorf("logged %q", log.lines)
	}
}

// A policy that fails must not look like one that is not there: the daemon would
// ask again for half a minute.
func TestFails(t *testing.T) {
	t.Parallel()
	var log logged
	p := New("v1", &InForce{Guard: &authz.Guard{}}, nil, log.add)
	got := ask(p.Handler(), "POST", "/AuthZPlugin.AuthZReq", pullAlpine).Body.String()
	if got != `{"Allow":false,"Msg":"the plugin failed"}`+"\n" || len(log.lines) == 0 {
		t.Errorf("%s, logged %q", got, log.lines)
	}
}
