package authz

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
	"github.com/imgpolicy/imgpolicy/policy/regex"
)

const pinnedDigest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

const testPolicy = `{
  "whitelist": ["^alpine:", "^vieux/sshfs:", "^repo$", "^exact:1$"],
  "blacklist": ["^alpine-old:"],
  "defaultAllow": false
}`

// testGuard guards by the text of a policy.
func testGuard(tb testing.TB, text string, opt Options) *Guard {
	tb.Helper()
	p, err := load(text)
	if err != nil {
		tb.Fatal(err)
	}
	return &Guard{Options: opt, Policy: p}
}

func load(text string) (policy.Policy, error) {
	return regex.Language(regex.Options{}).Load([]policy.File{{Name: "policy.json", Text: []byte(text)}}, nil)
}

// pull is the request of a pull as Docker's client makes it.
func pull(query string) *Request {
	return &Request{Method: "POST", URI: "/v1.41/images/create?" + query, Headers: map[string]string{"Content-Length": "0", "Content-Type": "text/plain"}}
}

func post(uri, body string) *Request {
	return &Request{Method: "POST", URI: uri, Headers: map[string]string{"Content-Type": "application/json"}, Body: []byte(body)}
}

func service(spec string) *Request {
	return post("/v1.41/services/create", `{"TaskTemplate":{"ContainerSpec":`+spec+`}}`)
}

func with(r *Request, headers ...string) *Request {
	r.Headers = map[string]string{}
	for i := 0; i < len(headers); i += 2 {
		r.Headers[headers[i]] = headers[i+1]
	}
	return r
}

