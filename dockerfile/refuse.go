package dockerfile

import (
	"errors"
	"fmt"
	"net"
	"path"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/util/system"
	"github.com/moby/sys/signal"
)

// What dispatch refuses in instructions that fetch nothing by themselves. A
// word that holds something unknown is never refused.

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// expandAll tells whether words expand at all; what they become makes no input.
func (r *resolver) expandAll(st *state, words ...string) error {
	for _, w := range words {
		if e := r.expander.expand(w, st.vars); e.err != nil && e.unknown.IsZero() {
			return e.err
		}
	}
	return nil
}

// expandHeredocs expands the bodies of a COPY's or an ADD's heredocs, quotes in
// them being text.
func (r *resolver) expandHeredocs(st *state, contents []instructions.SourceContent) error {
	for _, c := range contents {
		if !c.Expand {
			continue
		}
		if e := r.expander.expandBody(c.Data, st.vars); e.err != nil && e.unknown.IsZero() {
			return e.err
		}
	}
	return nil
}

func (r *resolver) stopSignal(st *state, word string) error {
	e := r.expander.expand(word, st.vars)
	if !e.unknown.IsZero() || e.err != nil {
		return e.refusal()
	}
	_, err := signal.ParseSignal(e.text)
	return err
}

func (r *resolver) volumes(st *state, words []string) error {
	if err := r.expandAll(st, words...); err != nil {
		return err
	}
	for _, w := range words {
		if e := r.expander.expand(w, st.vars); e.text == "" && e.unknown.IsZero() {
			return errors.New("VOLUME specified can not be an empty string")
		}
	}
	return nil
}

// workdir follows where the stage is, which relative mount targets depend on.
func (r *resolver) workdir(st *state, word string) error {
	e := r.expander.expand(word, st.vars)
	if !e.unknown.IsZero() || e.err != nil {
		st.workdir = unknownDir
		return e.refusal()
	}
	current, on := st.workdir, r.systemOf(st)
	if current == unknownDir {
		current = ""
	}
	dir, err := system.NormalizeWorkdir(current, e.text, on)
	if err != nil {
		return fmt.Errorf("normalizing workdir: %w", err)
	}
	if st.workdir != unknownDir || system.IsAbs(e.text, on) {
		st.workdir = dir
	}
	return nil
}

// unknownDir is the directory of a stage whose image nobody has looked at.
const unknownDir = "?"

// systemOf is the operating system a stage is built for.
func (r *resolver) systemOf(st *state) string {
	if st.platform != nil {
		return st.platform.OS
	}
	return r.target.OS
}

// mountTarget refuses a bind, cache or tmpfs mount over the root.
func (r *resolver) mountTarget(st *state, target string) error {
	if !path.IsAbs(path.Clean(target)) { // as the frontend does it, which runs on Linux
		if st.workdir == unknownDir {
			return nil
		}
		target = path.Join("/", system.ToSlash(st.workdir, r.systemOf(st)), target)
	}
	if target == "/" {
		return fmt.Errorf("invalid mount target %q", target)
	}
	return nil
}

// copyFits is what dispatchCopy says of a COPY's or an ADD's destination and
// mode. Of symbolic modes, such as u+x, nothing is said.
func (r *resolver) copyFits(st *state, dest, chmod expansion) error {
	if dest.unknown.IsZero() {
		if _, err := system.CheckSystemDriveAndRemoveDriveLetter(dest.text, r.systemOf(st), true); err != nil {
			return fmt.Errorf("removing drive letter: %w", err)
		}
	}
	if !chmod.unknown.IsZero() || chmod.text == "" || strings.Trim(chmod.text, "0123456789") != "" {
		return nil
	}
	if mode, err := strconv.ParseUint(chmod.text, 8, 32); err != nil || mode > 0o7777 {
		return fmt.Errorf("invalid chmod parameter: '%s'. it should be octal string and between 0 and 07777", chmod.text)
	}
	return nil
}

// localFits is what dispatchCopy says of a path in the build context.
func (r *resolver) localFits(st *state, word string) error {
	if _, err := system.NormalizePath("/", word, r.systemOf(st), false); err != nil {
		return fmt.Errorf("removing drive letter: %w", err)
	}
	return nil
}

// expose follows dispatchExpose: a word may expand to several ports.
func (r *resolver) expose(st *state, words []string) error {
	for _, w := range words {
		ports, err := r.expander.expandWords(w, st.vars)
		if err != nil {
			return err
		}
		for _, p := range ports {
			if err := checkPort(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPort reads [[ip:]host:]port[/proto] (dockerfile2llb portSpecs.parsePort).
func checkPort(raw string) error {
	ip, host, container := splitPort(raw)
	port, proto, _ := strings.Cut(container, "/")
	if port == "" {
		return fmt.Errorf("invalid port: %q: no port specified", raw)
	}
	switch strings.ToLower(proto) {
	case "", "tcp", "udp", "sctp":
	default:
		return fmt.Errorf("invalid port: %q: invalid proto: %s", raw, proto)
	}
	if strings.HasPrefix(ip, "[") {
		bare, _, err := net.SplitHostPort(ip + ":")
		if err != nil {
			return fmt.Errorf("invalid IP address %s: %w", ip, err)
		}
		ip = bare
	}
	if ip != "" && net.ParseIP(ip) == nil {
		return errors.New("invalid IP address: " + ip)
	}
	ports, ok := portRange(port)
	if !ok {
		return errors.New("invalid containerPort: " + port)
	}
	if host == "" {
		return nil
	}
	hosts, ok := portRange(host)
	switch {
	case !ok:
		return errors.New("invalid hostPort: " + host)
	case ports != hosts && ports != 0:
		return fmt.Errorf("invalid ranges specified for container and host Ports: %s and %s", port, host)
	}
	return nil
}

// splitPort divides a port at its last two colons.
func splitPort(raw string) (ip, host, container string) {
	parts := strings.Split(raw, ":")
	n := len(parts)
	switch n {
	case 1:
		return "", "", raw
	case 2:
		return "", parts[0], parts[1]
	default:
		return strings.Join(parts[:n-2], ":"), parts[n-2], parts[n-1]
	}
}

// portRange is how many ports FIRST-LAST has beyond the first.
func portRange(text string) (more int, ok bool) {
	first, last, isRange := strings.Cut(text, "-")
	from, ok := portNumber(first)
	if !ok || !isRange || first == last {
		return 0, ok
	}
	to, ok := portNumber(last)
	return to - from, ok && to >= from
}

func portNumber(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0 && n <= 65535
}
