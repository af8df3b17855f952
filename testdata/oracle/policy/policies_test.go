package policy

import (
	"fmt"
	"strings"
)

// field is a part of the input that policies look at.
type field struct {
	path   string
	values []string // as Rego writes them
}

var fields = map[string][]field{
	"image": {
		{"ref", strs("docker.io/library/alpine:3.19", "ghcr.io/myorg/app:latest")},
		{"host", strs("docker.io", "ghcr.io", "localhost:5000")},
		{"repo", strs("alpine", "node", "ghcr.io/myorg/app", "myorg/app")},
		{"fullRepo", strs("docker.io/library/alpine", "ghcr.io/myorg/app")},
		{"tag", strs("3.19", "latest", "v1.2.3", "20", "")},
		{"isCanonical", []string{"true", "false"}},
		{"checksum", strs(digest1, digest2, "")},
		{"platform", strs("linux/amd64", "linux/arm64", "linux/arm/v7")},
		{"os", strs("linux", "windows")},
		{"arch", strs("amd64", "arm64", "arm")},
		{"variant", strs("v7", "v8")},
		{"createdTime", strs("2026-11-21T03:57:22Z")},
		{"labels", []string{`{"a": "b"}`, "{}"}},
		{"labels.a", strs("b")},
		{`labels["team"]`, strs("core", "web")},
		{`labels["org.opencontainers.image.source"]`, strs("https://github.com/myorg/app")},
		{"user", strs("1000", "root", "")},
		{"env", []string{`["PATH=/bin", "A=b"]`}},
		{"env[0]", strs("PATH=/bin")},
		{"env[_]", strs("PATH=/bin", "A=b")},
		{"volumes", []string{`["/data"]`, "[]"}},
		{"workingDir", strs("/", "/app")},
		{"hasProvenance", []string{"true", "false"}},
		{"provenance.builderID", strs("x")},
		{"provenance.materials[0].image.repo", strs("alpine")},
		{"signatures[0].kind", strs("docker-github-builder")},
		{"signatures", []string{"[]"}},
		{"nothing", strs("x")},
	},
	"http": {
		{"url", strs("https://example.com/dl/file.txt")},
		{"schema", strs("https", "http")},
		{"host", strs("example.com", "github.com", "example.com:443")},
		{"path", strs("/dl/file.txt", "/a/../b/c/", "/\ufffd/x")},
		{"query", []string{`{"v": ["1", "2"], "e": [""]}`}},
		{"query.v", []string{`["1", "2"]`}},
		{"query.v[_]", strs("1", "2")},
		{"hasAuth", []string{"true", "false"}},
		{"checksum", strs(digest1, digest2, "")},
	},
	"git": {
		{"schema", strs("https", "ssh", "git")},
		{"host", strs("github.com", "h")},
		{"remote", strs("https://github.com/moby/buildkit.git", "git@github.com:moby/buildkit.git")},
		{"fullURL", strs("https://github.com/moby/buildkit.git")},
		{"tagName", strs("v1.0", "v0.10.0")},
		{"branch", strs("main")},
		{"ref", strs("refs/tags/v1.0", "refs/heads/main", commit1)},
		{"subDir", strs("docs", "./x")},
		{"isCommitRef", []string{"true", "false"}},
		{"isSHA256", []string{"true", "false"}},
		{"checksum", strs(commit1)},
		{"commitChecksum", strs(commit1)},
		{"isAnnotatedTag", []string{"true", "false"}},
		{"commit", []string{"{}"}},
		{"commit.tree", strs("4b825dc642cb6eb9a060e54bf8d69288fbee4904")},
		{"commit.parents", []string{"[]"}},
		{"commit.parents[_]", strs(commit1)},
		{"commit.author.name", strs("A B", "nobody")},
		{"commit.author.email", strs("a@b.c")},
		{"commit.author.when", strs("1970-01-01T00:00:00Z", "2024-11-21T05:57:22+02:00")},
		{"commit.committer", []string{"{}"}},
		{"commit.message", strs("fix\n", "fix")},
		{"commit.pgpSignature", []string{"{}"}},
		{"commit.pgpSignature.version", []string{"4", "6"}},
		{"commit.sshSignature.version", []string{"1"}},
		{"tag", []string{"{}"}},
		{"tag.tag", strs("v1.0")},
		{"tag.tagger.email", strs("a@b.c")},
		{"tag.message", strs("annotated\n", "annotated")},
		{"tag.sshSignature", []string{"{}"}},
	},
	"local": {{"name", strs("context", "dockerfile", "assets")}},
	"env": {
		{"args.TEAM", strs("core", "web")},
		{"args", []string{"{}"}},
		{`labels["org.team"]`, strs("core")},
		{"filename", strs("Dockerfile", "-")},
		{"target", strs("release")},
		{"depth", []string{"0", "1"}},
		{"capsRequest", []string{"true"}},
	},
}

