package analyze

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

const (
	maxPoints = 128 // a trend is fitted to at most so many means
	minPoints = 8
	maxSteps  = 4
	// alpha is how improbable a rise must be without a trend.
	alpha = 1e-4
	// alphaPeak is that for a peak, of which a process has one.
	alphaPeak = 1e-3
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

// course is a resource in a window of time.
type course struct {
	x, y  []float64 // hours since the run began, and the values
	loads []load
}

// hours returns how long the window is.
func (c *course) hours() float64 { return c.x[len(c.x)-1] - c.x[0] }

// half returns the later half.
func (c *course) half() course { return c.part(len(c.x) / 2) }

func (c *course) part(from int) course {
	p := course{x: c.x[from:], y: c.y[from:]}
	for _, l := range c.loads {
		var later load
		for _, before := range l {
			later = append(later, before[from:])
		}
		p.loads = append(p.loads, later)
	}
	return p
}

// newCourse makes a course of the values that are measured from the hour start on.
func newCourse(start float64, x, y []float64, loads []load) course {
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
	c := course{x: pick(x), y: withoutSpikes(pick(y))}
	for _, l := range loads {
		var picked load
		for _, before := range l {
			picked = append(picked, withoutSpikes(pick(before)))
		}
		c.loads = append(c.loads, picked)
	}
	return c
}

// withoutSpikes replaces values that stand out both of those before and of those after them, as
// when a scan makes half-open connections for some minutes.
func withoutSpikes(y []float64) []float64 {
	const near, far = 8, 6
	usual := 1.4826 * middle(moves(y))
	smooth := slices.Clone(y)
	for i := 1; i < len(y)-1; i++ {
		before, after := middle(y[max(0, i-near):i]), middle(y[i+1:min(len(y), i+1+near)])
		if above, below := y[i]-max(before, after), min(before, after)-y[i]; max(above, below) > far*usual {
			smooth[i] = (before + after) / 2
		}
	}
	return smooth
}

// moves returns by how much each value differs from the one before.
func moves(y []float64) []float64 {
	m := make([]float64, max(0, len(y)-1))
	for i := range m {
		m[i] = math.Abs(y[i+1] - y[i])
	}
	return m
}

// deviation returns the standard deviation around the middle, from the median deviation, which
// no spike changes.
func deviation(y []float64, middle float64) float64 {
	rest := make([]float64, len(y))
	for i := range y {
		rest[i] = math.Abs(y[i] - middle)
	}
	slices.Sort(rest)
	return 1.4826 * median(rest)
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
	flat, steps := withoutSteps(c)
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

// load is what a process had to do, and what it had to do on the average of some time before:
// what is held after it by what expires then.
type load [][]float64

// smoothed are the spans of time over which a load is smoothed, the first being none.
var smoothed = [...]time.Duration{0, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}

// follows is how well a resource must correlate with a load for that to be held responsible.
// The load must also move: by a quarter of what the resource does.
const follows, swings = 0.5, 0.25

// causes returns the load that y, which grows by so much, follows most closely; none if it
// follows none. In less than a day the load of now and of before may together go up as steadily
// as time does. In a day they cannot, so both may explain y.
func (c *course) causes(y []float64, growth float64) (causes [][]float64) {
	if c.hours() < young {
		return nil
	}
	most := follows
	least := swings * math.Abs(growth) / middle(y)
	flat, ramp := [][]float64{constant(len(y))}, [][]float64{constant(len(y)), c.x}
	for _, l := range c.loads {
		for _, before := range l[:c.usable(l)] {
			r := max(correlation(before, y, flat), correlation(before, y, ramp))
			if r > most && swing(before) >= least {
				causes, most = [][]float64{before}, r
				if c.hours() >= day && len(l) > 1 {
					causes = append(causes, l[0], l[len(l)-1])
				}
			}
		}
	}
	return causes
}

// usable returns how many of the spans over which a load was smoothed are short in this course:
// over a long one, any load drifts.
func (c *course) usable(l load) int {
	n := 1
	for n < len(l) && c.hours() >= 6*smoothed[n].Hours() {
		n++
	}
	return n
}

// correlation returns how alike two courses are apart from what causes explain.
func correlation(a, b []float64, causes [][]float64) float64 {
	a, b = without(a, causes), without(b, causes)
	if norm := math.Sqrt(floats.Dot(a, a) * floats.Dot(b, b)); norm > 0 {
		return math.Abs(floats.Dot(a, b)) / norm
	}
	return 0
}

// day is how many hours must have been seen for a daily rhythm to show.
const day = 26

// swing returns by what share of its level y goes up and down, extremes set aside.
func swing(y []float64) float64 {
	sorted := slices.Sorted(slices.Values(y))
	at := func(p float64) float64 { return stat.Quantile(p, stat.LinInterp, sorted, nil) }
	if at(0.5) <= 0 {
		return math.Inf(1)
	}
	return (at(0.95) - at(0.05)) / at(0.5)
}

func middle(y []float64) float64 { return median(slices.Sorted(slices.Values(y))) }

func verdict(j *judgement, raw *line, t, x, rest, y []float64, q *quantity) Verdict {
	hours, least := j.to-j.from, q.least
	level := max(0, intercept(t, y, raw.slope))
	need := max(least, worth(hours)*level)
	growth, rawGrowth := j.slope*hours, raw.slope*hours
	noise := scatter(x, rest, j.slope)
	certain := j.p < alpha && growth >= clear*noise || growth >= obvious*noise
	grown := certain && j.low > 0 && growth >= need
	switch {
	case grown && hours < young && !q.total:
		return Unsettled
	case grown && alike(x, t):
		return WithLoad
	case grown && !(hours >= day && growth >= obvious*noise) && sameHour(t, y, raw) < max(need/hours, j.slope/3):
		return WithLoad
	case grown && slowed(x, rest, j.slope):
		return Filling
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
const clear, obvious = 2.5, 10

// scatter returns the standard deviation of y around a line.
func scatter(x, y []float64, slope float64) float64 {
	rest := detrended(x, y, slope)
	return deviation(rest, middle(rest))
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
	moves := moves(c.y)
	usual := middle(moves)
	level := math.Abs(middle(c.y))
	flat := slices.Clone(c.y)
	var steps []step
	for i, move := range moves {
		if move <= 12*usual || move < 0.01*level || move == 0 {
			continue
		}
		const near = 3
		before := middle(c.y[max(0, i+1-near) : i+1])
		after := middle(c.y[i+1 : min(n, i+1+near)])
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
	rising := j.low > 0 && j.slope*c.hours() >= clear*scatter(c.x, c.y, j.slope)
	if rising && c.hours() >= hours && end >= least && end >= drainedShare*slices.Max(c.y) {
		j.verdict = Grows
	}
	return j
}
