package dockerfile

import (
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// checkDirective is BuildKit's own linter as a `# check=error=true` directive
// asks for it: its warnings then fail the build. Only the rules that
// instructions.ParseInstruction runs are seen here; the ones of
// dockerfile2llb's dispatch are not.
type checkDirective struct {
	asError bool
	lint    *linter.Linter
	err     error
}

func newCheckDirective(text []byte, result *parser.Result) checkDirective {
	options := ""
	if mayDirect(text, "check") {
		options, _, _, _ = parser.ParseDirective("check", text)
	}
	config, err := linter.ParseLintOptions(options)
	if err != nil {
		return checkDirective{err: err, lint: linter.New(&linter.Config{SkipAll: true})}
	}
	c := checkDirective{asError: config.ReturnAsError}
	if c.asError {
		config.Warn = func(string, string, string, string, []parser.Range) {}
	}
	c.lint = linter.New(config)
	if c.asError && len(result.Warnings) > 0 {
		c.lint.Run(&linter.RuleNoEmptyContinuation, nil, linter.RuleNoEmptyContinuation.Format())
	}
	return c
}

// linter is never nil: BuildKit calls it without looking.
func (c checkDirective) linter() *linter.Linter { return c.lint }

// violation is why the build would fail, "" where it would not.
func (c checkDirective) violation() string {
	if c.err != nil {
		return "failed to parse check options: " + c.err.Error()
	}
	if !c.asError {
		return ""
	}
	if err := c.lint.Error(); err != nil {
		return err.Error()
	}
	return ""
}