func strs(values ...string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprintf("%q", v)
	}
	return out
}

// writer writes one policy.
type writer struct {
	rng
	kind  string // of the source that it will be asked about
	rules []string
	names int
	// helpers are rules that hold or do not, and functions those of one value.
	helpers, functions []string
}

func (w *writer) name(prefix string) string {
	w.names++
	return fmt.Sprintf("%s%d", prefix, w.names)
}

// policy writes a policy for sources of a kind; the texts of its files, the
// first of them Dockerfile.rego.
func (r rng) policy(kind string) string {
	w := &writer{rng: r, kind: kind}
	var b strings.Builder
	b.WriteString("package " + w.oneOf(40, "other", "docker") + "\n\n")
	b.WriteString(w.imports())
	for range w.IntN(3) {
		w.helper()
	}
	switch w.IntN(12) {
	case 0:
	case 1, 2:
		b.WriteString("default allow := true\n\n")
	default:
		b.WriteString("default allow := false\n\n")
	}
	for range 1 + w.IntN(3) {
		w.rule("allow if", w.body(3))
	}
	for range w.IntN(3) {
		w.denial()
	}
	if w.oneIn(30) {
		w.rule(w.pick("allow if", "allow := \"yes\" if", "allow := false if", "deny_msg contains 1 if", "undefined_call(x) if"), w.body(2))
	}
	b.WriteString(strings.Join(w.rules, "\n"))
	b.WriteString("\n" + w.decision() + "\n")
	return b.String()
}

// oneOf is the rare word once in n times.
func (w *writer) oneOf(n int, rare, common string) string {
	if w.oneIn(n) {
		return rare
	}
	return common
}

func (w *writer) imports() string {
	if !w.oneIn(6) {
		return ""
	}
	switch w.IntN(6) {
	case 0:
		return "import rego.v1\n\n"
	case 1:
		w.helpers = append(w.helpers, `img.user == "1000"`, "img.tag")
		return "import input.image as img\n\n"
	case 2:
		w.helpers = append(w.helpers, "a.ok", "a.asks(input.image)", "input.image[a.name].a")
		return "import data.lib.a\n\n"
	case 3:
		w.helpers = append(w.helpers, "strict.ok", "strict.signed")
		return "import data.lib.strict\n\n"
	case 4:
		return "import data.lib.missing\n\n"
	default:
		w.helpers = append(w.helpers, `g.commit.author.name`)
		return "import input.git as g\n\n"
	}
}

func (w *writer) rule(head string, conditions []string) {
	w.rules = append(w.rules, head+" {\n\t"+strings.Join(conditions, "\n\t")+"\n}\n")
}

func (w *writer) decision() string {
	switch w.IntN(30) {
	case 0:
		return `decision := {"allow": ` + w.truth() + `}`
	case 1:
		return "default decision := {\"allow\": false}\n\ndecision := {\"allow\": true} if {\n\t" + w.truth() + "\n}"
	case 2:
		return "decision := {\"allow\": true} if allow\n\ndecision := {\"allow\": false} if not allow"
	case 3:
		return "decision := {\"allow\": true} if {\n\t" + w.truth() + "\n} else := {\"allow\": allow}"
	case 4:
		return w.pick(`decision := allow`, `decision := ["a"]`, `decision := {"allow": allow, "deny_msg": "text"}`, `decision := {}`,
			`decision := {"allow": 1}`, `decision := {"allow": allow, "caps": {"exec.proxy": true}}`, `decision := {"allow": allow, "caps": {"exec.proxy": 1}}`,
			`decision := {"allow": allow, "caps": []}`, `decision := {"deny_msg": ["a", 1, "a"]}`, `decision := {"allow": null}`)
	case 5, 6, 7, 8:
		return `decision := {"allow": allow}`
	}
	if !strings.Contains(strings.Join(w.rules, ""), "deny_msg contains") {
		return `decision := {"allow": allow}`
	}
	return `decision := {"allow": ` + w.pick("allow", "count(deny_msg) == 0", "allow") + `, "deny_msg": deny_msg}`
}

