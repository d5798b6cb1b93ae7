package analyze

import (
	"math"
	"slices"
)

// In less than an hour the judge suspects only growth so fast that nobody would wait. A process that starts
// doubles its memory in a minute or two and then stops. So growth counts only if it does not slow down as a
// start does, and memory only if nothing else in the log explains it.
const (
	shortPoints  = 5
	shortMemory  = 64 << 20 // and a share of the level, or
	smallMemory  = 24 << 20 // and a larger share, or of the second half of the log,
	oldMemory    = 12 << 20 // or of a process that started long before
	hugeMemory   = 1 << 30
	grownMemory  = 16 << 30
	shortShare   = 0.05
	smallShare   = 0.2
	oldShare     = 0.03
	shortEntries = 10_000
	started      = 600 // seconds that a start takes at most
	slowestStart = 75  // seconds: the longest time constant of a start
)

// judgeShort judges a resource that was seen for less than an hour.
func (l *look) judgeShort(t *tracked, q *quantity) judgement {
	j := judgement{verdict: Unknown}
	values := l.points(t.series, q.of)
	c := l.newCourse(values, nil, 0)
	n := len(c.x)
	if n < 2 {
		return j
	}
	grown := c.y[n-1] - c.y[0]
	hours := c.hours()
	j.verdict, j.from, j.to, j.judged = Flat, c.x[0], c.x[n-1], n >= minPoints
	j.onset, j.onsetError, j.base, j.growth = c.x[0], hours/float64(n), c.y[0], grown
	j.slope = over(grown, hours)
	j.spread = math.Abs(j.slope) / intervalErrors // two points show no scatter
	if slopes := theilSen(c.x, c.y); n > 2 {
		j.spread = deviation(slopes, median(slopes)) / 2 // the standard error of about four parts
	}
	switch {
	case q.kind == KindCore && (l.unexplained(&c, 0) >= hugeMemory || l.memoryRuns(&c)),
		q.unit == Bytes && q.kind != KindCore && l.runs(&c, 0) && grown >= max(shortMemory, c.y[0]),
		q.unit == Entries && l.runs(&c, 0) && grown >= max(shortEntries, c.y[0]):
		j.verdict, j.level, j.judged = Unsettled, Suspected, true
	case grown >= max(q.least, c.y[0]):
		j.verdict = Unsettled
	}
	return j
}

// memoryRuns reports whether memory grows in a short log as only a leak does.
func (l *look) memoryRuns(c *course) bool {
	n := len(c.x)
	grown, level := l.unexplained(c, 0), c.y[0]
	switch {
	case l.run.age >= started && n >= shortPoints-1 && grown >= max(oldMemory, oldShare*level) && l.runs(c, 0):
		return true
	case n >= shortPoints && (grown >= max(shortMemory, shortShare*level) || grown >= max(smallMemory, smallShare*level)) && l.runs(c, 0):
		return true
	}
	half := n / 2
	return n-half >= shortPoints && l.unexplained(c, half) >= max(smallMemory, shortShare*level) && l.runs(c, half)
}

// runs reports whether values rise in each quarter from a point on, and slow down less than those of a
// process that starts.
func (l *look) runs(c *course, from int) bool {
	y, seconds := c.y[from:], 3600*(c.x[len(c.x)-1]-c.x[from])
	last := len(y) - 1
	parts := min(4, last)
	if parts < 3 {
		return false
	}
	early, late := 0.0, 0.0
	for i := range parts {
		rise := between(y, float64(last*(i+1))/float64(parts)) - between(y, float64(last*i)/float64(parts))
		if rise <= 0.05*(y[last]-y[0]) {
			return false
		}
		if i < parts/2 {
			early += rise
		}
		if i >= parts-parts/2 {
			late += rise
		}
	}
	slower := min(0.8, 1.2*math.Exp(-seconds/2/slowestStart))
	if from > 0 {
		slower = 0.8
	}
	if l.run.age >= started {
		slower = 0
	}
	return late >= max(0.4, slower)*early
}

// between returns the value at a point that may lie between two.
func between(y []float64, at float64) float64 {
	i := min(int(at), len(y)-2)
	return y[i] + (at-float64(i))*(y[i+1]-y[i])
}

// unexplained returns by how many bytes memory has grown since a point, less the most that sessions, tables
// and the like can have taken.
func (l *look) unexplained(c *course, from int) float64 {
	first, last := len(l.hours)-1, len(l.hours)-1
	for first > 0 && l.hours[first] > c.x[from] {
		first--
	}
	bytes := c.y[len(c.y)-1] - c.y[from]
	for _, taken := range l.consumed {
		bytes -= taken.most * max(0, slices.Max(taken.values[first:last+1])-taken.values[first])
	}
	return bytes
}

// sinceStart returns how many bytes the process has grown by since it started, and what takes memory
// cannot explain.
func (r *run) sinceStart() float64 {
	taken := 0.0
	for _, t := range r.order {
		switch q := &r.quantities[t.key.quantity]; q.name {
		case sessions, allTimers, globalsSize, tableEntries, signatures:
			taken += t.value * q.unit.cost()
		}
	}
	return r.adj - taken
}
