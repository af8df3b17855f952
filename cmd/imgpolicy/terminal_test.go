package main

import (
	"strings"
	"testing"
)

func lookup(list string) func(string) (string, bool) {
	env := map[string]string{}
	for _, variable := range strings.Fields(list) {
		name, value, _ := strings.Cut(variable, "=")
		env[name] = value
	}
	return func(name string) (string, bool) { value, ok := env[name]; return value, ok }
}

func TestLinks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, when, env string
		terminal, want  bool
	}{
		{"a terminal", "auto", "TERM=xterm", true, true},
		{"a pipe", "always", "FORCE_COLOR=1", false, false},
		{"a dumb terminal", "auto", "TERM=dumb", true, false},
		{"no colours", "auto", "NO_COLOR=1", true, true},
		{"nothing but text", "never", "", true, false},
		{"a CI server", "always", "CI=true", true, false},
		{"no CI server", "auto", "CI=false", true, true},
		{"GitHub", "auto", "GITHUB_ACTIONS=true", true, false},
	}
	for _, tt := range tests {
		a := app{lookupEnv: lookup(tt.env), terminal: tt.terminal}
		if got := a.links(tt.when); got != tt.want {
			t.Errorf("%s: links(%q) with %q = %v, want %v", tt.name, tt.when, tt.env, got, tt.want)
		}
	}
}

func TestLocale(t *testing.T) {
	t.Parallel()
	tests := []struct {
		env  string
		want bool
	}{
		{"", false},
		{"LANG=C", false},
		{"LANG=POSIX", false},
		{"LANG=C.UTF-8", true},
		{"LANG=de_DE.utf8", true},
		{"LANG=de_DE", false},
		{"LANG=en_US.UTF-8 LC_CTYPE=C", false},
		{"LANG=C LC_CTYPE=en_US.UTF-8", true},
		{"LC_ALL=C LC_CTYPE=en_US.UTF-8 LANG=en_US.UTF-8", false},
		{"LC_ALL= LC_CTYPE= LANG=en_US.UTF-8", true},
		{"LC_CTYPE=UTF-8", true}, // macOS
	}
	for _, tt := range tests {
		if got := (&app{lookupEnv: lookup(tt.env)}).utf8Locale(); got != tt.want {
			t.Errorf("utf8Locale() with %q = %v, want %v", tt.env, got, tt.want)
		}
	}
}

// What is no terminal gets UTF-8 in any locale.
func TestASCIIIsForTerminals(t *testing.T) {
	t.Parallel()
	if (&app{lookupEnv: lookup("LC_ALL=C")}).ascii() {
		t.Error("ASCII for a pipe")
	}
	if (&app{lookupEnv: lookup("LC_ALL=C.UTF-8"), terminal: true}).ascii() {
		t.Error("ASCII for a terminal with UTF-8")
	}
}
