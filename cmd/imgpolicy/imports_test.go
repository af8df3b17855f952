package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	root       = "../.."
	modulePath = "github.com/imgpolicy/imgpolicy"
)

// mayImport is the direction of imports: what each package may use of the
// others. A policy decides about a source and never about a Dockerfile, the
// linter knows neither its rules nor its formats, the policies know none of
// their languages.
var mayImport = map[string][]string{
	"dockerfile/source":            {},
	"dockerfile":                   {"dockerfile/source"},
	"policy":                       {"dockerfile/source"},
	"policy/document":              {"dockerfile/source", "policy"},
	"policy/authz":                 {"dockerfile/source", "policy", "policy/approval", "policy/document", "policy/regex"},
	"policy/authz/plugin":          {"policy/authz"},
	"policy/bundle":                {},
	"policy/catalog":               {"dockerfile/source", "policy", "policy/document"},
	"policy/evidence":              {"policy", "policy/catalog", "policy/document"},
	"policy/level":                 {"dockerfile/source", "policy/catalog"},
	"policy/approval":              {"dockerfile/source", "policy", "policy/catalog", "policy/evidence", "policy/level"},
	"policy/regex":                 {"dockerfile/source", "policy", "policy/document"},
	"policy/rego":                  {"dockerfile/source", "policy"},
	"policy/policytest":            {"policy", "policy/rego"},
	"policy/cachedir":              {},
	"policy/resolve":               {"dockerfile/source", "policy", "policy/cachedir"},
	"policy/sigstore":              {},
	"policy/sigstore/sigstoretest": {},
	"lint":                         {"dockerfile", "dockerfile/source", "policy", "policy/approval", "policy/catalog", "policy/level"},
	"lint/rules":                   {"dockerfile", "dockerfile/source", "policy", "policy/approval", "policy/catalog", "policy/level", "lint"},
	"lint/report":                  {"dockerfile", "lint"},
	"lint/baseline":                {"lint", "policy/document"},
	"lint/cache":                   {"policy/cachedir"},
	"lint/fix":                     {"dockerfile", "dockerfile/source", "lint"},
	"lint/config":                  {"dockerfile/source", "lint", "policy", "policy/approval", "policy/catalog", "policy/document", "policy/level"},
	"lint/lock":                    {"dockerfile", "dockerfile/source", "lint", "policy", "policy/document"},
	"lint/export":                  {"dockerfile/source", "lint", "policy", "policy/approval", "policy/catalog", "policy/document", "policy/level", "policy/regex", "policy/rego"},
	"lint/export/exporttest":       {"dockerfile", "dockerfile/source", "lint", "lint/config", "lint/export", "lint/rules", "policy", "policy/approval", "policy/catalog", "policy/level", "policy/regex"},
	"lint/estate":                  {"dockerfile", "dockerfile/source", "lint/report", "policy/approval"},
	"lint/inventory":               {"dockerfile", "dockerfile/source", "lint/report"},
	"lint/starter":                 {"dockerfile/source", "lint", "policy/document"},
	"cmd/imgpolicy":                {"dockerfile", "dockerfile/source", "policy", "policy/approval", "policy/authz", "policy/authz/plugin", "policy/bundle", "policy/catalog", "policy/document", "policy/evidence", "policy/level", "policy/policytest", "policy/regex", "policy/rego", "policy/resolve", "policy/sigstore", "lint", "lint/rules", "lint/report", "lint/baseline", "lint/cache", "lint/fix", "lint/inventory", "lint/estate", "lint/config", "lint/export", "lint/lock", "lint/starter"},
}

// testsMayImport adds what only tests use: the tests of rules and formats lint
// real files and print the outcome.
var testsMayImport = map[string][]string{
	"cmd/imgpolicy":       {"policy/sigstore/sigstoretest"},
	"policy/authz":        {"policy/catalog", "policy/level"},
	"policy/regex":        {"dockerfile"},
	"policy/sigstore":     {"policy/sigstore/sigstoretest"},
	"policy/rego":         {"dockerfile"},
	"policy/authz/plugin": {"policy", "policy/regex"},
	"lint":                {"lint/rules", "policy/regex", "policy/rego"},
	"lint/export":         {"lint/export/exporttest", "lint/rules"},
	"lint/fix":            {"lint/rules"},
	"lint/rules":          {"lint/config", "lint/fix", "lint/lock", "lint/report", "policy/regex", "policy/rego"},
	"lint/report":         {"dockerfile/source", "lint/rules", "policy", "policy/regex"},
	"lint/baseline":       {"dockerfile", "policy"},
	"lint/estate":         {"policy", "policy/catalog", "policy/level"},
	"lint/starter":        {"dockerfile", "lint/config", "lint/rules", "policy", "policy/policytest", "policy/regex", "policy/rego"},
}

