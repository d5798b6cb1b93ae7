package analyze

import (
	"math"
	"slices"
)

const (
	maxPoints = 128 // a trend is fitted to at most so many means
	minPoints = 8
	maxSteps  = 4
	// alpha is how improbable a rise must be without a trend. A process has some hundred
	// resources, each of which is tested.
	alpha = 1e-4
)

// young is how many hours must have been seen of a resource. What expires fills as steadily as
// a leak does until its time has passed, so before that only totals are judged that have no
// reason to double.
const young = 0.5

// worth returns the share of its level by which a resource must grow in a window of so many
// hours.
func worth(hours float64) float64 {
	switch {
	case hours < young:
		return 1
	case hours < 2:
		return 0.25
	default:
		return 0.03
	}
}

// course is a resource in a window of time.
type course struct {
	x, y  []float64   // hours since the run began, and the values
	loads [][]float64 // what the load was
}

// hours returns how long the window is.
func (c *course) hours() float64 { return c.x[len(c.x)-1] - c.x[0] }

// half returns the later half.
func (c *course) half() course { return c.part(len(c.x) / 2) }

func (c *course) part(from int) course {
	p := course{x: c.x[from:], y: c.y[from:]}
	for _, l := range c.loads {
		p.loads = append(p.loads, l[from:])
	}
	return p
}

// newCourse makes a course of the values that are measured from the hour start on.
func newCourse(start float64, x, y []float64, loads [][]float64) course {
	var at []int
	for i := range y {
		if x[i] >= start && !math.IsNaN(y[i]) {
			at = append(at, i)
		}
	}
	pick := func(v []float64) (means []float64) {
		size := (len(at) + maxPoints - 1) / maxPoints
		for group := range slices.Chunk(at, max(size, 1)) {
			sum := 0.0
			for _, i := range group {
				sum += v[i]
			}
			means = append(means, sum/float64(len(group)))
		}
		return means
	}
	c := course{x: pick(x), y: pick(y)}
	for _, l := range loads {
		c.loads = append(c.loads, pick(l))
	}
	return c
}

// judgement is what is to be said of a course.
type judgement struct {
	line
	from, to float64 // hours
	start    float64 // the line's value at from
	verdict  Verdict
	steps    []step
}

type step struct{ at, size float64 }

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
	if late := judgeAll(c.half(), q); late.verdict == Grows {
		return late
	}
	return whole
}

func judgeAll(c course, q *quantity) judgement {
	y, steps := withoutSteps(c)
	raw := fit(c.x, y)
	x, rest := c.x, y
	if loads := c.usableLoads(); len(loads) > 0 {
		causes := append([][]float64{constant(len(y))}, loads...)
		x, rest = without(c.x, causes), without(y, causes)
	}
	j := judgement{line: fit(x, rest), from: c.x[0], to: c.x[len(c.x)-1], steps: steps}
	j.start = intercept(c.x, y, j.slope)
	j.verdict = verdict(&j, &raw, c.x, x, rest, y, q)
	if j.verdict == Flat && len(steps) > 0 {
		j.verdict = Stepped
	}
	return j
}

// usableLoads returns what can be told apart from the time that passes.
func (c *course) usableLoads() [][]float64 {
	switch hours := c.hours(); {
	case hours < young:
		return nil
	case hours < 3:
		return c.loads[:len(c.loads)/2]
	default:
		return c.loads
	}
}

func verdict(j *judgement, raw *line, t, x, rest, y []float64, q *quantity) Verdict {
	hours, least := j.to-j.from, q.least
	level := max(0, intercept(t, y, raw.slope))
	need := max(least, worth(hours)*level)
	growth, rawGrowth := j.slope*hours, raw.slope*hours
	grown := j.p < alpha && j.low > 0 && growth >= need
	switch {
	case grown && hours < young && !q.total:
		return Unsettled
	case grown && hours < 20 && rawGrowth < need/2:
		return WithLoad
	case grown && slowed(x, rest, j.slope):
		return Filling
	case grown && drawdown(rest) > growth:
		return Flat
	case grown:
		return Grows
	case raw.p < alpha && rawGrowth >= need:
		return WithLoad
	case raw.p < alpha && rawGrowth >= least && hours < 2 && rawGrowth >= worth(24)*level:
		return Unsettled
	case raw.slope < 0 && -rawGrowth >= max(least, worth(24)*level) && raw.high < 0:
		return Falls
	default:
		return Flat
	}
}

