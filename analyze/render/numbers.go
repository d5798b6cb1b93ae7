package render

import (
	"math"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"bro_exporter/analyze"
)

const none = "-"

// amount returns a resource's value as people read it.
func amount(v float64, unit analyze.Unit) string {
	return inUnit(v, unit, 3)
}

// rate returns a slope as people read it, with its sign.
func rate(v float64, unit analyze.Unit) string {
	text := inUnit(v, unit, 2)
	if text == none {
		return none
	}
	if v > 0 {
		text = "+" + text
	}
	if unit == analyze.Bytes {
		return text + "/h"
	}
	return text + " " + string(unit) + "/h"
}

func inUnit(v float64, unit analyze.Unit, digits int) string {
	if !finite(v) {
		return none
	}
	if unit != analyze.Bytes {
		return count(v)
	}
	size := humanize.IBytesN(uint64(math.Abs(v)), digits)
	if v <= -1 {
		return "-" + size
	}
	return size
}

// count returns v with as many decimals as its size deserves, and thousands apart.
func count(v float64) string {
	tenth := 1.0
	switch size := math.Abs(v); {
	case size < 10:
		tenth = 100
	case size < 100:
		tenth = 10
	}
	return humanize.Commaf(math.Round(v*tenth)/tenth + 0) // never -0
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// confidence says how sure a rise is. It is never rounded up.
func confidence(t analyze.Trend) string {
	sure := (1 - t.P) * 100
	switch {
	case t.Slope <= 0 || !finite(sure):
		return none
	case sure > 99.99:
		return ">99.99 %"
	case sure >= 99:
		return strconv.FormatFloat(math.Floor(sure*100)/100, 'f', 2, 64) + " %"
	default:
		return strconv.FormatFloat(math.Floor(sure), 'f', 0, 64) + " %"
	}
}

// duration returns d, rounded, in the two largest units that it has.
func duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day:
		d = d.Round(time.Hour)
		return two(int(d/day), "d", int(d%day/time.Hour), "h")
	case d >= time.Hour:
		d = d.Round(time.Minute)
		return two(int(d/time.Hour), "h", int(d%time.Hour/time.Minute), "min")
	default:
		d = d.Round(time.Second)
		return two(int(d/time.Minute), "min", int(d%time.Minute/time.Second), "s")
	}
}

func two(large int, largeUnit string, small int, smallUnit string) string {
	switch {
	case large == 0:
		return strconv.Itoa(small) + " " + smallUnit
	case small == 0:
		return strconv.Itoa(large) + " " + largeUnit
	default:
		return strconv.Itoa(large) + " " + largeUnit + " " + strconv.Itoa(small) + " " + smallUnit
	}
}

func plural(n int, singular string) string {
	return humanize.Comma(int64(n)) + " " + english.PluralWord(n, singular, "")
}
