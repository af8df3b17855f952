package authz

import (
	"context"
	"strings"
)

// endpoint is something of the daemon's API that has it fetch images.
type endpoint struct {
	name   string
	match  func(path string) bool // without the version
	decide func(context.Context, *Guard, *call) (Verdict, error)
}

// table is what endpoints lists. Nothing changes it.
var table = endpoints()

// endpoints are all that have the daemon fetch something, one to a line. The
// patterns are those of moby's routers.
func endpoints() []endpoint {
	return []endpoint{
		{"images/create", exactly("/images/create"), createImage},
		{"plugins/pull", exactly("/plugins/pull"), pullPlugin},
		{"plugins/upgrade", between("/plugins/", "/upgrade"), pullPlugin},
		{"services/create", exactly("/services/create"), createService},
		{"services/update", between("/services/", "/update"), updateService},
		{"plugins/create", exactly("/plugins/create"), unseen("docker plugin create", "what is in the archive is not shown to a plugin")},
		{"swarm/join", exactly("/swarm/join"), unseen("docker swarm join", "what the swarm has this node run is not shown to a plugin")},
		{"build", exactly("/build"), unseen("docker build", "what its Dockerfile fetches is not shown to a plugin")},
		{"session", exactly("/session"), unseen("a BuildKit session", "what a build fetches is not shown to a plugin")},
		{"grpc", exactly("/grpc"), unseen("a BuildKit connection", "what a build fetches is not shown to a plugin")},
		{"images/load", exactly("/images/load"), unseen("docker load", "the images of the archive are not shown to a plugin")},
	}
}

// unseen decides an endpoint of which nothing is to be seen.
func unseen(what, why string) func(context.Context, *Guard, *call) (Verdict, error) {
	return func(_ context.Context, g *Guard, _ *call) (Verdict, error) { return g.unseen(what, why), nil }
}

func exactly(path string) func(string) bool {
	return func(p string) bool { return p == path }
}

// between matches what has anything between a start and an end.
func between(start, end string) func(string) bool {
	return func(p string) bool {
		return len(p) >= len(start)+len(end) && strings.HasPrefix(p, start) && strings.HasSuffix(p, end)
	}
}