// slowed says that the last third rises much more slowly than the whole.
func slowed(x, y []float64, slope float64) bool {
	from := len(x) * 2 / 3
	return fit(x[from:], y[from:]).high < slope/3
}

// drawdown returns the furthest that y falls from a value to a later one, single values set
// aside.
func drawdown(y []float64) float64 {
	top, furthest := math.Inf(-1), 0.0
	for i := 2; i < len(y); i++ {
		v := median(slices.Sorted(slices.Values(y[i-2 : i+1])))
		top = max(top, v)
		furthest = max(furthest, top-v)
	}
	return furthest
}

func constant(n int) []float64 {
	c := make([]float64, n)
	for i := range c {
		c[i] = 1
	}
	return c
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

// withoutSteps finds where y jumps and does not come back, as when an intelligence file is
// loaded anew, and takes those jumps away. What jumps often is no step but its way to grow.
func withoutSteps(c course) ([]float64, []step) {
	n := len(c.y)
	moves := make([]float64, n-1)
	for i := range moves {
		moves[i] = math.Abs(c.y[i+1] - c.y[i])
	}
	usual := median(slices.Sorted(slices.Values(moves)))
	level := math.Abs(median(slices.Sorted(slices.Values(c.y))))
	flat := slices.Clone(c.y)
	var steps []step
	for i, move := range moves {
		if move <= 12*usual || move < 0.01*level || move == 0 {
			continue
		}
		const near = 6
		before := median(slices.Sorted(slices.Values(c.y[max(0, i+1-near) : i+1])))
		after := median(slices.Sorted(slices.Values(c.y[i+1 : min(n, i+1+near)])))
		size := after - before
		if math.Abs(size) < move/2 {
			continue // a spike
		}
		steps = append(steps, step{(c.x[i] + c.x[i+1]) / 2, size})
		if len(steps) > maxSteps {
			return c.y, nil
		}
		for k := i + 1; k < n; k++ {
			flat[k] -= size
		}
	}
	return flat, steps
}

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
	if rise >= need {
		j.verdict = WithLoad
	}
	if len(x) < minPoints || x[len(x)-1] < c.hours()/4 {
		return j
	}
	j.line = fit(x, y)
	j.p = recordsByChance(age+c.x[0], x, y)
	end := len(y) - 1
	lastThird := y[end] - y[end*2/3]
	switch {
	case j.slope*c.hours() < need:
	case j.p < alpha && lastThird >= y[end]/6:
		j.verdict = Grows
	default:
		j.verdict = Filling
	}
	return j
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

const (
	queueHours   = 1.0 / 6
	readerHours  = 1.0
	drainedShare = 0.8
)

// judgeQueue judges the least number of messages in a queue in each bucket of time. A queue
// that is ever empty in each has no backlog, however long it gets in between. What counts is
// the time since it was empty last: for at least hours, and to no end.
func judgeQueue(c course, hours, least float64) judgement {
	from := len(c.y)
	for from > 0 && c.y[from-1] >= max(1, least/10) {
		from--
	}
	j := judgement{verdict: Flat}
	if len(c.y)-from < minPoints {
		return j
	}
	c = c.part(from)
	j.line = fit(c.x, c.y)
	j.from, j.to = c.x[0], c.x[len(c.x)-1]
	j.start = intercept(c.x, c.y, j.slope)
	end := c.y[len(c.y)-1]
	rising := j.p < alpha && j.low > 0
	if rising && c.hours() >= hours && end >= least && end >= drainedShare*slices.Max(c.y) {
		j.verdict = Grows
	}
	return j
}
