package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// explicit is what a search knows about the files that arguments name. A hook
// names what a change touches, and that may be a policy.
type explicit struct {
	configs *configs
	// literal takes every file for a Dockerfile: one that --file names is.
	literal bool
	// everywhere are the policies, by absolute path, that are in force for
	// every Dockerfile since a flag names them.
	everywhere map[string]bool
	// policies are the policies among the arguments, by absolute path: they are
	// to load even where they govern nothing.
	policies []string
	// skipped says, argument by argument, why it is not linted.
	skipped []string
	trees   map[string][]string // the Dockerfiles below a directory, by its path
}

var (
	dataName     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\.(json|ya?ml)$`) })
	templateName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\.(j2|tmpl|template)$`) })
	backupName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\.bak$`) })
	ignoreName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)(^|\.)dockerignore$`) })
	testName     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)_test\.rego$`) })
	// dockerfileText is how a Dockerfile begins, whatever it is called: below
	// comments by FROM or ARG, or with its frontend among them.
	dockerfileText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^\x{FEFF}?(\s*#.*\n|\s*\n)*\s*((from|arg)\s|#\s*syntax\s*=)`)
	})
)

// addNamed adds what a file stands for that an argument names: a Dockerfile for
// itself, a policy or a config for the Dockerfiles it governs. What is about
// Dockerfiles and can never be built is skipped, with a word about it.
//
// A doubt is settled so that more is linted rather than less: a policy in an
// excluded directory may govern what is not excluded.
func (s *search) addNamed(path string) {
	base := filepath.Base(path)
	switch {
	case s.explicit.literal:
		s.addFile(path)
	case testName().MatchString(base):
		s.skip(path, "has tests of a policy, which "+programName+" test runs")
	case ignoreName().MatchString(base):
		s.skip(path, "is no Dockerfile")
	case templateName().MatchString(base):
		s.skip(path, "is a template: lint what is made of it")
	case backupName().MatchString(base):
		s.skip(path, "is a backup")
	case isConfigName(base), strings.EqualFold(filepath.Ext(base), regoEnding):
		if !s.forceExclude || !s.excludes(path) {
			s.explicit.policies = append(s.explicit.policies, path)
		}
		if !s.addGoverned(path) {
			s.skip(path, "governs no Dockerfile")
		}
	case dataName().MatchString(base) && !isDockerfileText(path):
		if !s.addGoverned(path) {
			s.failed = append(s.failed, governsNothing(shownName(s.dir, path)))
		}
	case s.forceExclude && s.excludes(path):
		s.skip(path, "is excluded")
	default:
		s.addFile(path)
	}
}

// skip notes that an argument is not linted, and why.
func (s *search) skip(path, why string) {
	s.explicit.skipped = append(s.explicit.skipped, shownName(s.dir, path)+" "+why)
}

func isConfigName(base string) bool { return slices.Contains(configNames(), base) }

// isDockerfileText tells whether a file reads as a Dockerfile from its start,
// such as the specification of another frontend.
func isDockerfileText(path string) bool {
	text, err := readFile(path)
	return err != nil || dockerfileText().Match(text) // what cannot be read fails later
}

// addGoverned adds the Dockerfiles that a policy, a config or a file that one of
// them may read governs, and tells whether there are any.
func (s *search) addGoverned(path string) bool {
	found, excluded := false, true
	add := func(dockerfile string) {
		found = true
		if !s.excludes(dockerfile) {
			excluded = false
			s.addFile(dockerfile)
		}
	}
	own := s.ownDockerfiles(path)
	for _, dockerfile := range own {
		add(dockerfile)
	}
	// The name says which Dockerfiles those are, unless something else may read
	// the file: an import, or what a flag or a config lists.
	narrow := len(own) > 0 && isDockerfileName(filepath.Base(own[0])) || isConfigName(filepath.Base(path))
	for _, dockerfile := range s.tree(filepath.Dir(path)) {
		if !narrow || s.explicit.everywhere[path] || s.explicit.reads(dockerfile, path) {
			add(dockerfile)
		}
	}
	if found && excluded {
		s.skip(path, "governs excluded Dockerfiles only")
	}
	return found
}

// ownDockerfiles are those beside a build policy that it has its name from, the
// lower-case spelling that BuildKit falls back to included.
func (s *search) ownDockerfiles(path string) []string {
	base := filepath.Base(path)
	if !strings.EqualFold(filepath.Ext(base), regoEnding) {
		return nil
	}
	base = base[:len(base)-len(regoEnding)]
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		s.failed = append(s.failed, unreadable(shownName(s.dir, filepath.Dir(path)), err))
	}
	var own []string
	for _, e := range entries {
		beside := filepath.Join(filepath.Dir(path), e.Name())
		if strings.EqualFold(e.Name(), base) && s.regular(beside, e) && (isDockerfileName(base) || isDockerfileText(beside)) {
			own = append(own, beside)
		}
	}
	return own
}
