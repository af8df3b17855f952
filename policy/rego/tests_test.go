package rego

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/policy"
)

const testedPolicy = `package docker

default allow := false

allow if input.local
allow if {
	input.image.repo == "alpine"
	print("user", input.image.user)
	input.image.user == "app"
}
allow if { input.image.tag == "pin"; pin_image(input.image, "` + anyDigest + `") }
allow if { input.git.ref == "v1"; verify_git_signature(input.git.tag, "key") }
allow if load_json("tags.json")[_] == input.image.tag
deny_msg contains "as root" if input.image.user == "root"
decision := {"allow": allow, "deny_msg": deny_msg}
`

// loadTests compiles the tests of testedPolicy, whose package line and imports
// are in them.
func loadTests(t *testing.T, tests string, root fs.FS) (*Tests, error) {
	t.Helper()
	main := policy.File{Name: "Dockerfile.rego", Text: []byte(testedPolicy)}
	return LoadTests(main, []policy.File{{Name: "p_test.rego", Text: []byte(tests)}}, root, Options{})
}

func show(r TestResult) string {
	allow := "n/a"
	if r.Allow != nil {
		allow = fmt.Sprint(*r.Allow)
	}
	s := fmt.Sprintf("pass=%v allow=%s deny=%q in=%s", r.Pass, allow, r.DenyMessages, r.Input)
	if r.Err != nil {
		s += " err=" + r.Err.Error()
	}
	return s
}

func TestRunTests(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{"tags.json": {Data: []byte(`["3"]`)}}
	tests := []struct{ name, test, want string }{
		{"allowed", `decision.allow with input as {"local": {"name": "a"}}`, `pass=true allow=true deny=[] in={"local":{"name":"a"}}`},
		{"denied", `decision.allow with input as {"image": {"user": "root"}}`, `pass=false allow=false deny=["as root"] in={"image":{"user":"root"}}`},
		{
			"a field that Buildx does not know is in the test and not in the decision",
			`input.image.x == 1 with input as {"image": {"x": 1}}`, `pass=true allow=false deny=[] in={"image":{}}`,
		},
		{"without input", `not input`, `pass=true allow=false deny=[] in=`},
		{"partly mocked", `allow with input.local as {}`, `pass=true allow=false deny=[] in=`},
		{
			"a tag and labels are not looked up", `allow with input as {"image": {"repo": "alpine", "user": "app"}}`,
			`pass=true allow=true deny=[] in={"image":{"repo":"alpine","user":"app"}}`,
		},
		{"files of the root", `allow with input as {"image": {"tag": "3"}}`, `pass=true allow=true deny=[] in={"image":{"tag":"3"}}`},
		{
			"pin_image", `pin_image(input.image, "` + otherDigest + `") with input as {"image": {"tag": "pin"}}`,
			`pass=true allow=true deny=[] in={"image":{"tag":"pin"}}`,
		},
		{
			"pin_image knows only known fields", `not pin_image(input.image, "` + otherDigest + `") with input as {"image": {"x": 1}}`,
			`pass=true allow=false deny=[] in={"image":{}}`,
		},
		{"env", `input.env.target with input as {"env": {"target": "x"}}`, `pass=true allow=false deny=[] in={"env":{"target":"x","depth":0}}`},
		{"a conflict", `conflict`, `pass=false allow=n/a deny=[] in= err=p_test.rego:4: eval_conflict_error: complete rules must not produce multiple outputs`},
		{
			"two inputs", "allow with input as {\"local\": {}}\n\tallow with input as {\"image\": {}}",
			`pass=false allow=n/a deny=[] in= err=multiple input overrides for test_it; write a test for each: Buildx takes one`,
		},
		{
			"an input that is no JSON", `allow with input as mock`,
			`pass=false allow=n/a deny=[] in= err=failed to decode test input for test_it: invalid character 'm' looking for beginning of value; ` +
				"write out a JSON object after `with input as`: Buildx reads it from the text",
		},
		{
			"an input of another type", `allow with input as {"image": "alpine"}`,
			`pass=false allow=n/a deny=[] in= err=failed to decode test input for test_it: input.image cannot be a JSON string`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := "package docker\nmock := {}\nconflict := 1\nconflict := 2\ntest_it if {\n\t" + tt.test + "\n}\n"
			all, err := loadTests(t, text, root)
			if err != nil {
				t.Fatal(err)
			}
			if got := show(all.Run(t.Context(), all.All()[0], nil)); got != tt.want {
				t.Errorf("Run(%s) =\n%s, want\n%s", tt.test, got, tt.want)
			}
		})
	}
}

