package config

import (
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// key is one key of a config. The reader, the schema and the documentation are
// made from the list of them.
type key struct {
	name string
	doc  string
	form form
	// read takes in the value, of a key for the file as a whole or for a part.
	read func(r *reader, c *Config, p *Part, n *document.Node) error
	// whole tells that the key is about the file as a whole, and stands in no
	// per-file part.
	whole bool
	// lists tells that policy/regex reads the value.
	lists bool
}

// keys are all keys, in the order of the documentation.
func keys() []key { return slices.Concat(fileKeys(), levelKeys()) }

// fileKeys are those about how Dockerfiles are linted.
func fileKeys() []key {
	return []key{
		{name: "$schema", whole: true, form: text, read: readNothing, doc: "The schema that an editor completes by; it says nothing else."},
		{name: "extends", whole: true, form: configPath, read: readExtends, doc: "A config that this one builds on: a path relative to this file, or a pinned reference: https://HOST/FILE.yaml#sha256=<hex>, https://HOST/REPOSITORY.git#<commit>:FILE (or ssh), oci://HOST/NAME@sha256:<hex>#FILE; `imgpolicy policy pull` fetches those. All policies and lists of both must allow; this file's rules, platforms, targets and build args win, but for rules that the other locks."},
		{name: "whitelist", whole: true, lists: true, form: listOf(pattern), doc: "Image policy: regular expressions (Go, not anchored) of the references that are allowed."},
		{name: "blacklist", whole: true, lists: true, form: listOf(pattern), doc: "Image policy: regular expressions of the references that are denied unless the whitelist allows them."},
		{name: "defaultAllow", whole: true, lists: true, form: boolean, doc: "Image policy: whether an image is allowed that neither list matches. False where it is left out."},
		{name: "registries", form: listOf(text), read: readRegistries, doc: "Where images may come from: HOST or HOST/PATH on the full name, whole parts of the path, * within one part. Rule untrusted-registry."},
		{name: "hosts", form: listOf(text), read: readHosts, doc: "Hosts that downloads and git remotes may come from: HOST or HOST:PORT, * for any text. Rule untrusted-host."},
		{name: "policies", form: listOf(text), read: readPolicies, doc: "Policy files that must allow every input, relative to this file: image policies (.json, .yaml) and build policies (.rego)."},
		{name: "rules", form: ruleMap, read: readRules, doc: "Severity of rules by ID: error, warning, info, or off."},
		{name: "build-args", form: textMap, read: readBuildArgs, doc: "Build args as given by --build-arg; the flag wins."},
		{name: "platforms", form: listOf(text), read: readPlatforms, doc: "Platforms to judge the build for, such as linux/arm64; --platform wins."},
		{name: "targets", form: listOf(text), read: readTargets, doc: "Stages to build; --target wins. Without it the last one."},
		{name: "exclude", whole: true, form: listOf(text), read: readExclude, doc: "Globs of the paths that a search passes over, relative to this file, or where that is elsewhere to the one that extends it or to the repository: without a slash the name of a file or directory anywhere below, else a path; ** is any number of directories. With --force-exclude paths that are named are passed over, too."},
		{name: "ignores", form: ignoresForm, read: readIgnores, doc: "What ignore directives in Dockerfiles may do."},
		{name: "locked", whole: true, form: listOf(ruleID), read: readLocked, doc: "Rules that no ignore directive hides, no --disable switches off, and no other config of the chain loosens."},
		{name: "allow-private", whole: true, form: listOf(text), read: readAllowPrivate, doc: "Hosts, HOST or HOST:PORT, that may be asked at private addresses with --resolve. It counts only in the file given by --config: a repository does not open the network around it."},
		{name: "per-file", whole: true, form: perFileForm, read: readPerFile, doc: "Overrides for some Dockerfiles, later ones win: a list of objects with files (globs as in exclude) and any of registries, hosts, policies, rules, build-args, platforms, targets, ignores."},
	}
}

// OtherKeys are the names of the keys that are not about images by reference, and
// so are passed over where a config is read as an image policy.
func OtherKeys() []string {
	var names []string
	for _, k := range keys() {
		if !k.lists {
			names = append(names, k.name)
		}
	}
	return names
}

// find is the key that a name stands for. As in the image policies of others,
// case makes no difference to the keys of those.
func find(all []key, name string) *key {
	i := slices.IndexFunc(all, func(k key) bool { return k.name == name || k.lists && strings.EqualFold(k.name, name) })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// reader reads one file.
type reader struct {
	known *Known
	key   string // the one that is being read
}

func (r *reader) file(c *Config, root *document.Node) error {
	if root.Kind != document.Object {
		return root.Fail("a config is a mapping of keys such as `registries`, not %s", root.Kind)
	}
	all := keys()
	seen := map[string]*document.Node{}
	for _, m := range root.Members {
		k := find(all, m.Key.Text)
		if k == nil {
			return m.Key.Fail("unknown key%s", didYouMean(m.Key.Text, all))
		}
		if first := seen[k.name]; first != nil {
			return m.Key.Fail("duplicate key (case makes no difference, and line %d has %s)", first.Line, first.Raw)
		}
		seen[k.name] = m.Key
		if k.lists {
			c.Lists = true
			c.lists = append(c.lists, listed(k.name, m.Value)...)
			continue
		}
		r.key = k.name
		if err := k.read(r, c, &c.Part, m.Value); err != nil {
			return err
		}
	}
	return nil
}

// listed are the values of a key that policy/regex reads, and judges.
func listed(key string, n *document.Node) []Value {
	if n.Kind != document.List {
		return []Value{{Key: key, Value: n.Text, Place: placeOf(n)}}
	}
	if len(n.Items) == 0 {
		return []Value{{Key: key, Empty: true, Place: placeOf(n)}}
	}
	var out []Value
	for _, item := range n.Items {
		out = append(out, Value{Key: key, Value: item.Text, Place: placeOf(item)})
	}
	return out
}

func didYouMean(got string, all []key) string {
	var names []string
	for _, k := range all {
		names = append(names, k.name)
	}
	if near := lint.Closest(got, names); near != "" {
		return " (did you mean " + near + "?)"
	}
	return " (valid: " + strings.Join(names, ", ") + ")"
}