// madeForTests is a package for tests, which the program has none of.
const madeForTests = "policy/sigstore/sigstoretest"

// doors are the packages through which the modules of others come in. A module
// that is not listed may not be imported at all. Tests may compare with all that
// is listed.
var doors = map[string][]string{
	"github.com/bmatcuk/doublestar/v4":                       {"lint/config"},
	"github.com/containerd/platforms":                        {"dockerfile", "policy/rego", "policy/resolve"},
	"github.com/coreos/go-systemd/v22":                       {"cmd/imgpolicy"},
	"github.com/distribution/reference":                      {"dockerfile/source"},
	"github.com/fatih/color":                                 {"lint/report"},
	"github.com/google/certificate-transparency-go":          {madeForTests},
	"github.com/docker/go-units":                             {"cmd/imgpolicy", "policy/rego"},
	"github.com/google/go-containerregistry":                 {"policy/resolve"},
	"github.com/moby/buildkit":                               {"dockerfile", "dockerfile/source", "policy/rego"},
	"github.com/moby/policy-helpers":                         {"policy/sigstore"},
	"github.com/moby/sys/signal":                             {"dockerfile"},
	"github.com/open-policy-agent/opa":                       {"policy/rego"},
	"github.com/opencontainers/go-digest":                    {"cmd/imgpolicy", "dockerfile/source", "policy/rego", "policy/resolve", "policy/sigstore", madeForTests},
	"github.com/opencontainers/image-spec":                   {"dockerfile", "policy/rego", "policy/resolve", "policy/sigstore", madeForTests},
	"github.com/VictoriaMetrics/metrics":                     {"policy/authz/plugin"},
	"github.com/rogpeppe/go-internal/diff":                   {"lint/fix"},
	"github.com/secure-systems-lab/go-securesystemslib/dsse": {madeForTests},
	"github.com/sigstore/protobuf-specs":                     {"policy/sigstore", madeForTests},
	"github.com/sigstore/sigstore-go":                        {"policy/sigstore", madeForTests},
	"github.com/theupdateframework/go-tuf/v2":                {"policy/sigstore"},
	"github.com/tonistiigi/go-csvvalue":                      {"dockerfile"},
	"github.com/urfave/cli/v2":                               {"cmd/imgpolicy"},
	"go.yaml.in/yaml/v3":                                     {"policy/document"},
	"golang.org/x/crypto":                                    {"policy/rego"},
	"golang.org/x/net":                                       {"policy/regex", "policy/rego"},
	"golang.org/x/sys/windows":                               {"cmd/imgpolicy"},
	"golang.org/x/term":                                      {"cmd/imgpolicy"},
	"golang.org/x/text/width":                                {"lint/report"},
	"google.golang.org/protobuf/encoding/protojson":          {madeForTests},
}

// testDoors are modules that only tests may import, in any package.
var testDoors = []string{"github.com/golang/snappy", "github.com/rogpeppe/go-internal", "github.com/sigstore/sigstore", "golang.org/x/tools/txtar"}

// notLinked are parts of BuildKit that a linter has no use for: they build, or
// talk to those that do, and are most of its weight. Sigstore is linked, though
// it makes a start of the program nearly twice as long, 11 ms for 6, and the
// program a quarter larger: without it no signature is verified, and the limit is
// 12 ms. What of it costs most, checks of e-mail addresses and of OpenAPI
// documents, sigstore-go needs to read the entries of transparency logs, and gRPC
// comes with these. containerd, through which policy-helpers find signatures,
// would come on top.
var notLinked = []string{
	"github.com/moby/buildkit/client",
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb",
	"github.com/moby/buildkit/solver",
	"github.com/docker/docker",
	"github.com/moby/moby",
	"github.com/moby/policy-helpers/image",
	"github.com/containerd/containerd/v2",
}

// goPackage is what `go list` tells of a package.
type goPackage struct {
	ImportPath, Name                   string
	Standard                           bool
	Imports, TestImports, XTestImports []string
}

func (p goPackage) folder() string { return strings.TrimPrefix(p.ImportPath, modulePath+"/") }

