package regex

import (
	"context"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

const digestA = "@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

const testPolicy = `{
  "whitelist": [
    "^alpine:3\\.18$",
    "^redis:",
    "^quay\\.io/team/"
  ],
  "blacklist": [
    "^docker:", "^docker\\.io/library/httpd:", "^alpine:3\\.17$", ":sha256:a", "^git://",
    "^https?://evil\\.example/"
  ],
  "DefaultAllow": false
}`

func mustLoad(tb testing.TB, text string) policy.Policy {
	tb.Helper()
	p, err := loadText(text)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func mustImage(tb testing.TB, ref string) source.Image {
	tb.Helper()
	img, err := source.ParseImage(ref)
	if err != nil {
		tb.Fatal(err)
	}
	return img
}

func decide(tb testing.TB, p policy.Policy, src source.Source) policy.Decision {
	tb.Helper()
	d, err := p.Decide(context.Background(), policy.Request{Source: src})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestDecideImage(t *testing.T) {
	t.Parallel()
	const help = `the whitelist allows "^alpine:3\\.18$", "^redis:", "^quay\\.io/team/"`
	tests := []struct {
		name, ref string
		want      policy.Decision
	}{
		{"whitelist", "redis", policy.Decision{
			Outcome: policy.Allow, By: policy.Entry{File: "p.json", Line: 4, Text: `whitelist "^redis:"`},
		}},
		{"whitelist before blacklist", "redis" + digestA, policy.Decision{
			Outcome: policy.Allow, By: policy.Entry{File: "p.json", Line: 4, Text: `whitelist "^redis:"`},
		}},
		{"whitelisted tag beside a digest", "alpine:3.18" + digestA, policy.Decision{
			Outcome: policy.Allow, By: policy.Entry{File: "p.json", Line: 3, Text: `whitelist "^alpine:3\\.18$"`},
			Notes: []string{"it is allowed for its tag, and beside a digest a tag is only a claim: the digest is what is fetched"},
		}},
		{"blacklist", "docker:27", policy.Decision{
			Messages: []string{`docker:27 is denied by the image policy: blacklist entry "^docker:" matches`},
			By:       policy.Entry{File: "p.json", Line: 8, Text: `blacklist "^docker:"`},
			Help:     help,
		}},
		{"blacklist by the normalized name", "httpd", policy.Decision{
			Messages: []string{`httpd:latest is denied by the image policy: blacklist entry "^docker\\.io/library/httpd:" matches`},
			By:       policy.Entry{File: "p.json", Line: 8, Text: `blacklist "^docker\\.io/library/httpd:"`},
			Help:     help,
			Notes:    []string{"the entry matches the spelling docker.io/library/httpd:latest"},
		}},
		{"blacklisted tag beside a digest", "alpine:3.17" + digestA, policy.Decision{
			Messages: []string{"alpine:3.17" + digestA + ` is denied by the image policy: blacklist entry "^alpine:3\\.17$" matches`},
			By:       policy.Entry{File: "p.json", Line: 8, Text: `blacklist "^alpine:3\\.17$"`},
			Help:     help,
			Notes:    []string{"the entry matches the spelling alpine:3.17"},
		}},
		{"blacklisted digest in the plugin's spelling", "busybox" + digestA, policy.Decision{
			Messages: []string{"busybox" + digestA + ` is denied by the image policy: blacklist entry ":sha256:a" matches`},
			By:       policy.Entry{File: "p.json", Line: 8, Text: `blacklist ":sha256:a"`},
			Help:     help,
			Notes:    []string{"the entry matches the spelling busybox:" + digestA[1:]},
		}},
		{"default", "quay.io/x/y:1", policy.Decision{
			Messages: []string{"quay.io/x/y:1 is denied by the image policy: no whitelist entry matches"},
			By:       policy.Entry{File: "p.json", Line: 11, Text: `"DefaultAllow": false`},
			Help:     `the whitelist allows "^quay\\.io/team/", "^alpine:3\\.18$", "^redis:"`,
		}},
		{"default with a near entry", "docker.io/library/alpine:3.19", policy.Decision{
			Messages: []string{"alpine:3.19 is denied by the image policy: no whitelist entry matches"},
			By:       policy.Entry{File: "p.json", Line: 11, Text: `"DefaultAllow": false`},
			Help:     help,
			Notes:    []string{`nearest entry: p.json:3 "^alpine:3\\.18$"`},
		}},
	}
	p := mustLoad(t, testPolicy)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := decide(t, p, mustImage(t, tt.ref)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Decide(%s) =\n%+v\nwant\n%+v", tt.ref, got, tt.want)
			}
		})
	}
}

