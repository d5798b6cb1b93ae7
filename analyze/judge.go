package analyze

import (
	"slices"

	"gonum.org/v1/gonum/stat"
)

const (
	minPoints = 8
	// alpha is how improbable a rise must be without a trend.
	alpha = 1e-4
)

// young is how many hours must have been seen of a resource. What expires fills as steadily as
// a leak does until its time has passed, so before that only totals are judged that have no
// reason to double.
const young = 1

// worth returns the share of its level by which a resource must grow in a window of so many
// hours.
func worth(hours float64) float64 {
	switch {
	case hours < young:
		return 1
	case hours < 2:
		return 0.15
	default:
		return 0.05
	}
}

// judgement is what is to be said of a course.
type judgement struct {
	line
	from, to float64 // hours
	start    float64 // the line's value at from
	loaded   bool    // a load explains part of it
	verdict  Verdict
	steps    []step
}

// judge looks for growth without an end: in the whole course, and if there is none in its
// later half, where a leak may just have begun.
func judge(c course, q *quantity) judgement {
	if len(c.x) < minPoints || c.hours() <= 0 {
		return judgement{verdict: Unknown}
	}
	whole := judgeAll(c, q)
	if whole.verdict == Grows || len(c.x) < 4*minPoints {
		return whole
	}
	if whole.loaded && c.hours() < 2*day {
		return whole // in half the time the load tells less
	}
	late := judgeAll(c.half(), q)
	if late.verdict == Grows && late.slope*c.hours()/2 >= justBegun*late.start {
		return late
	}
	return whole
}

// justBegun is the share of its level by which what has grown in the later half only must have
// grown: half of the values do not show as fine a difference.
const justBegun = 0.12

func judgeAll(c course, q *quantity) judgement {
	flat, steps := withoutSteps(c, q.least)
	if len(steps) == 0 {
		return judgeLine(c, c.y, q)
	}
	j := judgeLine(c, flat, q)
	j.steps = steps
	// A jump downwards must not make a slope of what is none.
	if j.verdict == Grows && judgeLine(c, c.y, q).slope <= 0 || j.verdict == Flat {
		j.verdict = Stepped
	}
	return j
}

func judgeLine(c course, y []float64, q *quantity) judgement {
	raw := fit(c.x, y)
	x, rest := c.x, y
	causes := c.causes(y, raw.slope*c.hours())
	if len(causes) > 0 {
		causes = append(causes, constant(len(y)))
		x, rest = without(c.x, causes), without(y, causes)
	}
	j := judgement{line: fit(x, rest), from: c.x[0], to: c.x[len(c.x)-1], loaded: len(causes) > 0}
	j.start = intercept(c.x, y, j.slope)
	j.verdict = verdict(&j, &raw, c.x, x, rest, y, q)
	return j
}

func verdict(j *judgement, raw *line, t, x, rest, y []float64, q *quantity) Verdict {
	hours, least := j.to-j.from, q.least
	level := max(0, intercept(t, y, raw.slope))
	need := max(least, worth(hours)*level)
	growth, rawGrowth := j.slope*hours, raw.slope*hours
	noise := scatter(x, rest, j.slope)
	certain := j.p < alpha && growth >= clearly*noise || growth >= obviously*noise
	grown := certain && j.low > 0 && growth >= need
	switch {
	case grown && hours < young && !q.total:
		return Unsettled
	case grown && alike(x, t):
		return WithLoad
	case grown && !(hours >= day && growth >= obviously*noise) && sameHour(t, y, raw) < max(need/hours, j.slope/3):
		return WithLoad
	case grown && slowed(x, rest, j.slope):
		return Filling
	case grown:
		return Grows
	case raw.p < alpha && rawGrowth >= need:
		return WithLoad
	case raw.p < alpha && hours < 2 && rawGrowth >= max(least, worth(day)*level):
		return Unsettled
	case raw.slope < 0 && -rawGrowth >= max(least, worth(day)*level) && raw.high < 0:
		return Falls
	default:
		return Flat
	}
}

// sameHour returns how fast y grows without regard to the load: over whole days, if the time
// suffices, so that each hour is compared with itself.
func sameHour(x, y []float64, raw *line) float64 {
	if x[len(x)-1]-x[0] < day {
		return raw.slope
	}
	var rises []float64
	for i, j := 0, 0; j < len(x); j++ {
		for x[j]-x[i] > 24 {
			i++
		}
		if i > 0 {
			rises = append(rises, (y[j]-y[i])/(x[j]-x[i]))
		}
	}
	return middle(rises)
}

// alike says that a load went up so much as time does that nothing tells which of them a
// resource follows: x is what is left of the time t.
func alike(x, t []float64) bool {
	const left = 0.2
	return stat.Variance(x, nil) < left*stat.Variance(t, nil)
}

// slowed says that the later half rises by less than half of what the whole does.
func slowed(x, y []float64, slope float64) bool {
	from := len(x) / 2
	later := fit(x[from:], y[from:])
	return later.slope < slope/2 && later.high < slope
}

// A trend must exceed the scatter around it so many times, to be clear if the test says that
// there is one, or to be obvious.
const clearly, obviously = 2.5, 10

// scatter returns the standard deviation of y around a line.
func scatter(x, y []float64, slope float64) float64 {
	rest := detrended(x, y, slope)
	return deviation(rest, middle(rest))
}

// intercept returns where a line of that slope begins.
func intercept(x, y []float64, slope float64) float64 {
	rest := make([]float64, len(y))
	for i := range y {
		rest[i] = y[i] - slope*(x[i]-x[0])
	}
	slices.Sort(rest)
	return median(rest)
}
