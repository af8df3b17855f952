package rego

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/imgpolicy/imgpolicy/policy"
)

// Check is the answer to one question, as Buildx's CheckPolicy gives it.
type Check struct {
	Outcome  policy.Outcome
	Messages []string
	Needs    []string
	// Signature is what the need http.signature asks for; of several the last.
	Signature   *policy.SignatureRequest
	ConvertedTo string
	// Input is the input document that was judged.
	Input map[string]any
	// Printed are the lines of print, in order.
	Printed []string

	loaded []string // digests in the files that were read
	// repositories are those whose attestations were asked for, and unattested
	// tells that some are not known. To Buildx they are no need: it fetches them in
	// the midst of the evaluation.
	repositories []string
	unattested   bool
	// failed is why a bundle could not be verified, nil where it could: one that
	// does not hold has been.
	failed error
}

// evaluation is the state of one evaluation, which functions and print reach
// through its context.
type evaluation struct {
	policy *Policy
	doc    *document
	object ast.Value // the input's own document: input.image, input.http …
	asked  map[string]bool
	// signature is the one whose digest was asked for.
	signature *policy.SignatureRequest
	pins      map[string]bool
	printed   []string
	loaded    []string // digests in the files that were read

	// These are for Check, which has them, too.
	repositories []string
	unattested   bool
	failed       error
}

type evaluationKey struct{}

func evaluationContext(ctx context.Context, ev *evaluation) context.Context {
	return context.WithValue(ctx, evaluationKey{}, ev)
}

func evaluationOf(ctx context.Context) *evaluation {
	ev, _ := ctx.Value(evaluationKey{}).(*evaluation)
	return ev
}

// Check asks the policy about one source, in one pass. The error is the one that
// fails the build; the input document is returned with it where there is one.
func (p *Policy) Check(ctx context.Context, r policy.Request) (Check, error) {
	doc, err := p.newDocument(r)
	if err != nil {
		return Check{}, err
	}
	return p.checkDocument(ctx, doc, r)
}

func (p *Policy) checkDocument(ctx context.Context, doc *document, r policy.Request) (Check, error) {
	ctx, cancel := p.limited(ctx)
	defer cancel()
	fields := doc.value(envDocument(r.Env, false))
	out, err := boundedFor(ctx, p, func() (Check, error) { return p.evaluate(ctx, doc, fields, r) })
	out.Input = fields
	return out, p.evalError(ctx, err)
}

// evaluate judges a document, fields as a whole. It may be left behind by
// whoever called it, see bounded.
func (p *Policy) evaluate(ctx context.Context, doc *document, fields map[string]any, r policy.Request) (out Check, err error) {
	input, err := ast.InterfaceToValue(fields)
	if err = errors.Join(doc.unwritable, err); err != nil {
		return out, fmt.Errorf("failed to marshal policy input: %w", err)
	}
	ev := &evaluation{policy: p, doc: doc, asked: map[string]bool{}, pins: map[string]bool{}}
	ev.object, _ = input.(ast.Object).Get(ast.StringTerm(doc.kind)).Value, error(nil)
	ctx = evaluationContext(ctx, ev)
	defer func() {
		out.Printed, out.loaded = ev.printed, ev.loaded
		out.repositories, out.unattested, out.failed = ev.repositories, ev.unattested, ev.failed
	}()
	needs, err := p.needs(ctx, ev, input)
	if err != nil {
		return out, err
	}
	if len(needs) > 0 {
		out.Outcome, out.Needs, out.Signature = policy.Unknown, needs, ev.signature
		return out, nil
	}
	ev.pins = map[string]bool{}
	stop, release := cancellation(ctx)
	defer release()
	options := []rego.EvalOption{rego.EvalParsedInput(input), rego.EvalExternalCancel(stop)}
	if !p.opt.Now.IsZero() {
		options = append(options, rego.EvalTime(p.opt.Now))
	}
	result, err := p.eval.Eval(ctx, options...)
	if err != nil {
		return out, err
	}
	if needs := ev.runtimeNeeds(); len(needs) > 0 {
		out.Outcome, out.Needs, out.Signature = policy.Unknown, needs, ev.signature
		return out, nil
	}
	d, err := parseDecision(result)
	if err != nil {
		return out, err
	}
	out.Messages = d.messages
	if !d.allow {
		return out, nil
	}
	out.Outcome = policy.Allow
	return out, ev.convert(r, &out)
}

// convert applies what pin_image recorded.
func (ev *evaluation) convert(r policy.Request, out *Check) error {
	switch len(ev.pins) {
	case 0:
		return nil
	case 1:
		converted, err := pinned(r.Source, sortedKeys(ev.pins)[0])
		if err != nil {
			return fmt.Errorf("failed to add image pin to source: %w", err)
		}
		out.Outcome, out.ConvertedTo, out.Messages = policy.Convert, converted, nil
		return nil
	default:
		name := r.Source.Identifier()
		if platform, ok := ev.doc.fields["platform"].(string); ok {
			name += " (" + platform + ")"
		}
		pins := make([]string, 0, len(ev.pins))
		for _, pin := range sortedKeys(ev.pins) {
			pins = append(pins, pin+":{}")
		}
		return fmt.Errorf("multiple image pins set to %s: map[%s]", name, strings.Join(pins, " "))
	}
}

// Probe asks the policy what it can do before any source, as Buildx does first
// of all; the error fails the build.
func (p *Policy) Probe(ctx context.Context, env policy.Env) error {
	ctx, cancel := p.limited(ctx)
	defer cancel()
	doc := &document{}
	ev := &evaluation{policy: p, doc: doc, asked: map[string]bool{}, pins: map[string]bool{}}
	ctx = evaluationContext(ctx, ev)
	input, err := ast.InterfaceToValue(doc.value(envDocument(env, true)))
	if err != nil {
		return err
	}
	result, err := boundedFor(ctx, p, func() (rego.ResultSet, error) { return p.eval.Eval(ctx, rego.EvalParsedInput(input)) })
	if err != nil {
		return p.evalError(ctx, err)
	}
	_, err = parseDecision(result)
	return err
}

// cancellation ends an evaluation with its context, without a goroutine for each.
func cancellation(ctx context.Context) (stop topdown.Cancel, release func() bool) {
	stop = topdown.NewCancel()
	return stop, context.AfterFunc(ctx, stop.Cancel)
}

// errTimeout says that a policy did not come to an end.
var errTimeout = errors.New("the evaluation took too long")

func (p *Policy) evalError(ctx context.Context, err error) error {
	if topdown.IsCancel(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		if errors.Is(context.Cause(ctx), errMemory) {
			return fmt.Errorf("%w: it was stopped with more than %s in use; --memory-limit sets the limit", errMemory, inBytes(p.opt.MemoryLimit))
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return ctx.Err()
		}
		return fmt.Errorf("%w: it was stopped after %s", errTimeout, p.opt.Timeout)
	}
	return err
}
