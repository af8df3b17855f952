package rego_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// explained is what a decision says of itself: the place, and the messages with
// theirs or the reasons.
func explained(d policy.Decision) []string {
	out := []string{"by " + place(d.By)}
	for i, m := range d.Messages {
		out = append(out, place(d.MessagesBy[i])+": "+m)
	}
	return append(out, d.Why...)
}

func place(e policy.Entry) string {
	return e.File + ":" + string(rune('0'+e.Line/10)) + string(rune('0'+e.Line%10))
}

const shortHead = "package docker\ndefault allow := false\n"

const shortTail = "decision := {\"allow\": allow, \"deny_msg\": deny_msg}\n"

var whyTests = []struct{ name, policy, source, want string }{
	{"undefined field", shortHead + "allow if input.image.isCanonical\ndecision := {\"allow\": allow}\n", "alpine:3", `by D.rego:03
D.rego:3: input.image.isCanonical is undefined: the reference has no digest`},
	{"list", shortHead + "allow if {\n\tinput.image\n\tinput.image.host in [\"ghcr.io\"]\n}\ndecision := {\"allow\": allow}\n", "alpine:3", `by D.rego:03
D.rego:5: input.image.host is "docker.io", not in ["ghcr.io"]`},
	{"equal", shortHead + "allow if input.image.repo == \"alpine\"\ndecision := {\"allow\": allow}\n", "node", `by D.rego:03
D.rego:3: input.image.repo == "alpine" is false: input.image.repo is "node"`},
	{"absent when false", shortHead + "allow if input.image.isCanonical == false\nallow if input.image.tag != \"latest\"\ndecision := {\"allow\": allow}\n", "node", `by D.rego:03
D.rego:3: input.image.isCanonical is undefined, not false: the reference has no digest
D.rego:4: input.image.tag != "latest" is false: input.image.tag is "latest"`},
	{"nearest first", shortHead + "allow if { input.image.host == \"ghcr.io\"; input.image.tag }\nallow if {\n\tinput.image.host == \"docker.io\"\n\tstartswith(input.image.repo, \"myorg/\")\n}\nallow if input.http\nallow if input.local\ndecision := {\"allow\": allow}\n", "node", `by D.rego:04
D.rego:6: input.image.repo is "node", which does not start with "myorg/"
D.rego:3: input.image.host == "ghcr.io" is false: input.image.host is "docker.io"`},
	{"helper rule", shortHead + "import input.image as img\nhosts := {\"ghcr.io\", \"quay.io\"}\ntrusted if img.host in hosts\nallow if trusted\ndecision := {\"allow\": allow}\n", "node", `by D.rego:06
D.rego:6: trusted is undefined: img.host is "docker.io", not in hosts ["ghcr.io","quay.io"] (D.rego:5)`},
	{"helper function", shortHead + "from(img, host) if img.host == host\nallow if { from(input.image, \"docker.io\"); from(input.image, \"ghcr.io\") }\ndecision := {\"allow\": allow}\n", "node", `by D.rego:04
D.rego:4: from(input.image, "ghcr.io") is undefined: img.host == host is false: img.host is "docker.io", host is "ghcr.io" (D.rego:3)`},
	{"negation", shortHead + "blocked if input.image.repo == \"node\"\nallow if { input.image; not blocked }\ndecision := {\"allow\": allow}\n", "node", `by D.rego:04
D.rego:4: not blocked is false: blocked is true (D.rego:3)`},
	{"iteration", shortHead + "allow if { some h in [\"a.io\", \"b.io\"]; input.image.host == h }\ndecision := {\"allow\": allow}\n", "node", `by D.rego:03
D.rego:3: input.image.host == h is false in each of 2 tries: input.image.host is "docker.io"`},
	{"count", shortHead + "bad contains \"x\" if input.image.tag == \"latest\"\nallow if count(bad) == 0\ndecision := {\"allow\": allow}\n", "node", `by D.rego:04
D.rego:4: count(bad) == 0 is false: count(bad) is 1`},
	{"false value", shortHead + "allow := endswith(input.image.repo, \"x\")\ndecision := {\"allow\": allow}\n", "node", `by D.rego:03
D.rego:3: input.image.repo is "node", which does not end with "x"`},
	{"else", shortHead + "allow if input.image.repo == \"a\"\nelse := false if input.image.tag == \"latest\"\ndecision := {\"allow\": allow}\n", "node", `by D.rego:04
D.rego:4: the rule sets allow to false
D.rego:3: input.image.repo == "a" is false: input.image.repo is "node"`},
	{"computed", "package docker\nbad contains 1 if input.image\ndecision := {\n\t\"allow\": count(bad) == 0,\n}\n", "node", `by D.rego:04
D.rego:4: count(bad) == 0 is false: count(bad) is 1`},
	{"other kinds only", shortHead + "allow if input.image\nallow if is_file\nis_file if input.http.host\ndecision := {\"allow\": allow}\n", "local://context", `by D.rego:02
D.rego:2: no rule is about input.local: the source is a local directory`},
	{"with", shortHead + "ok if input.image.repo == \"a\"\nallow if ok with input.image.repo as \"b\"\ndecision := {\"allow\": allow}\n", "node", `by D.rego:04
D.rego:4: ok is undefined: input.image.repo == "a" is false: input.image.repo is "b" (D.rego:3)`},
	{"constant", "package docker\ndecision := {\"allow\": false}\n", "node", `by D.rego:02
D.rego:2: the decision sets allow to false`},
	{"no allow", "package docker\ndecision := {}\n", "node", `by D.rego:02
D.rego:2: the decision says nothing of allow`},
	{"credentials", shortHead + "allow if input.git.remote == \"https://x@h/a.git\"\ndecision := {\"allow\": allow}\n", "git+https://user:s3cret@github.com/o/r.git", `by D.rego:03
D.rego:3: input.git.remote == "https://***@h/a.git" is false: input.git.remote is "https://***@github.com/o/r.git"`},
	{"second pass", shortHead + "allow if input.image.ref == \"docker.io/library/node:20\"\ndecision := {\"allow\": allow}\n", "node:20", `by D.rego:03
D.rego:3: input.image.ref == "docker.io/library/node:20" is false: input.image.ref is "docker.io/library/node:20@sha256:<digest>"`},
	{"message", shortHead + "deny_msg contains \"b\" if input.http\ndeny_msg contains msg if {\n\tnot input.image.isCanonical\n\tmsg := sprintf(\"%s has no digest\", [input.image.ref])\n}\ndeny_msg contains \"no node\" if input.image.repo == \"node\"\n" + shortTail, "node", `by D.rego:04
D.rego:04: docker.io/library/node:latest has no digest
D.rego:08: no node`},
	{"array of messages", shortHead + "violations contains \"v\"\nmessages := [m | some m in violations]\ndecision := {\"allow\": allow, \"deny_msg\": messages}\n", "node", `by D.rego:03
D.rego:03: v`},
	{"complete messages", shortHead + "deny_msg := [\"a\"] if input.http\nelse := [\"b\"]\n" + shortTail, "node", `by D.rego:04
D.rego:04: b`},
	{"messages in the decision", shortHead + "decision := {\n\t\"allow\": allow,\n\t\"deny_msg\": [\"a\"],\n}\n", "node", `by D.rego:05
D.rego:05: a`},
	{"imported module", shortHead + "import data.lib.team\ndeny_msg contains m if some m in team.messages\n" + shortTail, "node", `by lib/team.rego:03
lib/team.rego:03: not ours`},
}

