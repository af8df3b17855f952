package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

const evalDescription = `SOURCE is an identifier (docker-image://…, git://…, https://…, local://context) or
a plain image reference or URL. It is judged once, in exactly the form given, as
Buildx's policies judge one source; lint judges all forms a build asks about.

The JSON of --metadata is what a registry or a server would tell:
  {"image": {"digest", "config", "hasChain", "attestationManifest"},
   "git": {"ref", "checksum", "commitChecksum", "commitObject", "tagObject"},
   "http": {"checksum"}}
with all keys optional, and git objects in base64.

Exit code 0: allow or convert; 1: deny or unknown; 2: error.`

// evalFormats are the values of --format.
var evalFormats = []string{"text", "json"}

func (a *app) evalCommand() *cli.Command {
	return &cli.Command{
		Name:        "eval",
		Usage:       "judge one source by a build policy",
		ArgsUsage:   "SOURCE",
		Description: evalDescription,
		Flags: slices.Concat([]cli.Flag{
			&cli.StringSliceFlag{Name: "policy", Usage: "the policy in `FILE` (default Dockerfile.rego); repeat for\nmore, all must allow; the filename=… of Buildx works"},
			&cli.StringFlag{Name: "root", Value: ".", Usage: "the `DIR` that policies read files below (default .)"},
			&cli.StringFlag{Name: "platform", Usage: "the `PLATFORM` of an image (default " + dockerfile.DefaultPlatform + ")"},
			&cli.StringSliceFlag{Name: "attr", Usage: "an attribute of the source: `KEY=VALUE`; repeat for more"},
			&cli.StringSliceFlag{Name: "build-arg", Usage: "a build arg: `NAME=VALUE`; repeat for more"},
			&cli.StringFlag{Name: "target", Usage: "the `STAGE` to build"},
			&cli.StringFlag{Name: "filename", Usage: "the base `NAME` of the Dockerfile"},
			&cli.StringFlag{Name: "metadata", Usage: "what is known of the source, from a JSON `FILE`"},
			&cli.BoolFlag{Name: "explain", Usage: "show every rule tried, and what it failed on"},
			&cli.BoolFlag{Name: "print", Usage: "show the input document"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "print in this `FORMAT`: text (default) or json"},
		}, regoFlags(), resolveFlags()),
		Action: func(c *cli.Context) error { return a.eval(c) },
	}
}

// evaluation is the answer of eval. Its JSON form is an interface of the
// program: every key is always there.
type evaluation struct {
	Version     int            `json:"version"`
	Source      string         `json:"source"`
	Platform    string         `json:"platform"`
	Outcome     string         `json:"outcome"`
	Messages    []string       `json:"messages"`
	Needs       []string       `json:"needs"`
	ConvertedTo string         `json:"convertedTo"`
	Error       string         `json:"error"`
	Probe       string         `json:"probe"`
	Input       map[string]any `json:"input"`

	printed []string
}

// errDenied and errEvaluation end eval after its answer was printed.
var (
	errDenied     = errors.New("not allowed")
	errEvaluation = errors.New("the policy failed")
)

func (a *app) eval(c *cli.Context) error {
	if c.NArg() != 1 {
		return usageError("eval judges one source: name it once")
	}
	if !slices.Contains(evalFormats, c.String("format")) {
		return unknown("format", c.String("format"), evalFormats)
	}
	request, err := a.evalRequest(c)
	if err != nil {
		return err
	}
	loaded, loadErr, err := a.evalPolicies(c)
	if err != nil {
		return err
	}
	out := evaluation{
		Version: 1, Source: request.Source.Identifier(), Platform: request.Platform,
		Messages: []string{}, Needs: []string{}, Probe: "ok", Input: map[string]any{},
	}
	if loadErr != nil {
		out.Outcome, out.Error, out.Probe = "error", loadErr.Error(), loadErr.Error()
	} else {
		out.ask(c, loaded, request)
	}
	if err := a.writeEvaluation(c, &out, loaded, request); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	switch out.Outcome {
	case "error":
		return errEvaluation
	case "allow", "convert":
		return nil
	default:
		return errDenied
	}
}