func (w *writer) denial() {
	body := w.body(2)
	switch w.IntN(4) {
	case 0:
		w.rule(fmt.Sprintf("deny_msg contains %q if", w.pick("no", "not approved", "denied")), body)
	case 1:
		f := w.field()
		w.rule("deny_msg contains msg if", append(body, fmt.Sprintf(`msg := sprintf("%%v is not allowed", [%s])`, f.path)))
	case 2:
		w.rule("deny_msg contains msg if", append(body, "some v in "+w.collection(), `msg := sprintf("no %v", [v])`))
	default:
		w.rule(`deny_msg contains $"not {`+w.field().path+`}" if`, body)
	}
}

// field is a field to look at: mostly of the kind that is asked about.
func (w *writer) field() field {
	kind := w.kind
	if w.oneIn(5) || fields[kind] == nil {
		kind = w.pick("image", "http", "git", "local", "env")
	}
	list := fields[kind]
	f := list[w.IntN(len(list))]
	return field{"input." + kind + "." + f.path, f.values}
}

func (w *writer) collection() string {
	return w.pick("input.image.env", "input.image.labels", "input.image.volumes", "input.http.query", "input.http.query.v", "input.git.commit.parents",
		"input."+w.kind, "input.env.args", "{1, 2}", `load_json("data.json").list`, "object.keys(input."+w.kind+")", "input.image.signatures")
}

func (w *writer) body(n int) []string {
	var out []string
	for range 1 + w.IntN(n) {
		out = append(out, w.condition()...)
	}
	return out
}

// truth is an expression without variables of its own.
func (w *writer) truth() string {
	f := w.field()
	switch w.IntN(16) {
	case 0, 1, 2, 3, 4, 5:
		return f.path + " == " + w.pick(f.values...)
	case 6:
		return f.path + " != " + w.pick(f.values...)
	case 7:
		return fmt.Sprintf("startswith(%s, %q)", f.path, w.pick("https://github.com/", "docker.io/", "v", "refs/tags/", ""))
	case 8:
		return f.path
	case 9:
		return fmt.Sprintf("%s in {%s, \"core\"}", f.path, strings.Join(f.values, ", "))
	case 10:
		return fmt.Sprintf("count(%s) %s %d", f.path, w.pick(">", "==", "<"), w.IntN(3))
	case 11:
		return fmt.Sprintf("regex.match(%q, %s)", w.pick("^v?[0-9.]+$", "alpine", "(", "^https://"), f.path)
	case 12:
		return w.builtin()
	case 13:
		return w.dynamic()
	case 14:
		return w.call()
	default:
		return w.misc(f)
	}
}

func (w *writer) misc(f field) string {
	other := w.field()
	return w.pick(
		f.path+" == "+other.path,
		f.path+" >= "+w.pick(f.values...),
		"is_string("+f.path+")",
		"to_number("+f.path+") > 3",
		"semver.compare("+f.path+`, "1.0.0") >= 0`,
		"semver.is_valid("+f.path+")",
		`glob.match("*alpine*", [], `+f.path+")",
		"time.parse_rfc3339_ns("+f.path+") > 0",
		`lower(`+f.path+`) == "alpine"`,
		`concat("/", [`+f.path+", "+other.path+`]) != ""`,
		`split(`+f.path+`, "/")[0] == "docker.io"`,
		fmt.Sprintf("{%s, %s} == {%s}", f.path, other.path, w.pick(f.values...)),
		"json.marshal(input."+w.kind+`) != ""`,
		`contains(json.marshal(input), "labels")`,
		"count(object.keys(input."+w.kind+")) > 3",
		"type_name("+f.path+`) == "string"`,
		fmt.Sprintf("%s == [x | some x in %s][0]", f.path, w.collection()),
		"object.subset(input."+w.kind+`, {"tag": "latest"})`,
		`input == {}`,
		"union({{"+f.path+"}, {1}}) == {1}",
		"http.send({})", "walk(input, [_, _])", "undefined_function(1)", "nosuchvar == 1",
	)
}