func TestDenialExplainsItself(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{"lib/team.rego": {Data: []byte("package lib.team\n\nmessages contains \"not ours\" if input.image\n")}}
	for _, tt := range whyTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := rego.Load([]policy.File{{Name: "D.rego", Text: []byte(tt.policy)}}, root, rego.Options{})
			if err != nil {
				t.Fatal(err)
			}
			d, err := p.Decide(t.Context(), requestFor(t, tt.source))
			if err != nil || d.Outcome != policy.Deny {
				t.Fatalf("Decide = %v, %v; want deny", d.Outcome, err)
			}
			if got := strings.Join(explained(d), "\n"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func requestFor(tb testing.TB, text string) policy.Request {
	tb.Helper()
	r := policy.Request{Platform: "linux/amd64"}
	if remote, ok := strings.CutPrefix(text, "git+"); ok {
		r.Source = source.Raw{ID: "git://github.com/o/r.git", Attributes: map[string]string{"git.fullurl": remote}}
		return r
	}
	if strings.Contains(text, "://") {
		r.Source = source.Raw{ID: text}
		return r
	}
	img, err := source.ParseImage(text)
	if err != nil {
		tb.Fatal(err)
	}
	r.Source = img
	return r
}

// Build args with the name of a secret are shown by no way.
func TestExplainKeepsSecrets(t *testing.T) {
	t.Parallel()
	text := shortHead + "allow if input.env.args.MY_TOKEN == \"x\"\nallow if { some k, v in input.env.args; v == \"x\" }\n" +
		"args := input.env.args\nallow if { args; a := input.env.args; a.MY_TOKEN == \"x\" }\nallow if object.get(input, \"env\", {}) == 1\ndecision := {\"allow\": allow}\n"
	p, err := rego.Load([]policy.File{{Name: "D.rego", Text: []byte(text)}}, nil, rego.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := requestFor(t, "node:21")
	r.Env.Args = map[string]string{"MY_TOKEN": "hunter2"}
	e, err := p.Explain(t.Context(), r)
	if err != nil || len(e.Why) != 4 || strings.Contains(e.Text(), "hunter2") {
		t.Errorf("Explain = %v\n%s", err, e.Text())
	}
}

const explainedPolicy = shortHead + `allow if { input.image.host == "ghcr.io"; print("never") }
allow if trusted
trusted if { print("host", input.image.host); input.image.tag == "20" }
` + "deny_msg contains \"no\" if not allow\n" + shortTail

func TestExplain(t *testing.T) {
	t.Parallel()
	p, err := rego.Load([]policy.File{{Name: "D.rego", Text: []byte(explainedPolicy)}}, nil, rego.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.Explain(t.Context(), requestFor(t, "node:21"))
	if err != nil {
		t.Fatal(err)
	}
	want := `D.rego:2: default allow is false
D.rego:3: allow is undefined
  3: input.image.host == "ghcr.io" is false: input.image.host is "docker.io"
D.rego:4: allow is undefined
  4: trusted is undefined: input.image.tag == "20" is false: input.image.tag is "21" (D.rego:5)
D.rego:5: trusted is undefined
  5: input.image.tag == "20" is false: input.image.tag is "21"
D.rego:6: deny_msg is ["no"]
D.rego:7: decision is {"allow":false,"deny_msg":["no"]}
print: D.rego:5: host docker.io
print: D.rego:5: host docker.io
D.rego:6: message: no
why: D.rego:3: input.image.host == "ghcr.io" is false: input.image.host is "docker.io"
why: D.rego:4: trusted is undefined: input.image.tag == "20" is false: input.image.tag is "21" (D.rego:5)
outcome: deny
`
	if got := e.Text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The explanation of every case says what the check says, twice the same.
func TestExplainAgreesWithCheck(t *testing.T) {
	t.Parallel()
	for _, c := range cases(t) {
		p, err := c.load(rego.Options{OldHost: true})
		if err != nil {
			continue
		}
		want, wantErr := p.Check(t.Context(), c.request())
		got, err := p.Explain(t.Context(), c.request())
		if (err == nil) != (wantErr == nil) {
			t.Errorf("%s: Explain errs with %v, Check with %v", c.Name, err, wantErr)
		}
		if err == nil && got.Outcome != want.Outcome.String() {
			t.Errorf("%s: Explain = %s, Check = %s", c.Name, got.Outcome, want.Outcome)
		}
		var messages []string
		for _, m := range got.Messages {
			messages = append(messages, m.Text)
			if m.File == "" || m.Line == 0 {
				t.Errorf("%s: no place for %q", c.Name, m.Text)
			}
		}
		if err == nil && !slices.Equal(messages, want.Messages) {
			t.Errorf("%s: messages %q, Check has %q", c.Name, messages, want.Messages)
		}
		if want.Outcome == policy.Deny && err == nil && len(got.Messages)+len(got.Why) == 0 {
			t.Errorf("%s: a denial without a reason", c.Name)
		}
		again, _ := p.Explain(t.Context(), c.request())
		a, _ := json.Marshal(got)
		if b, err := json.Marshal(again); err != nil || string(a) != string(b) {
			t.Errorf("%s: explained as\n%s\nand then\n%s", c.Name, a, b)
		}
	}
}

// Long evaluations are explained as far as the bound goes, in bounded time.
func TestExplainIsBounded(t *testing.T) {
	t.Parallel()
	text := shortHead + "allow if { some i in numbers.range(1, 300000); i == 0 }\ndecision := {\"allow\": allow}\n"
	p, err := rego.Load([]policy.File{{Name: "D.rego", Text: []byte(text)}}, nil, rego.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.Decide(t.Context(), requestFor(t, "node:21"))
	if err != nil || d.Outcome != policy.Deny || len(d.Why) != 1 {
		t.Errorf("Decide = %+v, %v; want a denial with a reason", d, err)
	}
}

func BenchmarkDecide(b *testing.B) {
	for _, tt := range []struct{ name, source string }{{"allow", "node:20"}, {"deny", "node:21"}} {
		b.Run(tt.name, func(b *testing.B) {
			p, err := rego.Load([]policy.File{{Name: "D.rego", Text: []byte(shortHead + "allow if { input.image.host == \"docker.io\"; input.image.tag == \"20\" }\ndeny_msg contains \"no\" if not allow\n" + shortTail)}}, nil, rego.Options{})
			if err != nil {
				b.Fatal(err)
			}
			r := requestFor(b, tt.source)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Decide(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