// ask asks the policies in order: the first that does not allow answers, as in
// Buildx. The probe never changes the answer.
func (out *evaluation) ask(c *cli.Context, loaded []*rego.Policy, r policy.Request) {
	out.Outcome = policy.Allow.String()
	for _, p := range loaded {
		if err := p.Probe(c.Context, r.Env); err != nil && out.Probe == "ok" {
			out.Probe = err.Error()
		}
	}
	for _, p := range loaded {
		check, _, failed, err := p.Answer(c.Context, r)
		if check.Input != nil {
			out.Input = check.Input
		}
		if err == nil && failed != nil && !errors.Is(failed, policy.ErrUnsupported) {
			err = failed
		}
		out.printed = append(out.printed, check.Printed...)
		if err != nil {
			out.Outcome, out.Error = "error", err.Error()
			return
		}
		out.Messages = append(out.Messages, check.Messages...)
		if check.Outcome != policy.Allow {
			out.Outcome, out.ConvertedTo = check.Outcome.String(), check.ConvertedTo
			out.Messages = append([]string{}, check.Messages...)
			out.Needs = append(out.Needs, check.Needs...)
			return
		}
	}
}

// evalRequest is the question that the flags make.
func (a *app) evalRequest(c *cli.Context) (policy.Request, error) {
	attrs, err := pairs("attr", c.StringSlice("attr"))
	if err != nil {
		return policy.Request{}, err
	}
	args, err := a.buildArgs(c.StringSlice("build-arg"))
	if err != nil {
		return policy.Request{}, err
	}
	labels, err := pairs("label", c.StringSlice("label"))
	if err != nil {
		return policy.Request{}, err
	}
	platform := c.String("platform")
	if platform == "" {
		platform = dockerfile.DefaultPlatform
	}
	if platform, err = dockerfile.NormalizePlatform(platform); err != nil {
		return policy.Request{}, usageError(fmt.Sprintf("platform %q: %v; write OS/ARCH, such as linux/arm64", c.String("platform"), err))
	}
	src, err := evalSource(c.Args().First(), attrs)
	if err != nil {
		return policy.Request{}, err
	}
	meta, err := a.metadata(c.String("metadata"))
	if err != nil {
		return policy.Request{}, err
	}
	dir, err := a.getwd()
	if err != nil {
		return policy.Request{}, fmt.Errorf("finding the working directory: %w", err)
	}
	net, err := a.resolving(c, &configs{dir: dir})
	return policy.Request{
		Source: src, Platform: platform, Metadata: meta, Lookup: net.lookup(),
		Env: policy.Env{Args: args, Labels: labels, Target: c.String("target"), Filename: c.String("filename")},
	}, err
}

// evalSource takes an identifier as it is, and reads a plain reference or URL as
// a Dockerfile would.
func evalSource(text string, attrs map[string]string) (source.Source, error) {
	if g, isGit, err := source.ParseGit(text); isGit && !strings.HasPrefix(text, "git://") {
		if err != nil {
			return nil, usageError(fmt.Sprintf("%s: %v", source.Redact(text), err))
		}
		return withAttrs(g, attrs), nil
	}
	if strings.Contains(text, "://") {
		return source.Raw{ID: text, Attributes: attrs}, nil
	}
	img, err := source.ParseImage(text)
	if err != nil {
		return nil, usageError(fmt.Sprintf("%q is no image reference and no identifier: %v", text, err))
	}
	return withAttrs(img, attrs), nil
}

// withAttrs is a source with more attributes.
func withAttrs(src source.Source, attrs map[string]string) source.Source {
	if len(attrs) == 0 {
		return src
	}
	all := map[string]string{}
	for k, v := range src.Attrs() {
		all[k] = v
	}
	for k, v := range attrs {
		all[k] = v
	}
	return source.Raw{ID: src.Identifier(), Attributes: all}
}

// metadata reads recorded metadata.
func (a *app) metadata(name string) (*policy.Metadata, error) {
	if name == "" {
		return nil, nil
	}
	dir, err := a.getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working directory: %w", err)
	}
	text, err := readFile(absolute(dir, name))
	if err != nil {
		return nil, unreadable(name, err)
	}
	var meta policy.Metadata
	if err := json.Unmarshal(text, &meta); err != nil {
		return nil, failure{name, err.Error(), "it is what `--metadata` describes in the README"}
	}
	return &meta, nil
}

