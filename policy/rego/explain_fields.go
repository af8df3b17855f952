package rego

import (
	"slices"
	"strings"
)

// kindNames are the kinds of source as input has them, in words.
var kindNames = map[string]string{
	"image": "an image", "git": "a Git repository", "http": "an HTTP file", "local": "a local directory",
}

// absent says why a field of the input has no value. Buildx leaves out what is
// false or empty, so that each has its own reason.
var absent = map[string]string{
	"image.tag":           "the reference has no tag",
	"image.isCanonical":   "the reference has no digest",
	"image.checksum":      "the reference has no digest",
	"image.variant":       "the platform has no variant",
	"image.labels":        "the image has no labels",
	"image.user":          "the image sets no user",
	"image.volumes":       "the image has no volumes",
	"image.workingDir":    "the image sets no working directory",
	"image.env":           "the image sets no environment",
	"image.createdTime":   "Buildx never asks for it by itself",
	"image.hasProvenance": "the image has no attestations",
	"image.provenance":    "the image has no provenance",
	"image.signatures":    "the image has no valid signature",
	"http.path":           "the address has no path",
	"http.query":          "the address has no query",
	"http.hasAuth":        "no authorization header is set",
	"http.checksum":       "the file has not been downloaded",
	"git.subDir":          "the whole repository is used",
	"git.ref":             "the ref is not known",
	"git.tagName":         "the ref is no tag",
	"git.branch":          "the ref is no branch",
	"git.isCommitRef":     "the ref is no full commit",
	"git.isAnnotatedTag":  "the ref is no annotated tag",
	"git.isSHA256":        "the commit is no SHA-256",
	"git.checksum":        "the commit is not known",
	"git.commitChecksum":  "the commit is not known",
	"git.commit":          "the commit is not known",
	"git.tag":             "the ref is no annotated tag",
	"git.host":            "the address has no host",
	"env.args":            "the build has no build args",
	"env.labels":          "the build sets no labels",
	"env.filename":        "the build names no Dockerfile",
	"env.target":          "the build names no target",
	"env.capsRequest":     "it is set only where Buildx asks what the policy can do",
}

// always are the other fields there are.
var always = []string{
	"image.ref", "image.host", "image.repo", "image.fullRepo", "image.platform", "image.os", "image.arch",
	"http.url", "http.schema", "http.host", "git.schema", "git.remote", "git.fullURL", "local.name", "env.depth",
}

// keyed are the fields whose keys are free, and what a key is.
var keyed = map[string]string{
	"image.labels": "the image has no label", "env.args": "the build has no build arg",
	"env.labels": "the build has no label", "http.query": "the address has no query parameter",
}

// whyUndefined says why a path below input has no value, or nothing.
func (x *explainer) whyUndefined(path []string) string {
	if len(path) == 0 {
		return ""
	}
	kind := path[0]
	if _, ok := kindNames[kind]; ok && kind != x.doc.kind {
		return "the source is " + kindNames[x.doc.kind]
	} else if !ok && kind != "env" {
		return "there is no such field"
	}
	if len(path) == 1 {
		return ""
	}
	field := strings.Join(path[:2], ".")
	if slices.Contains(x.doc.unknown, "input."+field) {
		if kind == "http" || field == "image.checksum" {
			return absent[field]
		}
		return "it is not known without the metadata of the source"
	}
	fields, _ := x.fields[kind].(map[string]any)
	_, has := fields[path[1]]
	switch {
	case has && len(path) > 2 && keyed[field] != "":
		return keyed[field] + " " + quote(display(path[2]))
	case has:
		return "it has no such part"
	case absent[field] != "":
		return absent[field]
	case slices.Contains(always, field):
		return "it is empty"
	}
	return "there is no such field"
}
