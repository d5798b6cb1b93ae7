package analyze

import (
	"math"
	"slices"
)

// What may be suspected of less than an hour: what nobody would wait for to go on. A process that
// starts doubles its memory in a minute or two and then stops; so growth counts that has not slowed
// down, and memory only what nothing else that the log holds can take.
const (
	shortPoints  = 5
	shortMemory  = 64 << 20 // and a share of the level, or
	smallMemory  = 24 << 20 // and a larger share
	hugeMemory   = 1 << 30
	grownMemory  = 16 << 30
	shortShare   = 0.05
	smallShare   = 0.2
	shortEntries = 10_000
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
	j.spread = math.Abs(j.slope) / intervalErrors // two points tell no scatter
	if slopes := theilSen(c.x, c.y); n > 2 {
		j.spread = deviation(slopes, median(slopes)) / math.Sqrt(float64(n))
	}
	least, share := shortEntries*1.0, 1.0
	switch {
	case q.kind == KindCore:
		least, share = shortMemory, shortShare
		grown -= l.explained()
	case q.unit == Bytes:
		least = shortMemory
	case q.unit != Entries:
		least = math.Inf(1)
	}
	switch {
	case q.kind == KindCore && grown >= hugeMemory,
		n >= shortPoints && goesOn(c.y) && (grown >= max(least, share*c.y[0]) || q.kind == KindCore && grown >= max(smallMemory, smallShare*c.y[0])):
		j.verdict, j.level, j.judged = Unsettled, Suspected, true
	case grown >= max(q.least, c.y[0]):
		j.verdict = Unsettled
	}
	return j
}

// goesOn reports whether values rise in each quarter, and in the end about as fast as before.
func goesOn(y []float64) bool {
	const quarters = 4
	var rises [quarters]float64
	last := len(y) - 1
	for i := range rises {
		rises[i] = y[last*(i+1)/quarters] - y[last*i/quarters]
		if rises[i] <= 0.05*(y[last]-y[0]) {
			return false
		}
	}
	return rises[2]+rises[3] >= (rises[0]+rises[1])/2
}

// explained returns how many bytes at most all that takes memory has grown by.
func (l *look) explained() (bytes float64) {
	for _, c := range l.consumed {
		bytes += c.most * max(0, slices.Max(c.values)-c.values[0])
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
