package main

import (
	"runtime"
	"slices"
	"strings"
)

// colorModes are the values of --color.
var colorModes = []string{"auto", "always", "never"}

// color tells whether to colour the text. The variables count in the order of
// no-color.org and force-color.org, where an empty one is not set.
func (a *app) color(when string) (bool, error) {
	if !slices.Contains(colorModes, when) {
		return false, unknown("value for --color", when, colorModes)
	}
	forced := func(variable string) bool {
		value := a.getenv(variable)
		return value != "" && value != "0"
	}
	switch {
	case when != "auto":
		return when == "always", nil
	case a.getenv("NO_COLOR") != "":
		return false, nil
	case forced("FORCE_COLOR"), forced("CLICOLOR_FORCE"):
		return true, nil
	case a.getenv("CLICOLOR") == "0":
		return false, nil
	default:
		return a.terminal && !a.dumb(), nil
	}
}

// links tells whether text may have hyperlinks (OSC 8). --color=always is about
// files as well, and only a terminal hides what is in the sequence: a log must
// not have it. NO_COLOR is about colours alone.
func (a *app) links(when string) bool {
	return a.terminal && !a.dumb() && !a.inCI() && when != "never"
}

// ascii tells whether the terminal on stdout shows ASCII only. It is believed
// to show what the locale says. Pipes and files get UTF-8 in any locale: what
// reads them later has one of its own.
func (a *app) ascii() bool {
	return a.terminal && runtime.GOOS != "windows" && !a.utf8Locale()
}

// utf8Locale tells whether the characters of the locale are those of Unicode.
// The variables count in the order of POSIX, where an empty one is not set.
func (a *app) utf8Locale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(a.getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

// dumb tells whether a terminal knows no escape sequences.
func (a *app) dumb() bool { return a.getenv("TERM") == "dumb" }

// inCI tells whether nobody watches the terminal, if there is one: a log is
// made of it.
func (a *app) inCI() bool {
	ci := a.getenv("CI")
	return ci != "" && ci != "0" && ci != "false" || a.onGitHub()
}
