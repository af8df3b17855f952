package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// The values of --unknown and --buildx.
var (
	unknownSeverities = []string{"error", "warning", "ignore"}
	buildxVersions    = []string{rego.BuildxVersion, rego.OldBuildxVersion}
)

// policyFlags are the flags that say which policies are in force and how they
// are asked.
func policyFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringSliceFlag{Name: "policy", Usage: "judge by the policy in `FILE`, too; repeat for more,\nall must allow an input; the filename=… of Buildx works"},
		&cli.BoolFlag{Name: "no-policy", Usage: "leave out the policies that are found by themselves"},
		&cli.StringFlag{Name: "unknown", Value: "error", Usage: "`SEVERITY` of what a policy cannot decide offline:\nerror (default), warning or ignore"},
	}, regoFlags()...)
}

// regoFlags are those of them that only build policies heed.
func regoFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "label", Usage: "a label given to the build: `NAME=VALUE`; repeat for more"},
		&cli.StringFlag{Name: "buildx", Value: rego.BuildxVersion, Usage: "judge as this `VERSION` of Buildx: " + rego.BuildxVersion + " (default) or " + rego.OldBuildxVersion},
		&cli.DurationFlag{Name: "timeout", Value: rego.DefaultTimeout, Usage: "stop judging a source after this `TIME` (default 10s)"},
		&cli.StringFlag{Name: "memory-limit", Value: "1GiB", Usage: "stop judging a source when the program has more than\nthis `SIZE` on its heap (default 1GiB), or off"},
	}
}

// policyOptions are the policy flags once they are known to make sense.
type policyOptions struct {
	given   []policyFlag
	noFound bool
	context string // as given beside --file
	unknown string
	// unknownSet tells that unknown was asked for, and so counts before configs.
	unknownSet bool
	labels     map[string]string
	rego       rego.Options
}

func (a *app) policyOptions(c *cli.Context) (policyOptions, error) {
	o := policyOptions{noFound: c.Bool("no-policy"), unknown: c.String("unknown"), unknownSet: c.IsSet("unknown")}
	var err error
	if o.given, err = parsePolicyFlags(c.StringSlice("policy")); err != nil {
		return o, err
	}
	if !slices.Contains(unknownSeverities, o.unknown) {
		return o, unknown("value for --unknown", o.unknown, unknownSeverities)
	}
	if c.String("file") != "" {
		o.context = "."
		if c.Args().Present() {
			o.context = c.Args().First()
		}
	}
	if o.labels, err = pairs("label", c.StringSlice("label")); err != nil {
		return o, err
	}
	o.rego, err = a.regoOptions(c)
	return o, err
}

func (a *app) regoOptions(c *cli.Context) (rego.Options, error) {
	version, timeout := c.String("buildx"), c.Duration("timeout")
	if !slices.Contains(buildxVersions, version) {
		return rego.Options{}, unknown("Buildx version", version, buildxVersions)
	}
	if timeout <= 0 {
		return rego.Options{}, usageError("--timeout is a time above 0, such as 10s")
	}
	memory, err := memoryLimit(c.String("memory-limit"))
	return rego.Options{OldHost: version == rego.OldBuildxVersion, Timeout: timeout, MemoryLimit: memory, Verifier: a.signatures()}, err
}

// memoryLimit reads a size, below 0 for none.
func memoryLimit(text string) (int64, error) {
	if text == "off" {
		return -1, nil
	}
	size, err := units.RAMInBytes(text)
	if err != nil || size <= 0 {
		return 0, usageError(fmt.Sprintf("--memory-limit %q is no size above 0: write one such as 512MiB, or off", text))
	}
	return size, nil
}

// pairs reads the NAME=VALUE of a repeated flag.
func pairs(flag string, values []string) (map[string]string, error) {
	out := map[string]string{}
	for _, v := range values {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, usageError(fmt.Sprintf("--%s %q: write NAME=VALUE", flag, v))
		}
		out[name] = value
	}
	return out, nil
}

// in are the policies of a run.
func (o policyOptions) in(dir string, configGiven bool) *policies {
	p := &policies{
		dir: dir, given: o.given, noFound: o.noFound, configGiven: configGiven,
		languages: languages(o.rego), loaded: map[string]loadedPolicy{}, keys: map[policy.Policy]string{}, sums: map[policy.Policy]string{},
	}
	if o.context != "" {
		p.context = absolute(dir, o.context)
	}
	return p
}

// applyUnknown makes of open decisions what --unknown says.
func (o policyOptions) applyUnknown(s *lint.Settings) {
	const rule = "policy-unknown"
	switch {
	case !o.unknownSet:
	case o.unknown == "ignore":
		s.Disabled[rule] = true
	default:
		s.Severities[rule], s.Enabled[rule] = lint.Error, !s.Disabled[rule]
		if o.unknown == "warning" {
			s.Severities[rule] = lint.Warning
		}
	}
}