func goList(t *testing.T, args ...string) []goPackage {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Name,Standard,Imports,TestImports,XTestImports"}, args...)...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var all []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, "./...") {
		if _, ok := mayImport[p.folder()]; !ok {
			t.Errorf("package %s is not in the table: say what it may import", p.folder())
			continue
		}
		if slices.Contains([]string{"util", "utils", "common", "helpers", "types", "models"}, path.Base(p.ImportPath)) {
			t.Errorf("package %s: the name says nothing about what is in it", p.folder())
		}
		for _, imported := range p.Imports {
			checkImport(t, p.folder(), imported, false)
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			checkImport(t, p.folder(), imported, true)
		}
	}
}

func checkImport(t *testing.T, folder, imported string, test bool) {
	t.Helper()
	if internal, ok := strings.CutPrefix(imported, modulePath+"/"); ok {
		allowed := mayImport[folder]
		if test {
			allowed = slices.Concat(allowed, testsMayImport[folder], []string{folder})
		}
		if !slices.Contains(allowed, internal) {
			t.Errorf("%s may not import %s", folder, internal)
		}
		return
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return // the standard library
	}
	for module, at := range doors {
		if within(imported, module) && (test || slices.Contains(at, folder)) {
			return
		}
	}
	if test && slices.ContainsFunc(testDoors, func(module string) bool { return within(imported, module) }) {
		return
	}
	t.Errorf("%s is not the door to %s", folder, imported)
}

func within(importPath, parent string) bool {
	return importPath == parent || strings.HasPrefix(importPath, parent+"/")
}

func TestNotLinked(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, "-deps", "./cmd/imgpolicy") {
		for _, unwanted := range notLinked {
			if within(p.ImportPath, unwanted) {
				t.Errorf("the binary contains %s", p.ImportPath)
			}
		}
	}
}

// TestHouseRules checks what the compiler does not: files a person can read at
// one go, and a program whose parts leave the process alone.
func TestHouseRules(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(file, root+string(filepath.Separator)))
		switch {
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if lines := bytes.Count(text, []byte("\n")); lines > maxLines(name) {
			t.Errorf("%s has %d lines, at most %d are allowed", name, lines, maxLines(name))
		}
		if !strings.HasSuffix(name, "_test.go") {
			checkSource(t, name, text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func maxLines(name string) int {
	if name == "cmd/imgpolicy/main.go" {
		return 25
	}
	return 500
}

// ofTheProcess are names that only main may use, and fmt's prints to a global.
var ofTheProcess = map[string][]string{
	"os":  {"Args", "Environ", "Exit", "Getenv", "Getwd", "LookupEnv", "Stderr", "Stdin", "Stdout"},
	"fmt": {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
}

func checkSource(t *testing.T, name string, text []byte) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range file.Imports {
		if slices.Contains([]string{`"log"`, `"log/slog"`}, spec.Path.Value) {
			t.Errorf("%s: logs", files.Position(spec.Pos()))
		}
	}
	for _, decl := range file.Decls {
		checkStart(t, files, decl)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil {
				t.Errorf("%s: runs code on import", files.Position(n.Pos()))
			}
			if lines := files.Position(n.End()).Line - files.Position(n.Pos()).Line + 1; lines > 60 {
				t.Errorf("%s: %s has %d lines and does not fit a screen", files.Position(n.Pos()), n.Name.Name, lines)
			}
		case *ast.SelectorExpr:
			if of, ok := n.X.(*ast.Ident); ok && name != "cmd/imgpolicy/main.go" && slices.Contains(ofTheProcess[of.Name], n.Sel.Name) {
				t.Errorf("%s: %s.%s is for main alone", files.Position(n.Pos()), of.Name, n.Sel.Name)
			}
		}
		return true
	})
}

// checkStart finds what is compiled when the program starts, whether or not it is
// needed.
func checkStart(t *testing.T, files *token.FileSet, decl ast.Decl) {
	t.Helper()
	vars, ok := decl.(*ast.GenDecl)
	if !ok || vars.Tok != token.VAR {
		return
	}
	for _, spec := range vars.Specs {
		for _, value := range spec.(*ast.ValueSpec).Values {
			call, ok := value.(*ast.CallExpr)
			if !ok {
				continue
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				continue
			}
			if of, ok := f.X.(*ast.Ident); ok && of.Name == "regexp" && f.Sel.Name == "MustCompile" {
				t.Errorf("%s: compiles an expression at every start: use sync.OnceValue", files.Position(call.Pos()))
			}
		}
	}
}
