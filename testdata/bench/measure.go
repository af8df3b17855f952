package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// size is a number of files to measure with.
type size struct {
	name  string
	dir   string
	files int // that are generated; 0 for those that are there
	runs  int // of which the fastest counts
}

// build builds the programs that are compared.
func (p *place) build() error {
	for _, b := range []struct{ in, out, what string }{
		{".", p.conftest, "github.com/open-policy-agent/conftest"},
		{".", p.floor, "./floor"},
		{filepath.Join("..", ".."), p.imgpolicy, "./cmd/imgpolicy"},
	} {
		cmd := exec.Command("go", "build", "-trimpath", "-o", b.out, b.what)
		cmd.Dir = b.in
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
}

func (p *place) contenders() []contender {
	image, build := filepath.Join(p.dir, "policy.json"), filepath.Join(p.dir, "policy.rego")
	return []contender{
		{"parse only", func(dir string) []string { return []string{p.floor, dir} }, []int{0}},
		{"imgpolicy", func(dir string) []string {
			return []string{p.imgpolicy, "lint", "--no-config", "--no-policy", "--policy", image, "--quiet", dir}
		}, []int{0, 1, 2}},
		{"imgpolicy, Rego", func(dir string) []string {
			return []string{p.imgpolicy, "lint", "--no-config", "--no-policy", "--policy", build, "--quiet", dir}
		}, []int{0, 1, 2}},
		{"conftest", func(dir string) []string {
			return append([]string{p.conftest, "test", "--no-color", "--parser", "dockerfile", "--policy", filepath.Join(p.dir, "conftest")}, regular(dir)...)
		}, []int{0, 1}},
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
	for i := range s.runs {
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
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			return cost{}, errors.New("this system does not tell what a process takes")
		}
		took := cost{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss}
		if i == 0 || took.wall < best.wall {
			best = took
		}
	}
	return best, nil
}

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
	fmt.Printf("%-14s %-16s %9s %9s %10s %10s %10s\n", "size", "program", "×floor", "×conftest", "wall", "CPU", "memory")
	for _, s := range sizes {
		costs := map[string]cost{}
		var order []string
		for _, c := range p.contenders() {
			if c.name == "conftest" && s.files > tooMany {
				continue
			}
			took, err := c.run(s)
			if err != nil {
				return err
			}
			costs[c.name] = took
			order = append(order, c.name)
		}
		for _, name := range order {
			took := costs[name]
			fmt.Printf("%-14s %-16s %9s %9s %10s %10s %7d MB\n", s.name, name, ratio(took, costs["parse only"]), ratio(took, costs["conftest"]),
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
