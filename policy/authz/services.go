package authz

import (
	"context"
	"errors"
	"fmt"

	"github.com/imgpolicy/imgpolicy/policy/document"
)

// createService decides a service of a swarm by the image or the plugin that its
// tasks are (swarm.ServiceSpec of moby's api/types). Every node pulls it by itself,
// and asks no plugin then.
func createService(ctx context.Context, g *Guard, c *call) (Verdict, error) {
	spec, err := c.json()
	if err != nil {
		return Verdict{}, err
	}
	task, err := field(spec, "TaskTemplate")
	if err != nil {
		return Verdict{}, err
	}
	var verdicts []Verdict
	for _, at := range [][2]string{{"ContainerSpec", "Image"}, {"PluginSpec", "Remote"}} {
		of, err := field(task, at[0])
		if err != nil {
			return Verdict{}, err
		}
		ref, err := field(of, at[1])
		switch {
		case err != nil:
			return Verdict{}, err
		case of == nil:
			continue
		case ref == nil || ref.Kind != document.String || ref.Text == "":
			return Verdict{}, fmt.Errorf("a service is denied: its %s has no %s", at[0], at[1])
		}
		verdicts = append(verdicts, g.reference(ctx, at[1], ref.Text))
	}
	if len(verdicts) == 0 {
		return Verdict{}, errors.New("a service is denied: it names neither an image nor a plugin")
	}
	return join(verdicts), nil
}

// updateService decides the change of a service. One that goes back to what was
// before says so in the query, and the daemon does not look at the body then.
func updateService(ctx context.Context, g *Guard, c *call) (Verdict, error) {
	v, err := createService(ctx, g, c)
	if err != nil || !v.Allow {
		return v, err
	}
	q, err := c.query()
	if err != nil {
		return Verdict{}, err
	}
	if back := q.Get("rollback"); back != "" && back != "none" {
		return g.unseen("the rollback of a service", "what it was before is not shown to a plugin"), nil
	}
	return v, nil
}