func TestDecideByDefault(t *testing.T) {
	t.Parallel()
	const empty = "the whitelist is empty: the policy allows no image"
	tests := []struct {
		name, text string
		outcome    policy.Outcome
		line       int
		by, note   string
	}{
		{"nothing written", "\n{}", policy.Deny, 1, "no whitelist entry matches", empty},
		{"whitelist only", "{\n\"blacklist\": [],\n\"whitelist\": [\"^x:\"]}", policy.Deny, 3, "no whitelist entry matches", ""},
		{"false", "{\n\"defaultAllow\":false}", policy.Deny, 2, `"defaultAllow": false`, empty},
		{"true", "{\n\n\"defaultAllow\" : true}", policy.Allow, 3, `"defaultAllow": true`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := decide(t, mustLoad(t, tt.text), mustImage(t, "postgres:17"))
			if want := (policy.Entry{File: "p.json", Line: tt.line, Text: tt.by}); got.Outcome != tt.outcome || got.By != want {
				t.Errorf("Decide = %v by %+v, want %v by %+v", got.Outcome, got.By, tt.outcome, want)
			}
			if note := strings.Join(got.Notes, "; "); note != tt.note {
				t.Errorf("notes = %q, want %q", note, tt.note)
			}
		})
	}
}

// A tag beside a digest is worth a note only where nothing else allows.
func TestDecideClaimedTag(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		line       int
		note       bool
	}{
		{"the tag alone", `{"whitelist":["^a:1$"]}`, 1, true},
		{"the tag, unanchored", `{"whitelist":["^a:1"]}`, 1, true},
		{"the normalized name", `{"whitelist":["^docker\\.io/library/a:1$"]}`, 1, true},
		{"any tag", `{"whitelist":["^a:"]}`, 1, false},
		{"the digest", `{"whitelist":["@sha256:a{64}$"]}`, 1, false},
		{"the tag and the digest", `{"whitelist":["^a:1@sha256:a{64}$"]}`, 1, false},
		{"the tag, then the digest", "{\"whitelist\":[\"^a:1$\",\n\":sha256:a{64}$\"]}", 2, false},
		{"the default would do", `{"whitelist":["^a:1$"],"defaultAllow":true}`, 1, false},
		{"the default would not do", `{"whitelist":["^a:1$"],"blacklist":["^a:"],"defaultAllow":true}`, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := decide(t, mustLoad(t, tt.text), mustImage(t, "a:1"+digestA))
			if got.Outcome != policy.Allow || got.By.Line != tt.line || (len(got.Notes) > 0) != tt.note {
				t.Errorf("Decide = %+v, want allow by line %d, note %t", got, tt.line, tt.note)
			}
		})
	}
}

