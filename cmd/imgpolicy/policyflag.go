package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// policyFlag is one --policy: the path of a policy file, or Buildx's
// comma-separated form.
type policyFlag struct {
	// files make one policy together.
	files []policyPath
	// reset drops every policy before this one, found ones included.
	reset bool
	// disabled means no policy at all.
	disabled bool
}

// inContext tells that the flag names a file below the context directory.
func (f policyFlag) inContext() bool {
	return slices.ContainsFunc(f.files, func(p policyPath) bool { return p.inContext })
}

// policyPath is a policy file as a flag names it.
type policyPath struct {
	path string
	// inContext tells that a relative path is below the context directory
	// rather than the working directory.
	inContext bool
}

// resolve is where the file is. A path of Buildx's form must stay in the context
// directory, as there.
func (p policyPath) resolve(dir, context string) (string, error) {
	if !p.inContext {
		return absolute(dir, p.path), nil
	}
	path := absolute(context, p.path)
	relative, err := filepath.Rel(context, path)
	if err != nil || !filepath.IsLocal(relative) {
		return "", failure{"policy " + p.path, "path escapes from the context directory", "write filename=cwd://" + p.path + " for a file elsewhere"}
	}
	return path, nil
}

// policyKeys are the keys of Buildx's form; strict and log-level change nothing
// that is decided here.
var policyKeys = []string{"filename", "reset", "disabled", "strict", "log-level"}

// logLevels are those of Buildx.
var logLevels = []string{"panic", "fatal", "error", "warn", "warning", "info", "debug", "trace"}

// parsePolicyFlags reads every --policy of a command line.
func parsePolicyFlags(values []string) ([]policyFlag, error) {
	var flags []policyFlag
	for _, value := range values {
		f, err := parsePolicyFlag(value)
		if err != nil {
			return nil, err
		}
		if flags = append(flags, f); f.disabled && len(values) > 1 || flags[0].disabled && len(flags) > 1 {
			return nil, errDisabledPolicy
		}
	}
	return flags, nil
}

var errDisabledPolicy = usageError("disabled policy cannot be combined with other policy flags")

// parsePolicyFlag reads a --policy as Buildx reads its own (opts.policy), and a
// plain path besides.
func parsePolicyFlag(value string) (policyFlag, error) {
	key, _, isPair := strings.Cut(value, "=")
	if !isPair || !slices.Contains(policyKeys, strings.ToLower(key)) {
		if value == "" {
			return policyFlag{}, usageError("--policy needs the name of a file")
		}
		return policyFlag{files: []policyPath{{path: value}}}, nil
	}
	var f policyFlag
	for _, field := range strings.Split(value, ",") {
		if err := f.set(field); err != nil {
			return policyFlag{}, err
		}
	}
	if f.disabled && strings.Contains(value, ",") {
		return policyFlag{}, errDisabledPolicy
	}
	return f, nil
}

func (f *policyFlag) set(field string) error {
	key, value, ok := strings.Cut(field, "=")
	key = strings.ToLower(strings.TrimSpace(key))
	if !ok || value == "" {
		return usageError(fmt.Sprintf("--policy: invalid value %s: write key=value", field))
	}
	switch key {
	case "filename":
		path, inWorking := strings.CutPrefix(value, "cwd://")
		f.files = append(f.files, policyPath{path: path, inContext: !inWorking})
	case "reset", "disabled", "strict":
		on, err := strconv.ParseBool(value)
		if err != nil {
			return usageError(fmt.Sprintf("--policy: %s is true or false, not %q", key, value))
		}
		f.reset = f.reset || key == "reset" && on
		f.disabled = f.disabled || key == "disabled" && on
	case "log-level":
		if !slices.Contains(logLevels, strings.ToLower(value)) {
			return unknown("log-level of --policy", value, logLevels)
		}
	default:
		return unknown("key of --policy", key, policyKeys)
	}
	return nil
}
