package analyze

import "math"

// alphaPeak is how improbable the rise of a peak must be, of which a process has one.
const alphaPeak = 1e-3

// judgePeak judges a course that holds the greatest value so far. Even without a leak that
// sets new records, but ever more rarely: of n values the last is the greatest with
// probability 1/n. So the spans of time that set one are counted (the record test of Foster
// and Stuart, 1954). Where something else was greater than ever, and so explains a record, is
// left out: quiet says where nothing was.
// The process was age hours old when the run's first block was written.
func judgePeak(c course, quiet []bool, age, least float64) judgement {
	if len(c.x) < minPoints || c.hours() <= 0 {
		return judgement{verdict: Unknown}
	}
	x, y := quietTime(c, quiet)
	j := judgement{from: c.x[0], to: c.x[len(c.x)-1], start: c.y[0]}
	rise := c.y[len(c.y)-1] - c.y[0]
	need := max(least, worth(c.hours())*c.y[0])
	j.verdict = Flat
	switch {
	case rise >= need:
		j.verdict = WithLoad
	case c.hours() < young && rise >= least:
		j.verdict = Unsettled
	}
	if len(x) < minPoints || x[len(x)-1] < c.hours()/4 {
		return j
	}
	j.line = fit(x, y)
	j.p = both(j.p, recordsByChance(age+c.x[0], x, y))
	end := len(y) - 1
	laterHalf := y[end] - y[end/2]
	switch {
	case j.slope*c.hours() < need:
	case j.p < alphaPeak && laterHalf >= y[end]/4:
		j.verdict = Grows
	default:
		j.verdict = Filling
	}
	return j
}

// both returns how probable two results are together (Fisher, 1932).
func both(p, q float64) float64 {
	k := p * q
	if k == 0 {
		return 0
	}
	return k * (1 - math.Log(k))
}

// quietTime joins the spans of time that are quiet: hours and growth in them.
func quietTime(c course, quiet []bool) (x, y []float64) {
	hours, grown := 0.0, 0.0
	for i := 1; i < len(c.x); i++ {
		if !quiet[i] {
			continue
		}
		hours += c.x[i] - c.x[i-1]
		grown += c.y[i] - c.y[i-1]
		x, y = append(x, hours), append(y, grown)
	}
	return x, y
}

// maxCells is into how many spans of time the records are sorted.
const maxCells = 48

// recordsByChance returns how probable it is that a series without a trend sets records in so
// many spans of time, after a history of so many hours.
func recordsByChance(history float64, x, y []float64) float64 {
	size := (len(x) + maxCells - 1) / maxCells
	records, before, hours := 0, 0.0, 0.0
	chances := []float64{1} // of 0, 1, 2... records
	for from := 0; from < len(x); from += size {
		to := min(from+size, len(x)) - 1
		if y[to] > before {
			records++
		}
		span := x[to] - hours
		before, hours = y[to], x[to]
		chance := span / (history + hours)
		next := make([]float64, len(chances)+1)
		for k, p := range chances {
			next[k] += p * (1 - chance)
			next[k+1] += p * chance
		}
		chances = next
	}
	sum := 0.0
	for _, p := range chances[records:] {
		sum += p
	}
	return sum
}
