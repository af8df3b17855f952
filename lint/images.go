package lint

import (
	"context"
	"time"

	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// Images judges images one by one and on any day, each as the only thing that a
// Dockerfile fetches. It is for one goroutine.
type Images struct {
	Rules    []*Rule
	Settings Settings
	days     map[catalog.Date]*imageDay
}

type imageDay struct {
	linter  *Linter
	watches *watches
}

// Of are the diagnostics about an image on a day.
func (i *Images) Of(ctx context.Context, reference string, day catalog.Date) ([]Diagnostic, error) {
	d, err := i.on(day)
	if err != nil {
		return nil, err
	}
	file := File{Name: "Dockerfile", Read: func() ([]byte, error) { return []byte("FROM " + reference + "\n"), nil }}
	out := d.linter.lintFile(ctx, file, d.watches, mismatches{})
	if j := d.linter.Settings.Levels.judge(); j != nil {
		j.Forget() // a catalog may have more than memory should hold, for each day
	}
	return out.diagnostics, out.err
}

// on is the linter of a day.
func (i *Images) on(day catalog.Date) (*imageDay, error) {
	if d := i.days[day]; d != nil {
		return d, nil
	}
	now, err := time.Parse(time.DateOnly, day.String())
	if err != nil {
		return nil, err
	}
	settings := i.Settings
	settings.Builds = nil
	if settings.Levels != nil {
		levels := *settings.Levels
		levels.Judge = approval.NewJudge(levels.All, day)
		settings.Levels = &levels
	}
	d := &imageDay{&Linter{Rules: i.Rules, Settings: settings, Now: now}, newWatches(i.Rules)}
	if i.days == nil {
		i.days = map[catalog.Date]*imageDay{}
	}
	i.days[day] = d
	return d, nil
}