// The rows are the ways round the original, and what must still work.
func TestDecide(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		ask  *Request
		// want is how the message of a denial begins, "" for allowed.
		want string
	}{
		{"pull", pull("fromImage=alpine&tag=3.20"), ""},
		{"pull of a new client", pull("fromImage=docker.io%2Flibrary%2Falpine&tag=3.20"), ""},
		{"tag in the name", pull("fromImage=alpine%3A3.20"), ""},
		{"tag in the name, empty tag", pull("fromImage=alpine%3A3.20&tag="), ""},
		{"digest", pull("fromImage=alpine&tag=" + pinnedDigest), ""},
		{"digest in the name", pull("fromImage=alpine@" + pinnedDigest), ""},
		{"tag and digest of docker-py", pull("fromImage=alpine:3.20&tag=" + pinnedDigest), ""},
		{"not listed", pull("fromImage=busybox&tag=1"), `busybox:1 is denied by the image policy: no whitelist entry matches (policy.json:4 "defaultAllow": false); the whitelist allows "^`},
		{"listed as denied", pull("fromImage=alpine-old&tag=1"), `alpine-old:1 is denied by the image policy: blacklist entry "^alpine-old:" matches (policy.json:3 blacklist "^alpine-old:")`},
		{"unversioned", &Request{Method: "POST", URI: "/images/create?fromImage=busybox&tag=1"}, "busybox:1 is denied"},
		{"absolute form", &Request{Method: "POST", URI: "http://docker/v1.41/images/create?fromImage=busybox&tag=1"}, "busybox:1 is denied"},
		{"other method", &Request{Method: "GET", URI: "/images/create?fromImage=busybox&tag=1"}, ""},
		{"other case of the method", &Request{Method: "post", URI: "/images/create?fromImage=busybox&tag=1"}, "busybox:1 is denied"},
		{"endpoint in the query", &Request{Method: "POST", URI: "/containers/prune?x=/images/create"}, ""},
		{"no version", &Request{Method: "POST", URI: "/v/images/create?fromImage=busybox&tag=1"}, ""},
		{"two slashes", &Request{Method: "POST", URI: "/v1.41//images//create?fromImage=busybox&tag=1"}, "busybox:1 is denied"},
		{"dots", &Request{Method: "POST", URI: "/v1.41/images/x/../create?fromImage=busybox&tag=1"}, "busybox:1 is denied"},

		{"encoded path", &Request{Method: "POST", URI: "/v1.41/images/%63reate?fromImage=alpine&tag=1"}, "the path /v1.41/images/%63reate is denied: decoded it is another endpoint, /v1.41/images/create"},
		{"encoded slash", &Request{Method: "POST", URI: "/v1.41/images%2Fcreate?fromImage=alpine&tag=1"}, "the path /v1.41/images%2Fcreate is denied"},
		{"encoded version", &Request{Method: "POST", URI: "/%76%31/images/create?fromImage=alpine&tag=1"}, "the path /%76%31/images/create is denied"},
		{"encoded dots", &Request{Method: "POST", URI: "/images/x/%2e%2e/create?fromImage=alpine&tag=1"}, "the path /images/x/%2e%2e/create is denied"},
		{"encoded name of a container", &Request{Method: "POST", URI: "/v1.41/containers/a%2Fb/start"}, ""},
		{"encoded name of a plugin", post("/plugins/vieux%2Fsshfs/upgrade?remote=vieux/sshfs", "[]"), ""},
		{"no URI", &Request{Method: "POST"}, "Error while parsing request URI: "},
		{"bad URI", &Request{Method: "POST", URI: "/a%zz"}, `Error while parsing request URI: invalid URL escape "%zz"`},
		{"bad escape", pull("fromImage=%zz"), `Error while parsing request query string: invalid URL escape "%zz"`},
		{"semicolon", pull("fromImage=alpine;tag=1"), "Error while parsing request query string: invalid semicolon separator in query"},

		{"repeated image", pull("fromImage=alpine&fromImage=busybox&tag=1"), "the parameter fromImage is there 2 times"},
		{"repeated platform", pull("fromImage=alpine&tag=1&platform=a&platform=b"), "the parameter platform is there 2 times"},
		{"two tags", pull("fromImage=alpine%3A3.18&tag=edge"), `"alpine:3.18" with the tag "edge" is denied: these are two tags, and the daemon takes the second; write alpine:edge`},
		{"denied tag beside a digest", pull("fromImage=alpine-old:1&tag=" + pinnedDigest), "alpine-old@"},
		{"allowed tag beside a digest", pull("fromImage=exact:1&tag=" + pinnedDigest), "exact@" + pinnedDigest + " is denied by the image policy: no whitelist entry matches"},
		{"allowed tag beside a digest in the name", pull("fromImage=exact:1@" + pinnedDigest), "exact@" + pinnedDigest + " is denied by the image policy: no whitelist entry matches"},
		{"allowed tag beside a digest of a service", service(`{"Image":"exact:1@` + pinnedDigest + `"}`), ""},
		{"two digests", pull("fromImage=alpine@" + pinnedDigest + "&tag=" + pinnedDigest), `"alpine@` + pinnedDigest},
		{"tag after a digest", pull("fromImage=alpine@" + pinnedDigest + "&tag=3"), `"alpine@` + pinnedDigest},
		{"all tags", pull("fromImage=alpine"), "alpine without a tag is denied: it pulls all tags of the repository; write docker pull alpine:TAG"},
		{"all tags, empty tag", pull("fromImage=alpine&tag="), "alpine without a tag is denied"},
		{"all tags, colon", pull("fromImage=alpine:"), "alpine without a tag is denied"},
		{"colon and tag", pull("fromImage=alpine:&tag=1"), `"alpine:" is denied: nothing follows its last colon`},
		{"colon after a tag", pull("fromImage=alpine:3:"), `"alpine:3:" is denied`},
		{"no reference", pull("fromImage=Alpine&tag=1"), `"Alpine" is denied: invalid reference format`},
		{"no tag", pull("fromImage=alpine&tag=a b"), `"alpine:a b" is denied: invalid reference format`},
		{"unknown digest", pull("fromImage=alpine&tag=md5:aa"), `"alpine@md5:aa" is denied`},
		{"ID of an image", pull("fromImage=" + pinnedDigest[7:]), `"` + pinnedDigest[7:] + `" is denied`},
		{"terminal escape", pull("fromImage=%1b[31m&tag=1"), `"\x1b[31m" is denied`},
		{"import", pull("fromSrc=-&repo=x"), "docker import is denied: "},
		{"import and pull", pull("fromSrc=-&fromImage=alpine&tag=1"), "a request with both fromImage and fromSrc is denied"},
		{"no image", pull("tag=1"), "a pull without an image (fromImage) is denied"},

		{"form", with(pull("fromImage=alpine&tag=1"), "Content-Type", "application/x-www-form-urlencoded"), "a form as body (application/x-www-form-urlencoded) is denied"},
		{"form by another spelling", with(pull("fromImage=alpine&tag=1"), "content-type", "Application/X-WWW-Form-urlencoded; charset=x"), "a form as body"},
		{"parts", with(pull("fromImage=alpine&tag=1"), "Content-Type", "multipart/form-data; boundary=x"), "a form as body (multipart/form-data) is denied"},
		{"two types", with(pull("fromImage=alpine&tag=1"), "Content-Type", "text/plain", "content-type", "text/plain"), "the header Content-Type is there more than once"},
		{"two types in one", with(pull("fromImage=alpine&tag=1"), "Content-Type", "text/plain, application/x-www-form-urlencoded"), "the header Content-Type is there more than once"},
		{"no type", with(pull("fromImage=alpine&tag=1"), "Content-Type", ";"), `the Content-Type ";" cannot be read`},
		{"body", with(pull("fromImage=alpine&tag=1"), "Content-Length", "17"), "a body of Content-Length 17 is denied"},
		{"body of another spelling", with(pull("fromImage=alpine&tag=1"), "Content-Length", "00"), "a body of Content-Length 00 is denied"},
		{"no length", with(pull("fromImage=alpine&tag=1")), ""},
		{"JSON body", &Request{Method: "POST", URI: "/images/create?fromImage=alpine&tag=1", Body: []byte("{}")}, "a body is denied"},

		{"plugin", post("/v1.41/plugins/pull?remote=vieux/sshfs&name=x", "[]"), ""},
		{"plugin not listed", post("/v1.41/plugins/pull?remote=evil/sshfs", "[]"), "evil/sshfs:latest is denied by the image policy"},
		{"plugin, no body", post("/v1.41/plugins/pull?remote=vieux/sshfs", ""), "a request whose body the daemon does not show is denied"},
		{"plugin, no type", &Request{Method: "POST", URI: "/plugins/pull?remote=vieux/sshfs", Body: []byte("[]")}, `a body of the type "" is denied`},
		{"plugin, two remotes", post("/plugins/pull?remote=vieux/sshfs&remote=evil/x", "[]"), "the parameter remote is there 2 times"},
		{"plugin, no remote", post("/plugins/pull?name=x", "[]"), "a plugin without a reference (remote) is denied"},
		{"upgrade", post("/plugins/vieux/sshfs/upgrade?remote=evil/sshfs", "[]"), "evil/sshfs:latest is denied by the image policy"},
		{"upgrade of a plugin named pull", post("/plugins/pull/upgrade?remote=evil/sshfs", "[]"), "evil/sshfs:latest is denied by the image policy"},
		{"plugin enabled", &Request{Method: "POST", URI: "/plugins/x/enable"}, ""},

		{"service", service(`{"Image":"alpine:3.20@` + pinnedDigest + `"}`), ""},
		{"service not listed", service(`{"Image":"busybox"}`), "busybox:latest is denied by the image policy"},
		{"service by another case", post("/services/create", `{"tasktemplate":{"containerſpec":{"image":"busybox"}}}`), "busybox:latest is denied by the image policy"},
		{"image twice", service(`{"Image":"alpine:3","image":"busybox"}`), `a body with the keys "Image" and "image" is denied`},
		{"image twice by a long s", post("/services/create", `{"TaskTemplate":{"ContainerSpec":{"Image":"alpine:3"},"Containerſpec":{"Image":"busybox"}}}`), `a body with the keys "ContainerSpec" and "Containerſpec" is denied`},
		{"same key twice", service(`{"Image":"alpine:3","Image":"busybox"}`), "a body that cannot be read is denied"},
		{"template twice", post("/services/create", `{"TaskTemplate":{"ContainerSpec":{"Image":"alpine:3"}},"tasktemplate":{"ContainerSpec":{"Image":"busybox"}}}`), `a body with the keys "TaskTemplate" and "tasktemplate" is denied`},
		{"labels of two cases", post("/services/create", `{"Labels":{"a":"","A":""},"TaskTemplate":{"ContainerSpec":{"Image":"alpine:3"}}}`), ""},
		{"more after the body", post("/services/create", `{"TaskTemplate":{"ContainerSpec":{"Image":"alpine:3"}}} {}`), "a body that cannot be read is denied"},
		{"no body", post("/services/create", ""), "a request whose body the daemon does not show is denied"},
		{"no JSON", post("/services/create", "{"), "a body that cannot be read is denied"},
		{"no spec", post("/services/create", "{}"), "a service is denied: it names neither an image nor a plugin"},
		{"null", post("/services/create", "null"), "a body is denied that has null where an object with TaskTemplate should be"},
		{"no image in it", service("{}"), "a service is denied: its ContainerSpec has no Image"},
		{"null image", service(`{"Image":null}`), "a service is denied: its ContainerSpec has no Image"},
		{"image of another kind", service(`{"Image":["alpine:3"]}`), "a service is denied: its ContainerSpec has no Image"},
		{"spec of another kind", service(`[]`), "a body is denied that has a list where an object with Image should be"},
		{"service of a plugin", post("/services/create", `{"TaskTemplate":{"Runtime":"plugin","PluginSpec":{"Remote":"evil/x"}}}`), "evil/x:latest is denied by the image policy"},
		{"service of both", post("/services/create", `{"TaskTemplate":{"ContainerSpec":{"Image":"alpine:3"},"PluginSpec":{"Remote":"evil/x"}}}`), "evil/x:latest is denied by the image policy"},
		{"service of two denied", post("/services/create", `{"TaskTemplate":{"ContainerSpec":{"Image":"a:3"},"PluginSpec":{"Remote":"b/x"}}}`), "a:3 is denied by the image policy: no whitelist entry matches (policy.json:4 \"defaultAllow\": false); the whitelist allows \"^alpine:\", \"^vieux/sshfs:\", \"^repo$\", \"^exact:1$\"; b/x:latest is denied"},
		{"update", post("/v1.41/services/web/update?version=7", `{"TaskTemplate":{"ContainerSpec":{"Image":"busybox:1"}}}`), "busybox:1 is denied by the image policy"},
		{"update allowed", post("/v1.41/services/web/update?version=7", `{"TaskTemplate":{"ContainerSpec":{"Image":"alpine:1"}}}`), ""},
		{"rollback", post("/services/web/update?version=7&rollback=previous", `{"TaskTemplate":{"ContainerSpec":{"Image":"alpine:1"}}}`), ""},

		{"build", &Request{Method: "POST", URI: "/v1.41/build?remote=x"}, ""},
		{"prune of builds", &Request{Method: "POST", URI: "/v1.41/build/prune"}, ""},
		{"swarm join", post("/v1.41/swarm/join", "{}"), ""},
		{"load", &Request{Method: "POST", URI: "/v1.41/images/load?quiet=1"}, ""},
		{"create", post("/v1.41/containers/create", `{"Image":"busybox:1"}`), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, testGuard(t, testPolicy, Options{}).Decide(t.Context(), tt.ask), tt.want)
		})
	}
}

