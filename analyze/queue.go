package analyze

import "slices"

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
	rising := j.low > 0 && j.slope*c.hours() >= clearly*scatter(c.x, c.y, j.slope)
	if rising && c.hours() >= hours && end >= least && end >= drainedShare*slices.Max(c.y) {
		j.verdict = Grows
	}
	return j
}
