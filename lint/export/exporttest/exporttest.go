// Package exporttest is an organization to be exported in tests, and the
// references to ask about it. The engines that read exports are in a module of
// their own, and ask about the same one.
package exporttest

import (
	"context"
	"embed"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/export"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/regex"
)

//go:embed all:acme
var files embed.FS

var days = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([+-][0-9]+)\}`) })

// read gives a file with its dates, which are written as days from today.
func read(name string, today catalog.Date) ([]byte, error) {
	text, err := files.ReadFile(filepath.ToSlash(name))
	return days().ReplaceAllFunc(text, func(m []byte) []byte {
		n, _ := strconv.Atoi(string(m[1 : len(m)-1]))
		return []byte(today.Plus(n).String())
	}), err
}

// Policy is that of the project below the config of a name, such as
// "acme/payments/.imgpolicy.yaml".
func Policy(name string, today catalog.Date) (*export.Policy, error) {
	known := config.Known{Rules: rules.All(), Platform: dockerfile.NormalizePlatform}
	chain, err := config.Load(name, known, func(at string) (string, []byte, error) {
		text, err := read(at, today)
		return filepath.ToSlash(at), text, err
	})
	if err != nil {
		return nil, err
	}
	levels, err := chain.Levels(today, func(at string, _ config.Place, needed bool) (*catalog.Catalog, error) {
		text, err := read(at, today)
		if err != nil && !needed {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return catalog.Read(policy.File{Name: filepath.ToSlash(at), Text: text})
	})
	if err != nil {
		return nil, err
	}
	s := lint.Settings{Levels: levels, Disabled: map[string]bool{}, Enabled: map[string]bool{}, Locked: map[string]bool{}, Severities: map[string]lint.Severity{}}
	conf := chain.For(path.Join(path.Dir(name), "Dockerfile"))
	conf.Apply(&s)
	language := regex.Language(regex.Options{OtherKeys: config.OtherKeys()})
	for _, at := range slices.Concat(conf.Lists, conf.Policies) {
		text, err := read(at.Value, today)
		if err != nil {
			return nil, err
		}
		p, err := language.Load([]policy.File{{Name: filepath.ToSlash(at.Value), Text: text}}, nil)
		if err != nil {
			return nil, err
		}
		s.Policies = append(s.Policies, p)
	}
	return export.From(context.Background(), s, rules.All(), today), nil
}