// check compares a verdict: want is how the message of a denial begins.
func check(t *testing.T, v Verdict, want string) {
	t.Helper()
	if v.Allow != (want == "") || !v.Allow && !strings.HasPrefix(v.Message, want) {
		t.Errorf("allow %t, %q, want %q", v.Allow, v.Message, want)
	}
	if !v.Allow && (v.Message == "" || v.Endpoint == "") {
		t.Errorf("a denial that says nothing: %+v", v)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	strict, imports, all := Options{Strict: true}, Options{AllowImport: true}, Options{AllowAllTags: true}
	for _, tt := range []struct {
		name string
		opt  Options
		ask  *Request
		want string
	}{
		{"pull", strict, pull("fromImage=alpine&tag=1"), ""},
		{"no length", strict, with(pull("fromImage=alpine&tag=1")), "a request without Content-Length is denied by --strict"},
		{"build", strict, &Request{Method: "POST", URI: "/build"}, "docker build is denied: what its Dockerfile fetches is not shown to a plugin, and --strict denies"},
		{"session", strict, &Request{Method: "POST", URI: "/session"}, "a BuildKit session is denied"},
		{"grpc", strict, &Request{Method: "POST", URI: "/v1.50/grpc"}, "a BuildKit connection is denied"},
		{"plugin create", strict, &Request{Method: "POST", URI: "/plugins/create?name=x"}, "docker plugin create is denied"},
		{"swarm join", strict, post("/v1.41/swarm/join", "{}"), "docker swarm join is denied"},
		{"swarm init", strict, post("/v1.41/swarm/init", "{}"), ""},
		{"load", strict, &Request{Method: "POST", URI: "/images/load"}, "docker load is denied"},
		{"rollback", strict, post("/services/web/update?rollback=previous", `{"TaskTemplate":{"ContainerSpec":{"Image":"alpine:1"}}}`), "the rollback of a service is denied"},
		{"rollback to nothing", strict, post("/services/web/update?rollback=none", `{"TaskTemplate":{"ContainerSpec":{"Image":"alpine:1"}}}`), ""},
		{"create", strict, post("/containers/create", "{}"), ""},
		{"import of a URL", imports, pull("fromSrc=http%3A%2F%2Fx&repo=x&changes=a&changes=b"), ""},
		{"import of an archive", imports, with(pull("fromSrc=-&repo=x"), "Content-Type", "text/plain"), ""},
		{"import with a form", imports, with(pull("fromSrc=-&repo=x"), "Content-Type", "application/x-www-form-urlencoded"), "a form as body"},
		{"strict import of an archive", Options{AllowImport: true, Strict: true}, with(pull("fromSrc=-&repo=x")), "docker import of an archive: a request without Content-Length is denied by --strict"},
		{"strict import of a URL", Options{AllowImport: true, Strict: true}, pull("fromSrc=http%3A%2F%2Fx&repo=x"), ""},
		{"all tags", all, pull("fromImage=repo"), ""},
		{"all tags, colon", all, pull("fromImage=docker.io/library/repo:"), ""},
		{"all tags of an entry for tags", all, pull("fromImage=alpine"), "alpine is denied by the image policy: no whitelist entry matches"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, testGuard(t, testPolicy, tt.opt).Decide(t.Context(), tt.ask), tt.want)
		})
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	g := testGuard(t, testPolicy, Options{})
	v := g.Decide(t.Context(), pull("fromImage=alpine&tag="+pinnedDigest))
	want := Verdict{Allow: true, Endpoint: "images/create", Entry: `policy.json:2 whitelist "^alpine:"`, Spellings: []string{
		"alpine@" + pinnedDigest, "alpine:" + pinnedDigest, "docker.io/library/alpine@" + pinnedDigest, "docker.io/library/alpine:" + pinnedDigest,
	}}
	if a, b := mustJSON(v), mustJSON(want); a != b {
		t.Errorf("%s, want %s", a, b)
	}
	if v := g.Decide(t.Context(), &Request{Method: "POST", URI: "/session"}); !v.Allow || !v.Unseen || v.Endpoint != "session" {
		t.Errorf("a session is %+v", v)
	}
	if v := g.Decide(t.Context(), &Request{Method: "GET", URI: "/info"}); v.Endpoint != "" {
		t.Errorf("a question for information is %+v", v)
	}
}

func mustJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

const testCatalog = `{"version": 1, "internal": ["registry.corp.example"], "images": [
  {"image": "docker.io/library/alpine", "license": ["MIT"], "versions": [
    {"tag": "3.20", "digest": "` + pinnedDigest + `", "status": "approved", "scope": ["organization"], "private": "registry.corp.example/alpine:3.20",
     "evidence": [{"scanner": "grype", "findings": {}}, {"scanner": "trivy", "findings": {}}],
     "approvedBy": "security@example.com", "approvedAt": "2026-05-01T09:00:00Z", "expires": "2026-12-01"}]}]}`

func TestCatalog(t *testing.T) {
	t.Parallel()
	c, err := catalog.Read(policy.File{Name: "catalog.json", Text: []byte(testCatalog)})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, day string
		ask       *Request
		want      string
	}{
		{"approved", "2026-06-01", pull("fromImage=alpine&tag=3.20"), ""},
		{"approved digest", "2026-06-01", pull("fromImage=alpine&tag=" + pinnedDigest), ""},
		{"expired", "2026-12-02", pull("fromImage=alpine&tag=3.20"), "the approval of alpine:3.20 expired on 2026-12-01 (catalog.json:3 docker.io/library/alpine:3.20); to renew it: `"},
		{"other version", "2026-06-01", pull("fromImage=alpine&tag=3.19"), "alpine:3.19 is not an approved version of alpine (catalog.json:2 docker.io/library/alpine); write `registry.corp.example/alpine:3.20@" + pinnedDigest + "`"},
		{"other digest", "2026-06-01", pull("fromImage=alpine&tag=" + strings.ReplaceAll(pinnedDigest, "aa", "bb")), "alpine@sha256:bb"},
		{"not in it", "2026-06-01", pull("fromImage=busybox&tag=1"), "busybox:1 is denied by the image policy: blacklist entry"},
		{"unlisted", "2026-06-01", pull("fromImage=debian&tag=1"), "debian is not in the catalog catalog.json (catalog.json:1 images)"},
		{"own image", "2026-06-01", pull("fromImage=registry.corp.example/app&tag=1"), ""},
		{"all tags", "2026-06-01", pull("fromImage=alpine"), "alpine without a tag is denied: it pulls all tags of the repository, and a catalog approves versions"},
		{"service", "2026-06-01", service(`{"Image":"alpine:3.19"}`), "alpine:3.19 is not an approved version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := testGuard(t, `{"blacklist": ["^busybox:"], "defaultAllow": true}`, Options{AllowAllTags: true})
			day, err := catalog.ParseDate(tt.day)
			if err != nil {
				t.Fatal(err)
			}
			g.Judge = approval.NewJudge([]level.Level{{File: "--catalog", Catalogs: []*catalog.Catalog{c}}}, day)
			check(t, g.Decide(t.Context(), tt.ask), tt.want)
		})
	}
}

