package analyze

import (
	"math"
	"time"

	"github.com/dustin/go-humanize"
)

// Format returns v with its unit, for people: "1.2 GiB", "-34,000 entries".
func (u Unit) Format(v float64) string {
	if v < 0 {
		return "-" + u.Format(-v)
	}
	if u == Bytes {
		return humanize.IBytes(uint64(v))
	}
	return u.number(v) + " " + string(u)
}

func (u Unit) number(v float64) string {
	if v != 0 && v < 10 {
		return humanize.FtoaWithDigits(v, 1)
	}
	return humanize.Comma(int64(math.Round(v)))
}

// PerHour returns a slope for people: "14 MiB/h", "1,200 entries/h".
func (u Unit) PerHour(v float64) string { return u.Format(v) + "/h" }

func clockTime(t time.Time) string { return t.Format("2006-01-02 15:04 MST") }

func duration(hours float64) string {
	d := time.Duration(hours * float64(time.Hour))
	switch {
	case d < 2*time.Minute:
		return humanize.Comma(int64(math.Round(d.Seconds()))) + " s"
	case d < 2*time.Hour:
		return humanize.Comma(int64(math.Round(d.Minutes()))) + " min"
	default:
		return humanize.FtoaWithDigits(d.Hours(), 1) + " h"
	}
}

func percent(share float64) string {
	p := 100 * share
	switch {
	case p >= 10:
		return humanize.Comma(int64(math.Round(p))) + " %"
	default:
		return humanize.FtoaWithDigits(p, 1) + " %"
	}
}
