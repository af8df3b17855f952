package catalog

import (
	"fmt"
	"time"
)

// Date is a day in UTC. The zero value is none.
type Date struct{ day time.Time }

// ParseDate reads a day, YYYY-MM-DD.
func ParseDate(text string) (Date, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no date: write YYYY-MM-DD", text)
	}
	return Date{day}, nil
}

// DateOf is the day of a time, in UTC.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	return Date{t.UTC().Truncate(24 * time.Hour)}
}

// IsZero tells whether there is no date.
func (d Date) IsZero() bool { return d.day.IsZero() }

// String is the day as YYYY-MM-DD, "" for none.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.day.Format(time.DateOnly)
}

// Over tells whether the day is over today. No date never is.
func (d Date) Over(today Date) bool { return !d.IsZero() && today.day.After(d.day) }

// Plus is the day so many days later.
func (d Date) Plus(days int) Date { return Date{d.day.AddDate(0, 0, days)} }

// DaysUntil is how many days later another date is, negative if earlier.
func (d Date) DaysUntil(other Date) int { return int(other.day.Sub(d.day).Hours() / 24) }