// dynamic looks a field up by a key that is only known later.
func (w *writer) dynamic() string {
	object := "input." + w.kind
	key := w.pick(`"labels"`, `"checksum"`, `"tag"`, `"commit"`, `"user"`, `"host"`, `"hasProvenance"`)
	return w.pick(
		fmt.Sprintf("object.get(%s, %s, false)", object, key),
		fmt.Sprintf("object.get(%s, [%s, \"a\"], \"\") == \"b\"", object, key),
		fmt.Sprintf("%s[%s]", object, key),
		fmt.Sprintf("%s[lower(\"LABELS\")]", object),
		fmt.Sprintf("%s[concat(\"\", [\"che\", \"cksum\"])]", object),
		fmt.Sprintf("%s[input.env.args.FIELD]", object),
		fmt.Sprintf("%s[load_json(\"data.json\").field].a == \"b\"", object),
		fmt.Sprintf("input[%q].checksum", w.kind),
		fmt.Sprintf("input[%q][%s]", w.kind, key),
		fmt.Sprintf("%s[_] == \"latest\"", object),
		"input[_].checksum",
		"input[_][_] == \"docker.io\"",
		fmt.Sprintf(`{"1000": 1, "core": 2}[%s]`, w.field().path),
		fmt.Sprintf(`{"image": %s}.image.tag == "latest"`, object),
		fmt.Sprintf(`[%s, 1][0].checksum`, object),
	)
}

func (w *writer) builtin() string {
	digest := w.pick(digest1, digest1, digest2, "v3", "sha512:"+strings.Repeat("ab", 64))
	object := "input." + w.kind
	switch w.kind {
	case "git":
		return fmt.Sprintf("verify_git_signature(%s, %q)",
			w.pick("input.git.commit", "input.git.tag", "input.git.tag", "input.git", `{"a": 1}`, "input.env.depth"),
			w.pick("keys/pgp.asc", "keys/ssh.pub", "keys/bad.pub", "keys/none"))
	case "http":
		return w.pick(
			fmt.Sprintf("verify_http_pgp_signature(input.http, %q, %q)", w.pick("sig/256.asc", "sig/512.asc", "sig/bad.asc", "none"), w.pick("keys/pgp.asc", "keys/pgp.asc", "keys/bad.pub")),
			`artifact_attestation(input.http, "bundle.json")`, `github_attestation(input.http, "o/r")`, "github_release_attestation(input.http)",
			`docker_github_builder_bundle(input.http, "bundle.json", "o/r")`, `artifact_attestation({"url": "x"}, "bundle.json")`,
			`verify_http_pgp_signature(input.http, "sig/256.asc", input.env.target)`, "pin_image(input.http, \""+digest+"\")")
	case "image":
		return w.pick(
			fmt.Sprintf("pin_image(input.image, %q)", digest), fmt.Sprintf("pin_image(input.image, %q)", digest), "pin_image(input.image, input.image.checksum)",
			`pin_image({"repo": "alpine"}, "`+digest+`")`, `docker_github_builder(input.image, "myorg/app")`,
			`docker_github_builder_tag(input.image, "myorg/app", input.image.tag)`, `docker_github_builder_signature(input.image.signatures[0], "o/r")`,
			`verify_git_signature(input.image, "keys/ssh.pub")`, "pin_image(input.image, input.env.depth)")
	}
	return w.pick(`load_json("data.json").tag == input.image.tag`, `load_json("missing.json")`, `not load_json("missing.json")`, `load_json("bad.json")`,
		`load_json("../data.json")`, `load_json(input.env.filename)`, fmt.Sprintf("pin_image(%s, %q)", object, digest), `verify_git_signature(`+object+`, "keys/ssh.pub")`)
}

// call uses a helper, or makes one first.
func (w *writer) call() string {
	if len(w.helpers)+len(w.functions) == 0 || w.oneIn(4) {
		w.helper()
	}
	if n := len(w.helpers); n > 0 && w.oneIn(2) || len(w.functions) == 0 {
		return w.helpers[w.IntN(len(w.helpers))]
	}
	return w.functions[w.IntN(len(w.functions))] + "(" + w.pick(w.field().path, "input."+w.kind) + ")"
}

// simple is a truth that calls nothing, for rules that must not call
// themselves.
func (w *writer) simple() string {
	f := w.field()
	switch w.IntN(5) {
	case 0:
		return "not " + f.path
	case 1:
		return w.dynamic()
	default:
		return f.path + " == " + w.pick(f.values...)
	}
}

