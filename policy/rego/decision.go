package rego

import (
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/rego"
)

// decision is what data.docker.decision says.
type decision struct {
	allow    bool
	messages []string
	caps     map[string]bool
}

// errZeroResult says that data.docker.decision is undefined.
var errZeroResult = errors.New("policy returned zero result")

// parseDecision reads the result of an evaluation (policy.parsePolicyDecision);
// the errors are Buildx's.
func parseDecision(result rego.ResultSet) (decision, error) {
	if len(result) == 0 {
		return decision{}, errZeroResult
	}
	if len(result[0].Expressions) == 0 {
		return decision{}, errors.New("policy returned zero expressions")
	}
	e := result[0].Expressions[0]
	fields, ok := e.Value.(map[string]any)
	if !ok {
		return decision{}, fmt.Errorf("unexpected policy return type: %T %s", e.Value, e.Text)
	}
	var d decision
	if v, ok := fields["allow"]; ok {
		if d.allow, ok = v.(bool); !ok {
			return decision{}, fmt.Errorf("invalid allowed property type %T, expecting bool", v)
		}
	}
	// Anything but a list is ignored without a word.
	if list, ok := fields["deny_msg"].([]any); ok {
		for _, m := range list {
			if text, ok := m.(string); ok {
				d.messages = append(d.messages, text)
			}
		}
	}
	if v, ok := fields["caps"]; ok {
		var err error
		if d.caps, err = parseCaps(v); err != nil {
			return decision{}, err
		}
	}
	return d, nil
}

// capExecProxy is the one capability there is.
const capExecProxy = "exec.proxy"

func parseCaps(v any) (map[string]bool, error) {
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("invalid caps property type %T, expecting object", v)
	}
	caps := map[string]bool{}
	for _, k := range sortedKeys(fields) {
		if k != capExecProxy {
			return nil, fmt.Errorf("unknown policy cap %q", k)
		}
		if caps[k], ok = fields[k].(bool); !ok {
			return nil, fmt.Errorf("invalid caps.%s property type %T, expecting bool", k, fields[k])
		}
	}
	return caps, nil
}