func TestDecideRemote(t *testing.T) {
	t.Parallel()
	http := func(url string) source.Source {
		h, err := source.ParseHTTP(url, "")
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	git := func(url string) source.Source {
		g, isGit, err := source.ParseGit(url)
		if !isGit || err != nil {
			t.Fatalf("ParseGit(%q) = %t, %v", url, isGit, err)
		}
		return g
	}
	const denied = " is denied by the image policy: blacklist entry "
	const text = `{"whitelist":["^https://evil\\.example/ok/","^github\\.com:ok/"],
		"blacklist":["^https?://evil\\.example/","github\\.com.bad/","^git://git\\.example/x\\.git#main$","user"]}`
	tests := []struct {
		name          string
		src           source.Source
		message, note string // no message: allowed
	}{
		{"no hit", http("https://example.com/x"), "", ""},
		{"whitelist", http("https://evil.example/ok/x"), "", ""},
		{
			"blacklist without user info", http("https://user:secret@evil.example/x?y#z"),
			`https://evil.example/x?y#z` + denied + `"^https?://evil\\.example/" matches`, "",
		},
		{"user info is not judged", http("https://evil.example@example.com/user/"), `https://example.com/user/` + denied + `"user" matches`, ""},
		{"a name as user info", http("https://user:pass@example.com/x"), "", ""},
		{
			"a URL in the URL", http("https://example.com/https://u:secret@user/"),
			`https://example.com/https://***@user/` + denied + `"user" matches`, "",
		},
		{"git without hit", git("https://github.com/good/x.git"), "", ""},
		{
			"git over https", git("https://token@github.com/bad/x.git#v1"),
			`https://github.com/bad/x.git` + denied + `"github\\.com.bad/" matches`, "",
		},
		{"scp-like", git("git@github.com:bad/x.git"), `github.com:bad/x.git` + denied + `"github\\.com.bad/" matches`, ""},
		{"scp-like whitelist", git("git@github.com:ok/github.com/bad/x.git"), "", ""},
		{
			"scp-like with a host in the path", git("git@evil.example:x@github.com:ok/user.git"),
			`evil.example:x@github.com:ok/user.git` + denied + `"user" matches`, "",
		},
		{
			"git by its identifier", git("ssh://git@git.example/x.git#main"),
			`ssh://git.example/x.git` + denied + `"^git://git\\.example/x\\.git#main$" matches`,
			"the entry matches the spelling git://git.example/x.git#main",
		},
		{"directory", source.Local{Name: "user"}, "", ""},
	}
	p := mustLoad(t, text)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := decide(t, p, tt.src)
			if got := strings.Join(d.Messages, "; "); got != tt.message || (d.Outcome == policy.Allow) != (tt.message == "") {
				t.Errorf("Decide = %v %q, want %q", d.Outcome, got, tt.message)
			}
			if got := strings.Join(d.Notes, "; "); got != tt.note || d.Help != "" {
				t.Errorf("notes = %q, help = %q, want note %q", got, d.Help, tt.note)
			}
		})
	}
}

func TestDecideOCILayout(t *testing.T) {
	t.Parallel()
	layout, err := source.NewOCILayout("alpine", digestA[1:], "store")
	if err != nil {
		t.Fatal(err)
	}
	if got := decide(t, mustLoad(t, `{"blacklist":[""]}`), layout).Outcome; got != policy.Allow {
		t.Errorf("Decide = %v, want allow", got)
	}
}

func TestDecideWithoutSource(t *testing.T) {
	t.Parallel()
	d, err := mustLoad(t, `{"whitelist":[""]}`).Decide(context.Background(), policy.Request{})
	if err == nil || d.Outcome != policy.Deny {
		t.Errorf("Decide = %v, %v, want deny and an error", d.Outcome, err)
	}
}

func TestDecideConcurrently(t *testing.T) {
	t.Parallel()
	p := mustLoad(t, testPolicy)
	images := []source.Image{mustImage(t, "redis"), mustImage(t, "docker:27"), mustImage(t, "alpine:3.19")}
	var want []policy.Decision
	for _, img := range images {
		want = append(want, decide(t, p, img))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, img := range images {
				if got, err := p.Decide(context.Background(), policy.Request{Source: img}); err != nil || !reflect.DeepEqual(got, want[i]) {
					t.Errorf("Decide(%s) = %+v, %v, want %+v", img.Ref(), got, err, want[i])
				}
			}
		})
	}
	wg.Wait()
}

// TestShortFormOfAnother: what would be the short form of an image of Docker Hub
// is the name of an image elsewhere, and what is said of that one does not count.
func TestShortFormOfAnother(t *testing.T) {
	t.Parallel()
	for _, ref := range []string{"docker.io/quay.io/team/x", "docker.io/localhost/x"} {
		allow := mustLoad(t, `{"whitelist": ["^quay\\.io/", "^localhost/"]}`)
		if d := decide(t, allow, mustImage(t, ref)); d.Outcome != policy.Deny || !strings.HasPrefix(d.Messages[0], "docker.io/") {
			t.Errorf("%s: %v %q", ref, d.Outcome, d.Messages)
		}
		deny := mustLoad(t, `{"blacklist": ["^quay\\.io/", "^localhost/"], "defaultAllow": true}`)
		if d := decide(t, deny, mustImage(t, ref)); d.Outcome != policy.Allow {
			t.Errorf("%s: %v %q", ref, d.Outcome, d.Messages)
		}
	}
}