// evalPolicies loads the policies. A policy that does not compile is an answer,
// loadErr; one that cannot be read is a failure.
func (a *app) evalPolicies(c *cli.Context) (loaded []*rego.Policy, loadErr, err error) {
	dir, err := a.getwd()
	if err != nil {
		return nil, nil, fmt.Errorf("finding the working directory: %w", err)
	}
	opt, err := a.regoOptions(c)
	if err != nil {
		return nil, nil, err
	}
	root := absolute(dir, c.String("root"))
	given := c.StringSlice("policy")
	if len(given) == 0 {
		given = []string{"filename=Dockerfile.rego"}
	}
	flags, err := parsePolicyFlags(given)
	if err != nil {
		return nil, nil, err
	}
	for _, flag := range flags {
		if flag.reset {
			loaded = nil
		}
		files, err := flag.read(dir, root)
		if err != nil {
			return nil, nil, err
		}
		if len(files) == 0 {
			continue
		}
		p, err := rego.Load(files, below{root: root}, opt)
		if err != nil {
			return nil, wholeError(err), nil
		}
		loaded = append(loaded, p)
	}
	return loaded, nil, nil
}

// wholeError is an error in the words of Buildx.
func wholeError(err error) error {
	var bad *policy.LoadError
	if errors.As(err, &bad) && bad.Whole != "" {
		return errors.New(bad.Whole)
	}
	return err
}

// read reads the files of one policy. They keep the names they were given.
func (f policyFlag) read(dir, root string) ([]policy.File, error) {
	var files []policy.File
	for _, p := range f.files {
		path, err := p.resolve(dir, root)
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(filepath.Ext(path), ".json") {
			return nil, failure{name: p.path, what: "is an image policy, and eval judges by build policies (.rego)"}
		}
		text, err := readFile(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil, failure{"policy " + p.path, "not found", "name it with --policy FILE"}
		}
		if err != nil {
			return nil, unreadable(p.path, err)
		}
		files = append(files, policy.File{Name: p.path, Text: text})
	}
	return files, nil
}

func (a *app) writeEvaluation(c *cli.Context, out *evaluation, loaded []*rego.Policy, r policy.Request) error {
	out.redact()
	if c.String("format") == "json" {
		return report.WriteJSON(a.stdout, out)
	}
	return a.forPeople(func(w io.Writer) error {
		if c.Bool("explain") {
			if err := explain(c, w, loaded, r); err != nil {
				return err
			}
		}
		return writeEvaluationText(c, w, out)
	})
}

// explain shows every rule that was tried, policy by policy.
func explain(c *cli.Context, w io.Writer, loaded []*rego.Policy, r policy.Request) error {
	for _, p := range loaded {
		// An error is the answer itself, which follows.
		explanation, _ := p.Explain(c.Context, r)
		for line := range strings.Lines(explanation.Text()) {
			if _, err := fmt.Fprintln(w, report.Clean(strings.TrimSuffix(line, "\n"))); err != nil {
				return err
			}
		}
	}
	return nil
}

// redact takes credentials out of everything that is printed.
func (out *evaluation) redact() {
	out.Source, out.Error, out.Probe = source.Redact(out.Source), source.Redact(out.Error), source.Redact(out.Probe)
	for i, m := range out.Messages {
		out.Messages[i] = source.Redact(m)
	}
	out.Input, _ = redactValue(out.Input).(map[string]any)
}

func redactValue(v any) any {
	switch v := v.(type) {
	case string:
		return source.Redact(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = redactValue(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = redactValue(x)
		}
		return out
	default:
		return v
	}
}

func writeEvaluationText(c *cli.Context, w io.Writer, out *evaluation) error {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(report.Clean(fmt.Sprintf(format, args...)) + "\n") }
	if c.Bool("print") {
		text, err := json.MarshalIndent(out.Input, "", "  ")
		if err != nil {
			return err
		}
		for l := range strings.Lines(string(text)) {
			line("%s", strings.TrimSuffix(l, "\n"))
		}
	}
	for _, p := range out.printed {
		line("%s", source.Redact(p))
	}
	name := out.Source
	if out.Platform != "" && strings.HasPrefix(name, source.ImageScheme) {
		name += " (" + out.Platform + ")"
	}
	switch {
	case out.Error != "":
		line("error: %s: %s", name, out.Error)
	case out.ConvertedTo != "":
		line("convert: %s to %s", name, out.ConvertedTo)
	case len(out.Needs) > 0:
		line("unknown: %s needs %s", name, strings.Join(out.Needs, ", "))
	default:
		line("%s: %s", out.Outcome, name)
	}
	for _, m := range out.Messages {
		line("  %s", m)
	}
	if out.Probe != "ok" && out.Error == "" {
		line("note: a build with this policy fails before that: %s", out.Probe)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
