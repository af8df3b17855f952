package catalog

import (
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// form is what the strings of a catalog look like: a check, and its pattern for
// the schema.
type form struct {
	pattern string
	// wrong says what is wrong with a string, "" for nothing.
	wrong func(string) string
}

// anyText is one line of text that says something.
var anyText = form{`\S`, func(v string) string {
	switch {
	case strings.TrimSpace(v) == "":
		return "must not be empty"
	case strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "must be one line without control characters"
	}
	return ""
}}

const digestPattern = `^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$`

var digestForm = form{digestPattern, func(v string) string {
	algorithm, hex, _ := strings.Cut(v, ":")
	if lengths[algorithm] == len(hex) && hex != "" && isHex(hex) {
		return ""
	}
	return "no digest: write sha256:<64 hex digits in lower case>"
}}

// lengths are the hex digits of the digests that images have, by algorithm.
var lengths = map[string]int{"sha256": 64, "sha384": 96, "sha512": 128}

var hashForm = form{`^[0-9a-f]{64}$`, func(v string) string {
	if len(v) == lengths["sha256"] && isHex(v) {
		return ""
	}
	return "no SHA-256: write 64 hex digits in lower case"
}}

func isHex(v string) bool {
	for i := range len(v) {
		if c := v[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// imageForm is the full name of an image, without tag and digest.
var imageForm = form{`^[^/]+/.*[^/]$`, func(v string) string {
	image, err := source.ParseReference(v)
	switch {
	case err != nil:
		return "no image name: " + err.Error()
	case image.Name() != v:
		return "not the full name of an image: write " + image.Name()
	}
	return ""
}}

// tagForm is a tag: https://github.com/opencontainers/distribution-spec, "Pulling
// manifests".
var tagForm = form{`^[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}$`, func(v string) string {
	if v == "" || len(v) > 128 || v[0] == '.' || v[0] == '-' {
		return "no tag"
	}
	for i := range len(v) {
		if c := v[i]; c != '.' && c != '-' && c != '_' && !alphanumeric(c) {
			return "no tag"
		}
	}
	return ""
}}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// privateForm is a full name with a tag. The check is a quick one: there are as
// many of them as there are versions.
var privateForm = form{`^[^/@]+/[^@]+:[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}$`, func(v string) string {
	name, tag := cutTag(v)
	if tag == "" || tagForm.wrong(tag) != "" || !fullName(name) {
		return "no full reference with a tag: write HOST/NAME:TAG"
	}
	return ""
}}

// cutTag parts the name of a reference without digest from its tag.
func cutTag(ref string) (name, tag string) {
	at := strings.LastIndexByte(ref, ':')
	if at < 0 || strings.IndexByte(ref[at:], '/') >= 0 {
		return ref, ""
	}
	return ref[:at], ref[at+1:]
}

// fullName tells whether a text can be the name of an image with its host.
func fullName(name string) bool {
	host, path, ok := strings.Cut(name, "/")
	if !ok || host == "" || path == "" || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return false
	}
	for i := range len(host) {
		if c := host[i]; !alphanumeric(c) && strings.IndexByte(".-:[]", c) < 0 {
			return false
		}
	}
	last := byte('/')
	for i := range len(path) {
		c := path[i]
		if c != '/' && c != '.' && c != '_' && c != '-' && !(alphanumeric(c) && (c < 'A' || c > 'Z')) || c == '/' && last == '/' {
			return false
		}
		last = c
	}
	return last != '/'
}

// prefixForm is the start of full names: whole parts of them.
var prefixForm = form{`^[^/:@][^@]*$`, func(v string) string {
	trimmed := strings.TrimSuffix(v, "/")
	if host, _, ok := strings.Cut(trimmed, "/"); ok && fullName(trimmed) || !ok && fullName(host+"/x") {
		return ""
	}
	return "not the start of full image names: write HOST or HOST/PATH"
}}

var scopeForm = form{`^(organization|(program:[^/]+|project:[^/]+/[^/]+|application:[^/]+/[^/]+/[^/]+))$`, func(v string) string {
	kind, path, named := strings.Cut(v, ":")
	parts := strings.Split(path, "/")
	for _, part := range parts {
		if named && strings.TrimSpace(part) == "" {
			return wrongScope
		}
	}
	if kind == "organization" && !named || named && scopeParts[kind] == len(parts) {
		return ""
	}
	return wrongScope
}}

const wrongScope = "no scope: write organization, program:PROGRAM, project:PROGRAM/PROJECT or application:PROGRAM/PROJECT/APPLICATION"

// scopeParts are how many names the scopes of a kind have.
var scopeParts = map[string]int{"program": 1, "project": 2, "application": 3}

var platformForm = form{`^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$`, func(v string) string {
	parts := strings.Split(v, "/")
	for _, part := range parts {
		if part == "" || strings.ContainsAny(part, " \t") {
			return "no platform: write OS/ARCHITECTURE[/VARIANT]"
		}
	}
	if len(parts) < 2 || len(parts) > 3 {
		return "no platform: write OS/ARCHITECTURE[/VARIANT]"
	}
	return ""
}}

var dateForm = form{`^\d{4}-\d{2}-\d{2}$`, func(v string) string {
	if _, err := ParseDate(v); err != nil {
		return "no date: write YYYY-MM-DD"
	}
	return ""
}}

const timePattern = `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$`

var timeForm = form{timePattern, func(v string) string {
	if _, err := time.Parse(time.RFC3339, v); err != nil {
		return "no time: write it as 2026-11-20T09:00:00Z"
	}
	return ""
}}

// oneOf is a word of a list.
func oneOf(words ...string) form {
	return form{"^(" + strings.Join(words, "|") + ")$", func(v string) string {
		for _, w := range words {
			if v == w {
				return ""
			}
		}
		return "not one of " + strings.Join(words, ", ")
	}}
}

var (
	statusForm  = oneOf(string(Approved), string(Deprecated), string(Revoked))
	bindingForm = oneOf("index", "manifest", "config", "asserted")
	vexForm     = oneOf("not_affected", "affected", "fixed", "under_investigation")
)

// WrongScope says what is wrong with a scope, "" for nothing.
func WrongScope(scope string) string { return scopeForm.wrong(scope) }
