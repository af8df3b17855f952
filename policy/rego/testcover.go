package rego

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Coverage counts what the rules of a policy came to while tests ran. OPA's own
// cover package knows only lines that were evaluated; a rule that was tried and
// never true would count as tested.
type Coverage struct {
	rules   []*coveredRule
	byRule  map[*ast.Rule]*coveredRule
	byExpr  map[*ast.Expr]*tally
	queries map[uint64]*coveredRule // entered and not yet left, of one evaluation
}

// tally counts evaluations.
type tally struct{ held, failed int }

type coveredRule struct {
	tally
	name       string
	file       string
	line       int
	conditions map[int][]*tally // by line, of the lines below the rule's own
}

// Results of a rule or condition over all tests.
const (
	Never     = "never"
	True      = "true"
	False     = "false"
	TrueFalse = "both"
)

// RuleCoverage is what one rule of the policy came to.
type RuleCoverage struct {
	Name       string              `json:"name"`
	File       string              `json:"file"`
	Line       int                 `json:"line"`
	Result     string              `json:"result"`
	Conditions []ConditionCoverage `json:"conditions"`
}

// ConditionCoverage is what the conditions on a line came to.
type ConditionCoverage struct {
	Line   int    `json:"line"`
	Result string `json:"result"`
}

// NewCoverage prepares to count the rules of the policy and of what it imports;
// neither Buildx's helper nor the tests themselves are counted.
func (t *Tests) NewCoverage() *Coverage {
	c := &Coverage{byRule: map[*ast.Rule]*coveredRule{}, byExpr: map[*ast.Expr]*tally{}}
	for _, name := range t.reachable() {
		ast.WalkRules(t.compiler.Modules[name], func(rule *ast.Rule) bool {
			c.addRule(name, rule)
			return false
		})
	}
	slices.SortStableFunc(c.rules, func(a, b *coveredRule) int {
		if d := strings.Compare(a.file, b.file); d != 0 {
			return d
		}
		return a.line - b.line
	})
	return c
}

// reachable are the modules of the policy: its own, and what that imports.
func (t *Tests) reachable() []string {
	parsed := t.compiler.ParsedModules()
	names := []string{t.main}
	for i := 0; i < len(names); i++ {
		for _, imported := range parsed[names[i]].Imports {
			file := strings.ReplaceAll(strings.TrimPrefix(imported.Path.Value.String(), "data."), ".", "/") + ".rego"
			if parsed[file] != nil && t.tests[file] == nil && !slices.Contains(names, file) {
				names = append(names, file)
			}
		}
	}
	return names
}

func (c *Coverage) addRule(file string, rule *ast.Rule) {
	r := &coveredRule{name: rule.Head.Ref().String(), file: file, line: rule.Location.Row, conditions: map[int][]*tally{}}
	if rule.Default {
		r.name = "default " + r.name
	}
	c.rules = append(c.rules, r)
	c.byRule[rule] = r
	if rule.Default {
		return
	}
	for _, expr := range rule.Body {
		c.addCondition(r, expr, r.conditions)
	}
	// What stands inside of a condition counts where it has a line of its own:
	// its failing is not that of the whole.
	inner := map[int][]*tally{}
	prints := map[int]bool{}
	for _, expr := range rule.Body {
		ast.WalkExprs(expr, func(e *ast.Expr) bool {
			if e.IsCall() && e.Operator().String() == ast.InternalPrint.Name {
				prints[e.Location.Row] = true
			}
			if e != expr && r.conditions[e.Location.Row] == nil {
				c.addCondition(r, e, inner)
			}
			return false
		})
	}
	maps.Copy(r.conditions, inner)
	for line := range prints {
		delete(r.conditions, line) // print is no condition
	}
}

func (c *Coverage) addCondition(r *coveredRule, expr *ast.Expr, to map[int][]*tally) {
	line := expr.Location.Row
	if line == r.line {
		return // what the rule comes to tells it
	}
	t := &tally{}
	c.byExpr[expr] = t
	to[line] = append(to[line], t)
}

// tracer counts one evaluation.
func (c *Coverage) tracer() topdown.QueryTracer {
	c.queries = map[uint64]*coveredRule{}
	return coverTracer{c}
}

type coverTracer struct{ c *Coverage }

func (coverTracer) Enabled() bool               { return true }
func (coverTracer) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent counts a rule as failed when it is entered, and takes that back
// when it is left with a value.
func (t coverTracer) TraceEvent(e topdown.Event) {
	switch node := e.Node.(type) {
	case *ast.Rule:
		r := t.c.byRule[node]
		switch {
		case r == nil:
		case e.Op == topdown.EnterOp:
			r.failed++
			t.c.queries[e.QueryID] = r
		case e.Op == topdown.ExitOp && t.c.queries[e.QueryID] == r:
			delete(t.c.queries, e.QueryID)
			r.failed--
			r.held++
		}
	case *ast.Expr:
		count := t.c.byExpr[node]
		switch {
		case count == nil:
		case e.Op == topdown.EvalOp:
			count.held++
		case e.Op == topdown.FailOp:
			count.held--
			count.failed++
		}
	}
}

func (t tally) result() string {
	switch {
	case t.held > 0 && t.failed > 0:
		return TrueFalse
	case t.held > 0:
		return True
	case t.failed > 0:
		return False
	default:
		return Never
	}
}

// Rules are the rules in the order of their files and lines.
func (c *Coverage) Rules() []RuleCoverage {
	out := make([]RuleCoverage, 0, len(c.rules))
	for _, r := range c.rules {
		rule := RuleCoverage{Name: r.name, File: r.file, Line: r.line, Result: r.result(), Conditions: []ConditionCoverage{}}
		for _, line := range slices.Sorted(maps.Keys(r.conditions)) {
			rule.Conditions = append(rule.Conditions, ConditionCoverage{line, all(r.conditions[line]).result()})
		}
		out = append(out, rule)
	}
	return out
}

// all is what several expressions on a line come to together: the compiler
// makes several of one, which hold only together.
func all(tallies []*tally) tally {
	sum := *tallies[0]
	for _, t := range tallies[1:] {
		sum.held = min(sum.held, t.held)
		sum.failed += t.failed
	}
	return sum
}