func TestMissingInput(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, pkg, input, missing, resolve string }{
		{"an image", "docker", `{"image": {"repo": "a", "tag": "1"}, "git": {"ref": "x", "tag": {}}, "local": {}}`, "image.user", "image"},
		// A single field that no metadata has hides the others, as in Buildx.
		{"a field of no metadata", "docker", `{"local": {"name": "a"}}`, "git.ref git.tag image image.repo image.tag image.user", ""},
		{
			"asked for by a function", "docker",
			`{"git": {"ref": "v1", "tag": {"tag": "v1"}}}`, "git.commit image image.repo image.tag image.user local", "",
		},
		{"another package", "docker_test", `{"local": {}}`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := "package " + tt.pkg + "\ntest_it if data.docker.allow == false with input as " + tt.input
			all, err := loadTests(t, text, fstest.MapFS{})
			if err != nil {
				t.Fatal(err)
			}
			r := all.Run(t.Context(), all.All()[0], nil)
			missing, resolve := strings.Join(r.MissingInput, " "), strings.Join(r.MetadataResolve, " ")
			if missing != tt.missing || resolve != tt.resolve {
				t.Errorf("missing %q, resolve %q, want %q, %q", missing, resolve, tt.missing, tt.resolve)
			}
		})
	}
}

func TestFindTests(t *testing.T) {
	t.Parallel()
	all, err := loadTests(t, `package docker_test
import data.docker
import data.lib.names
test_b if docker.decision.allow
test_b if names.ok
test_a := false
test_function(x) if x
test_computed := count(names)
todo_test_c if true
`, fstest.MapFS{"lib/names.rego": {Data: []byte("package other\nok if true\n")}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Test{{"docker_test", "test_a", "p_test.rego", 6}, {"docker_test", "test_b", "p_test.rego", 4}}
	if got := all.All(); !slices.Equal(got, want) {
		t.Errorf("All() = %v, want %v", got, want)
	}
	want = []Test{{"docker_test", "test_computed", "p_test.rego", 8}}
	if got := all.Ignored(); !slices.Equal(got, want) {
		t.Errorf("Ignored() = %v, want %v", got, want)
	}
}

// Lines of print are of the test alone, not of the decision or the coverage.
func TestPrintedOnce(t *testing.T) {
	t.Parallel()
	all, err := loadTests(t, "package docker\ntest_it if allow with input as {\"image\": {\"repo\": \"alpine\"}}", fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	r := all.Run(t.Context(), all.All()[0], all.NewCoverage())
	if want := []string{"Dockerfile.rego:8: user <undefined>"}; !slices.Equal(r.Printed, want) {
		t.Errorf("Printed = %q, want %q", r.Printed, want)
	}
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	all, err := loadTests(t, `package docker
test_a if allow with input as {"image": {"repo": "alpine", "user": "app"}}
test_b if not allow with input as {"image": {"repo": "alpine"}}
`, fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	c := all.NewCoverage()
	for _, test := range all.All() {
		if r := all.Run(t.Context(), test, c); !r.Pass {
			t.Errorf("%s: %s", test.Name, show(r))
		}
	}
	var got []string
	for _, r := range c.Rules() {
		got = append(got, fmt.Sprint(r.Line, r.Name, r.Result, r.Conditions))
	}
	want := []string{
		"3default allowtrue[]", "5allowfalse[]", "6allowboth[{7 true} {9 both}]", "11allowfalse[]", "12allowfalse[]", "13allowfalse[]",
		"14deny_msgnever[]", "15decisionnever[]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Rules() =\n%q, want\n%q", got, want)
	}
}

func TestLoadTestsErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"syntax", "package docker\ntest_a { true }", "p_test.rego:2:1: rego_parse_error: `if` keyword is required before rule body"},
		{"no capability", "package docker\ntest_a if http.send({})", "p_test.rego:2:11: rego_type_error: undefined function http.send"},
		{"no module", "package docker\nimport data.nope\ntest_a if nope.x", "import data.nope not found for module p_test.rego: open nope.rego: file does not exist"},
		{"empty", "", "p_test.rego:1:1: rego_parse_error: empty module"},
		{"too large", strings.Repeat("#", maxModule+1), "p_test.rego: the module has 1048577 bytes; at most 1 MiB is read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := loadTests(t, tt.text, fstest.MapFS{})
			var bad *policy.LoadError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("LoadTests() = %v, want %s", err, tt.want)
			}
		})
	}
}
