package analyze

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// None stands for a value that was not measured or is no number.
const None = "-"

// Format returns v with its unit: "1.21 GiB", "-34,000 entries".
func (u Unit) Format(v float64) string {
	if u == Bytes || !finite(v) {
		return u.Number(v)
	}
	number := u.Number(v)
	if number == "1" {
		return number + " " + u.singular()
	}
	return number + " " + string(u)
}

func (u Unit) singular() string {
	if u == Entries {
		return "entry"
	}
	return strings.TrimSuffix(string(u), "s")
}

// Number returns v as it stands in a column of its unit: "1.21 GiB", "-34,000".
func (u Unit) Number(v float64) string { return u.number(v, 3) }

// PerHour returns a growth: "14 MiB/h", "1,200 entries/h".
func (u Unit) PerHour(perHour float64) string {
	if u == Bytes || !finite(perHour) {
		return u.number(perHour, 2) + "/h"
	}
	return u.number(perHour, 2) + " " + string(u) + "/h"
}

// shortSpan is how long something must have been seen for its growth to be given by the hour.
const shortSpan = time.Hour

// Growth returns a growth that was seen for span: "14 MiB/h", or "13 MiB in 96 s" where an hour would be
// mere extrapolation.
func (u Unit) Growth(perHour float64, span time.Duration) string {
	if span >= shortSpan || span <= 0 || !finite(perHour) {
		return u.PerHour(perHour)
	}
	change := perHour * span.Hours()
	if u == Bytes {
		return u.number(change, 2) + " in " + Duration(span)
	}
	return u.number(change, 2) + " " + string(u) + " in " + Duration(span)
}

// number returns v with as many digits as its size deserves; bytes have digits of them.
func (u Unit) number(v float64, digits int) string {
	switch {
	case !finite(v):
		return None
	case u != Bytes:
		return Count(v)
	case v <= -1:
		return "-" + humanize.IBytesN(uint64(-v), digits)
	default:
		return humanize.IBytesN(uint64(max(0, v)), digits)
	}
}

// Count returns a number without a unit: "0.13", "42.3", "12,345".
func Count(v float64) string {
	tenth := 1.0
	switch size := math.Abs(v); {
	case !finite(v):
		return None
	case size < 10:
		tenth = 100
	case size < 100:
		tenth = 10
	}
	return humanize.Commaf(math.Round(v*tenth)/tenth + 0) // never -0
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Clock returns a time to the minute: "2026-03-01 04:20 UTC".
func Clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

// Duration returns d, rounded, in at most two units: "1 d 4 h", "21 min", "96 s".
func Duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 9*day:
		return inTwo(int(d.Round(day)/day), "d", 0, "h")
	case d >= day:
		d = d.Round(time.Hour)
		return inTwo(int(d/day), "d", int(d%day/time.Hour), "h")
	case d >= time.Hour:
		d = d.Round(time.Minute)
		return inTwo(int(d/time.Hour), "h", int(d%time.Hour/time.Minute), "min")
	case d >= 10*time.Minute:
		return inTwo(int(d.Round(time.Minute)/time.Minute), "min", 0, "s")
	case d >= 2*time.Minute:
		d = d.Round(time.Second)
		return inTwo(int(d/time.Minute), "min", int(d%time.Minute/time.Second), "s")
	default:
		return strconv.Itoa(int(d.Round(time.Second)/time.Second)) + " s"
	}
}

func inTwo(large int, largeUnit string, small int, smallUnit string) string {
	if small == 0 {
		return fmt.Sprintf("%d %s", large, largeUnit)
	}
	return fmt.Sprintf("%d %s %d %s", large, largeUnit, small, smallUnit)
}

func clockTime(t time.Time) string { return Clock(t) }

func duration(hours float64) string { return Duration(time.Duration(hours * float64(time.Hour))) }

func percent(share float64) string {
	p := 100 * share
	if p >= 10 {
		return humanize.Comma(int64(math.Round(p))) + " %"
	}
	return humanize.FtoaWithDigits(p, 1) + " %"
}
