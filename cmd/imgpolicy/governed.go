package main

import (
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/imgpolicy/imgpolicy/lint/config"
)

// reads tells whether the config of a Dockerfile is the given file, extends it
// or names it as a policy. One that does not load may.
func (e *explicit) reads(dockerfile, file string) bool {
	chain, err := e.configs.of(filepath.Dir(dockerfile))
	if err != nil {
		return true
	}
	conf := chain.For(dockerfile)
	return slices.Contains(conf.Files, file) ||
		slices.ContainsFunc(conf.Policies, func(p config.Text) bool { return p.Value == file })
}

// tree are the Dockerfiles that a policy in a directory can be in force for:
// those of its repository, or below the highest directory where a config for it
// is looked for.
func (s *search) tree(dir string) []string {
	top := s.explicit.configs.topOf(dir)
	if all, ok := s.explicit.trees[top]; ok {
		return all
	}
	var all []string
	walkTree(top, nil, func(path string, entry fs.DirEntry, err error) {
		switch {
		case err != nil:
			s.failed = append(s.failed, unreadable(shownName(s.dir, path), err))
		case isDockerfileName(entry.Name()) && s.regular(path, entry):
			all = append(all, path)
		}
	})
	if s.explicit.trees == nil {
		s.explicit.trees = map[string][]string{}
	}
	s.explicit.trees[top] = all
	return all
}
