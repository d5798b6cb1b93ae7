package analyze

import (
	"math"
	"slices"
	"strings"
)

const (
	queueHours   = 1.0 / 6
	readerHours  = 1.0
	drainedShare = 0.8
	// leastLag is how many messages an input reader may leave unread.
	leastLag = 5
	// manyWaiting messages are trouble whether or not the queue drains at present.
	manyWaiting = 100_000
)

func isReader(name string) bool { return strings.Contains(name, "/Input::READER_") }

// judgeQueue judges the least number of messages in a queue at each point. A queue that is ever
// empty in each has no backlog, however long it gets in between. What counts is the time since
// it was empty last.
func (l *look) judgeQueue(t *tracked, q *quantity) judgement {
	hours, least := queueHours, q.least
	if q.kind == KindBacklogIn && isReader(t.key.name) {
		hours, least = readerHours, leastLag
	}
	writes := q.kind == KindBacklogIn && !isReader(t.key.name)
	c := l.newCourse(l.points(t.series, q.of), l.loadColumns(), 0)
	j := judgement{verdict: Flat}
	if len(c.x) < minPoints {
		j.verdict = Unknown
		return j
	}
	from := len(c.y)
	for from > 0 && c.y[from-1] >= max(1, least/10) {
		from--
	}
	n := len(c.y) - from
	if n == 0 {
		return j
	}
	end, waited := c.y[len(c.y)-1], c.x[len(c.x)-1]-c.x[from]
	drained := slices.Max(append([]float64{0}, c.y[:from]...)) // the most it has drained from
	switch {
	case l.lowsRise(&c, least):
		j.level = Leak
	case n < minPoints || waited < hours || end < least:
	case (end > drained || waited >= day) && end >= drainedShare*slices.Max(c.y[from:]) && rises(c.x[from:], c.y[from:]):
		j.level = Suspected
		if waited >= l.surelyHours(writes) && end >= 1.5*drained && !(writes && l.mayDrain(&c, t.key.name, from, least)) {
			j.level = Leak
		}
	case end >= manyWaiting && waited >= readerHours:
		j.level = Stuck
	}
	if j.level == NoLevel {
		return j
	}
	j.verdict, j.judged = Grows, true
	j.from, j.to = c.x[from], c.x[len(c.x)-1]
	j.onset, j.onsetError = c.x[from], c.hours()/float64(len(c.x)-1)
	j.slope, j.z = (end-c.y[from])/max(waited, 1e-9), sureZ
	j.base, j.growth = c.y[from], end-c.y[from]
	j.causes = make([]float64, len(c.y))
	c.steady(c.y, &j.trend, from, every(len(c.y)))
	return j
}

// surelyHours returns for how many hours a queue must have risen to be called a leak: what only takes
// long has drained by then. A writer that has lived for a day has seen busy hours.
func (l *look) surelyHours(writes bool) float64 {
	if l.seen() < settled && !writes || l.age() < settled {
		return 2
	}
	return day / 4
}

// rises reports whether most later values are greater.
func rises(x, y []float64) bool {
	third := max(1, len(y)/3)
	early, late := median(y[:third]), median(y[len(y)-third:])
	return late > early && median(theilSen(x, y)) > 0
}

func (l *look) loadColumns() (columns []column) {
	for _, load := range l.loads {
		columns = append(columns, column{values: load})
	}
	return columns
}

// mayDrain reports whether the queue of a log writer, which has not been empty since a point, drains or will when
// the load falls. It will not if the writer has become slower.
func (l *look) mayDrain(c *course, thread string, from int, least float64) bool {
	return c.drains(from) || c.overloaded(from, least) && !l.run.threads[thread].slower()
}

// drains reports whether the queue, which has not been empty since a point, has begun to drain.
func (c *course) drains(from int) bool {
	const pause = 0.25 // hours in which a queue that rises reaches a new height
	highest := from
	for i := from; i < len(c.y); i++ {
		if c.y[i] >= c.y[highest] {
			highest = i
		}
	}
	return c.x[len(c.x)-1]-c.x[highest] >= pause && c.y[len(c.y)-1] < 0.98*c.y[highest]
}

// overloaded reports whether a load explains the queue, which has not been empty since a point: the thread
// kept up before, and the load has mostly been greater since. Such a queue drains when the load falls. A
// queue that still rises then leaks.
func (c *course) overloaded(from int, least float64) bool {
	const few, mostly = 6, 0.7
	for _, load := range c.columns[1:] {
		var kept []float64
		for i, v := range load.values[:from] {
			if c.y[i] < max(1, least/10) {
				kept = append(kept, v)
			}
		}
		if len(kept) < few {
			continue
		}
		limit := quantile(0.9, kept)
		above := 0
		for _, v := range load.values[from:] {
			if v > limit {
				above++
			}
		}
		if float64(above) >= mostly*float64(len(c.y)-from) {
			return true
		}
	}
	return false
}

// lowsRise reports whether the queue holds more each day even when it is shortest: it drains at
// night, but not wholly.
func (l *look) lowsRise(c *course, least float64) bool {
	end := c.x[len(c.x)-1]
	days := int((end - c.x[0]) / day)
	if days < 2 {
		return false
	}
	lows := make([]float64, days)
	for d := range lows {
		lows[d] = math.Inf(1)
	}
	for i, x := range c.x {
		if d := days - 1 - int((end-x)/day); d >= 0 {
			lows[d] = min(lows[d], c.y[i])
		}
	}
	last, before := lows[days-1], lows[days-2]
	return last >= least && last >= 1.2*before+least/2
}

// theilSen returns the slopes between pairs of points. Their median is the estimate of Theil (1950)
// and Sen (1968).
func theilSen(x, y []float64) []float64 {
	var slopes []float64
	step := 1 + len(x)/48
	for i := 0; i < len(x); i += step {
		for j := i + step; j < len(x); j += step {
			slopes = append(slopes, (y[j]-y[i])/(x[j]-x[i]))
		}
	}
	return slopes
}
