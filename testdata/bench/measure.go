package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// size is a number of files to measure with.
type size struct {
	name  string
	dir   string
	files int  // that are generated; 0 for those that are there
	runs  int  // of which the fastest counts
	found bool // not all that they fetch is allowed
}

// build builds the programs that are compared, as their releases are built: without
// what debuggers read, and linked statically.
func (p *place) build() error {
	for _, b := range []struct{ in, out, what string }{
		{".", p.conftest, "github.com/open-policy-agent/conftest"},
		{".", p.floor, "./floor"},
		{filepath.Join("..", ".."), p.imgpolicy, "./cmd/imgpolicy"},
	} {
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.out, b.what)
		cmd.Dir, cmd.Env = b.in, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", b.what, err, out)
		}
	}
	return nil
}

// cost is what a run of a process takes.
type cost struct {
	wall, cpu time.Duration
	memory    int64 // the most at a time, in KiB
}

// contender is a program and how it is called with a directory.
type contender struct {
	name string
	args func(dir string) []string
	// codes are the exit codes of a run that did its work.
	codes []int
	// fails is what stderr says where it did not do its work whatever the code.
	fails string
	// warm has one run go before those that count.
	warm bool
}

func (p *place) contenders() []contender {
	image, build := filepath.Join(p.dir, "policy.json"), filepath.Join(p.dir, "policy.rego")
	lint := func(dir, policy string, more ...string) []string {
		return append([]string{p.imgpolicy, "lint", "--no-config", "--no-policy", "--policy", policy, "--quiet", dir}, more...)
	}
	return []contender{
		{name: "parse only", args: func(dir string) []string { return []string{p.floor, dir} }, codes: []int{0}},
		{name: "imgpolicy", args: func(dir string) []string { return lint(dir, image) }, codes: []int{0, 1, 2}},
		{name: "imgpolicy, Rego", args: func(dir string) []string { return lint(dir, build) }, codes: []int{0, 1, 2}},
		{name: "imgpolicy, again", args: func(dir string) []string {
			return lint(dir, image, "--cache", "--cache-dir", filepath.Join(p.dir, "cache"))
		}, codes: []int{0, 1, 2}, warm: true},
		{name: "conftest", args: func(dir string) []string {
			return append([]string{p.conftest, "test", "--no-color", "--parser", "dockerfile", "--policy", filepath.Join(p.dir, "rules")}, regular(dir)...)
		}, codes: []int{0, 1}, fails: "Error: "},
	}
}

// regular are the files below a directory.
func regular(dir string) (out []string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != "SOURCES.tsv" {
			out = append(out, path)
		}
		return nil
	})
	return out
}

// run runs a contender, and the best of several runs counts: what else the machine
// does makes runs slower and never faster.
func (c *contender) run(s size) (best cost, err error) {
	before := 0
	if c.warm {
		before = 1
	}
	for i := range before + s.runs {
		args := c.args(s.dir)
		cmd := exec.Command(args[0], args[1:]...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		start := time.Now()
		err := cmd.Run()
		wall := time.Since(start)
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			return cost{}, fmt.Errorf("%s: %w", c.name, err)
		}
		if !contains(c.codes, cmd.ProcessState.ExitCode()) {
			return cost{}, fmt.Errorf("%s on %s: exit code %d\n%.500s", c.name, s.name, cmd.ProcessState.ExitCode(), errs.String())
		}
		if c.fails != "" && strings.Contains(errs.String(), c.fails) {
			return cost{}, errNotDone
		}
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			return cost{}, errors.New("this system does not tell what a process takes")
		}
		if i < before {
			continue
		}
		took := cost{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss}
		if i == before || took.wall < best.wall {
			best = took
		}
	}
	return best, nil
}

// errNotDone is a contender that cannot do what is measured: conftest ends at the
// first file that it cannot read, which a corpus has.
var errNotDone = errors.New("not done")

func contains(codes []int, code int) bool {
	for _, c := range codes {
		if c == code {
			return true
		}
	}
	return false
}

// tooMany is the size from which conftest is left out: it takes its files as
// arguments, of which a system has no such number.
const tooMany = 5_000

// measure runs all and prints a table as it goes.
func (p *place) measure(sizes []size) error {
	fmt.Printf("%-16s %-16s %9s %9s %10s %10s %10s\n", "size", "program", "×floor", "×conftest", "wall", "CPU", "memory")
	for _, s := range sizes {
		costs := map[string]cost{}
		var order []string
		for _, c := range p.contenders() {
			if c.name == "conftest" && s.files > tooMany {
				continue
			}
			took, err := c.run(s)
			if errors.Is(err, errNotDone) && s.files == 0 {
				continue
			}
			if err != nil {
				return err
			}
			costs[c.name] = took
			order = append(order, c.name)
		}
		for _, name := range order {
			took := costs[name]
			fmt.Printf("%-16s %-16s %9s %9s %10s %10s %7d MB\n", s.name, name, ratio(took, costs["parse only"]), ratio(took, costs["conftest"]),
				took.wall.Round(100*time.Microsecond), took.cpu.Round(100*time.Microsecond), took.memory>>10)
		}
	}
	return inProcess(sizes)
}

func ratio(a, b cost) string {
	if b.wall == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(a.wall)/float64(b.wall))
}

// inProcess are the benchmarks of the linter on one core, without the start of a
// process and with allocations, and those beside Buildx.
func inProcess(sizes []size) error {
	for _, s := range sizes[1:] {
		if s.files > tooMany {
			continue
		}
		fmt.Printf("\nin process, one core, %s:\n", s.name)
		if err := goBench(filepath.Join("..", ".."), "./lint", "^Benchmark(ParseOnly|Lint|LintRego)$", s.dir); err != nil {
			return err
		}
	}
	fmt.Printf("\nin process, one source, Buildx's engine and ours:\n")
	return goBench(filepath.Join("..", "oracle"), "./policy", ".", "")
}

func goBench(dir, what, which, corpus string) error {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", which, "-benchmem", "-benchtime", "2s", what)
	cmd.Dir = dir
	cmd.Env = os.Environ()
	if corpus != "" {
		cmd.Env = append(cmd.Env, "IMGPOLICY_CORPUS="+corpus)
	}
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go test -bench in %s: %w", dir, err)
	}
	for line := range bytes.Lines(out) {
		if bytes.HasPrefix(line, []byte("Benchmark")) {
			fmt.Printf("%s", line)
		}
	}
	return nil
}
