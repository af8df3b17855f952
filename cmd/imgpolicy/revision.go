package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// revisions are the commits that the files of a run are compared with, one for
// each repository that they lie in.
type revisions struct {
	app  *app
	dir  string // the working directory, without links
	name string // as given: origin/main
	// repositories are those met so far, by their root.
	repositories map[string]*revision
}

// revision is a repository at the commit that its files are compared with.
type revision struct {
	git  git
	root string
	// commit is "" where everything in the repository is new.
	commit string
	// wanted are the paths that are asked about, from the root, with slashes.
	wanted map[string]bool
	// entries are what there was of them, and of all policies.
	entries map[string]treeEntry
	// renamed are what other files were under another name, nil until asked for.
	renamed map[string]treeEntry
}

func (a *app) revisions(dir, name string) *revisions {
	return &revisions{app: a, dir: withoutLinks(dir), name: name, repositories: map[string]*revision{}}
}

// withoutLinks is a path with the links in it followed, as far as it exists.
func withoutLinks(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// at is the revision of a repository. Only where somebody works in it, or in
// none above it, is the name of the revision about this repository: of a
// submodule it is the commit that the repository above has recorded.
func (r *revisions) at(ctx context.Context, root string) (*revision, error) {
	if have, ok := r.repositories[root]; ok {
		return have, nil
	}
	out := &revision{git: r.app.git(root), root: root, wanted: map[string]bool{}}
	var err error
	above, nested := repositoryRoot(filepath.Dir(root))
	if _, within := inside(root, r.dir); nested && !within {
		err = r.submodule(ctx, out, above)
	} else {
		err = out.resolve(ctx, r.name)
	}
	if err != nil {
		return nil, err
	}
	r.repositories[root] = out
	return out, nil
}

// submodule finds the commit of a repository below another one.
func (r *revisions) submodule(ctx context.Context, of *revision, above string) error {
	parent, err := r.at(ctx, above)
	if err != nil || parent.commit == "" {
		return err
	}
	path, _ := inside(above, of.root)
	entries, err := parent.git.tree(ctx, parent.commit, func(p string) bool { return p == path })
	if err != nil {
		return err
	}
	if e := entries[path]; e.mode == submoduleMode {
		// A commit that is not there any more has nothing to compare with.
		of.commit, err = of.git.commit(ctx, e.id)
		if errors.As(err, new(gitError)) {
			of.commit, err = "", nil
		}
	}
	return err
}

// resolve finds the commit where the work since a revision began: what others
// have done on the branch meanwhile is no change of ours.
func (v *revision) resolve(ctx context.Context, name string) error {
	about, err := v.git.output(ctx, "rev-parse", "--show-prefix", "--is-shallow-repository")
	if err != nil {
		return fmt.Errorf("--diff-base %s: %w", name, err)
	}
	prefix, shallow, _ := strings.Cut(about, "\n")
	if prefix != "" {
		return failure{"--diff-base " + name, "git takes " + v.root + " for a part of another repository", "look at its .git"}
	}
	commit, err := v.git.commit(ctx, name)
	if errors.As(err, new(gitError)) {
		return v.missing(ctx, name, shallow == "true")
	}
	if err != nil {
		return err
	}
	v.commit, err = v.git.output(ctx, "merge-base", commit, "HEAD")
	if errors.As(err, new(gitError)) {
		return unrelated(name, shallow == "true")
	}
	return err
}

const deepen = "check it out whole (fetch-depth: 0 for actions/checkout) or run git fetch --unshallow"

func unrelated(name string, shallow bool) error {
	if shallow {
		return failure{"--diff-base " + name, "this clone is shallow and does not reach back to where the work since began", deepen}
	}
	return failure{"--diff-base " + name, "it has no commit in common with HEAD", "name a revision that the work is based on"}
}

// missing says why there is no such revision, and how to get it.
func (v *revision) missing(ctx context.Context, name string, shallow bool) error {
	what := "there is no such revision"
	if shallow {
		return failure{"--diff-base " + name, what + ": this clone is shallow", deepen}
	}
	hint := "git branch --all and git tag list what there is"
	remotes, err := v.git.output(ctx, "remote")
	if err != nil {
		return err
	}
	remote, branch, _ := strings.Cut(name, "/")
	if branch != "" && slices.Contains(strings.Split(remotes, "\n"), remote) {
		return failure{"--diff-base " + name, what, "get it with git fetch " + shellWord(remote) + " " + shellWord(branch)}
	}
	names, err := v.git.output(ctx, "for-each-ref", "--count=1000", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags")
	if err != nil {
		return err
	}
	if names == "" {
		hint = "commit something first: everything is new"
	} else if near := nearRevision(name, strings.Split(names, "\n")); near != "" {
		hint = "did you mean " + near + "?"
	}
	return failure{"--diff-base " + name, what, hint}
}

// nearRevision is the branch or tag that a name most likely stands for.
func nearRevision(name string, names []string) string {
	const most = 100 // a commit message is nothing to guess at
	for _, n := range names {
		if _, branch, _ := strings.Cut(n, "/"); branch == name {
			return n
		}
	}
	if len(name) > most {
		return ""
	}
	return closest(name, names)
}

// inside is a path as seen from a directory, with slashes, if it is in it.
func inside(dir, path string) (string, bool) {
	relative, err := filepath.Rel(dir, path)
	if err != nil || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(relative), true
}