// TestCases puts the requests of the cases, whose answers are those of the
// original but where that could be got round.
func TestCases(t *testing.T) {
	t.Parallel()
	f := readCases(t)
	for _, c := range f.Cases {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			text, ok := f.Configs[c.Config]
			if c.ImgPolicy.Authz == "" || !ok {
				t.Skip("about no request, or about a missing file")
			}
			got := "config-error"
			if p, err := load(text); err == nil {
				g := &Guard{Policy: p}
				got = map[bool]string{true: "allow", false: "deny"}[g.Decide(t.Context(), c.request()).Allow]
			}
			if got != c.ImgPolicy.Authz {
				t.Errorf("%s, want %s", got, c.ImgPolicy.Authz)
			}
		})
	}
}

type caseFile struct {
	Configs map[string]string
	Cases   []apiCase
}

type apiCase struct {
	ID, Config, Method, URI, Body string
	ContentType                   string `json:"content_type"`
	ImgPolicy                     struct{ Authz string }
}

func (c *apiCase) request() *Request {
	r := &Request{Method: c.Method, URI: c.URI, Body: []byte(c.Body), Headers: map[string]string{}}
	if c.Method == "" {
		r.Method = "POST"
	}
	if c.ContentType != "" {
		r.Headers["Content-Type"] = c.ContentType
	}
	return r
}

func readCases(tb testing.TB) caseFile {
	tb.Helper()
	text, err := os.ReadFile("../../testdata/cases/regex-cases.json")
	if err != nil {
		tb.Fatal(err)
	}
	var f caseFile
	if err := json.Unmarshal(text, &f); err != nil {
		tb.Fatal(err)
	}
	return f
}

// spelt tells whether one of the spellings of an image is in a list of them.
func spelt(img source.Image, list []string) bool {
	for _, s := range regex.Spellings(img) {
		for _, other := range list {
			if s == other {
				return true
			}
		}
	}
	return false
}