func (w *writer) helper() {
	name, f := w.name("h"), w.field()
	switch w.IntN(10) {
	case 0, 1:
		w.rule(name+" if", []string{w.simple(), w.simple()})
		w.helpers = append(w.helpers, name, "not "+name)
	case 2:
		w.rules = append(w.rules, fmt.Sprintf("%s(x) if x == %s\n\n%s(x) if {\n\tx.%s\n\t%s\n}\n", name, w.pick(f.values...), name,
			w.pick("user", "labels.a", "hasProvenance", "checksum", "tag", "commit.message", "host"), w.simple()))
		w.functions = append(w.functions, name)
	case 3:
		w.rules = append(w.rules, fmt.Sprintf("%s contains x if {\n\tsome x in %s\n\t%s\n}\n", name, w.collection(), w.simple()))
		w.helpers = append(w.helpers, "count("+name+") > 0", `"core" in `+name, name+"["+w.field().path+"]")
	case 4:
		w.rules = append(w.rules, fmt.Sprintf("%s[k] := v if {\n\tsome k, v in %s\n\t%s\n}\n", name, w.collection(), w.simple()))
		w.helpers = append(w.helpers, name+"["+w.field().path+"]", name+`.a == "b"`)
	case 5:
		w.rules = append(w.rules, fmt.Sprintf("%s := 1 if %s\n\n%s := 2 if {\n\t%s\n\t%s\n}\n", name, w.simple(), name, w.simple(), w.simple()))
		w.helpers = append(w.helpers, name+" == 1", "not "+name)
	case 6:
		w.rules = append(w.rules, fmt.Sprintf("%s := %s if {\n\t%s\n} else := %s if {\n\t%s\n} else := 3\n", name, w.pick("1", f.path), w.simple(), w.pick("2", f.path), w.simple()))
		w.helpers = append(w.helpers, name+" == 1", name+" != 3")
	case 7:
		w.rules = append(w.rules, fmt.Sprintf("%s := {\"alpine\": {\"ok\": true}, \"1000\": {\"ok\": true}, \"core\": {\"ok\": false}}\n", name))
		w.helpers = append(w.helpers, name+"["+f.path+"].ok", "some k; "+name+"[k].ok; k == "+f.path)
	case 8:
		w.rules = append(w.rules, fmt.Sprintf("default %s := false\n\n%s if {\n\t%s\n}\n", name, name, w.simple()))
		w.helpers = append(w.helpers, name, "not "+name, name+" == false")
	default:
		w.rules = append(w.rules, fmt.Sprintf("%s(x) := y if {\n\ty := x.%s\n}\n", name, w.pick("tag", "user", "checksum", "labels", "host")))
		w.helpers = append(w.helpers, fmt.Sprintf("%s(input.%s) == %s", name, w.kind, w.pick(f.values...)))
	}
}

// condition is one condition of a body, in one line or more.
func (w *writer) condition() []string {
	f := w.field()
	v := w.name("v")
	switch w.IntN(22) {
	case 0, 1:
		return []string{"not " + f.path}
	case 2:
		return []string{"not " + f.path + " == " + w.pick(f.values...)}
	case 3:
		return []string{v + " := " + f.path, v + " == " + w.pick(f.values...)}
	case 4:
		return []string{"some " + v + " in " + w.collection(), v + " == " + w.pick(f.values...)}
	case 5:
		return []string{"every " + v + " in " + w.collection() + " {\n\t\t" + v + " != " + w.pick(f.values...) + "\n\t}"}
	case 6:
		return []string{"every " + v + " in " + w.collection() + " {\n\t\t" + v + "\n\t\t" + w.simple() + "\n\t}"}
	case 7:
		return []string{fmt.Sprintf("count([x | some x in %s; x != %s]) %s 0", w.collection(), w.pick(f.values...), w.pick(">", "=="))}
	case 8:
		return []string{fmt.Sprintf("count({k | some k, _ in input.%s}) > %d", w.kind, 3+w.IntN(4))}
	case 9:
		return []string{fmt.Sprintf("%s := {k: x | some k, x in %s}", v, w.collection()), fmt.Sprintf("%s != {}", v)}
	case 10:
		return []string{w.call() + " with input as " + w.pick(`{"image": {"user": "1000", "tag": "latest"}}`, `{"git": {"commit": {}}}`, "{}", "input."+w.kind)}
	case 11:
		return []string{fmt.Sprintf("%s with input.%s.%s as %s", w.call(), w.kind, w.pick("tag", "user", "checksum", "labels"), w.pick(f.values...))}
	case 12:
		return []string{fmt.Sprintf("print(%q, %s)", "value", f.path)}
	case 13:
		return []string{v + " := " + w.pick(`"labels"`, `"checksum"`, `"user"`, `"commit"`), fmt.Sprintf("input.%s[%s]", w.kind, v)}
	case 14:
		return []string{"some " + v, fmt.Sprintf("input.%s[%s] == %s", w.kind, v, w.pick(f.values...))}
	case 15:
		return []string{w.builtin()}
	case 16:
		return []string{"input." + w.kind}
	default:
		return []string{w.truth()}
	}
}
