package analyze

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// resources judges all that was measured in the run.
func (r *run) resources() []Resource {
	if r.clock == nil {
		return nil
	}
	slices.SortFunc(r.order, func(a, b *tracked) int {
		return cmp.Or(cmp.Compare(a.key.quantity, b.key.quantity), cmp.Compare(a.key.name, b.key.name))
	})
	w := r.window()
	var list []Resource
	for _, t := range r.order {
		list = append(list, w.resource(t))
	}
	return list
}

// window is the part of a run that is judged, and what moves the rest.
type window struct {
	run    *run
	hours  []float64
	start  float64 // hours
	loads  []load
	takers []taker
}

// taker is what takes memory: its course, and about how many bytes each unit takes at most.
type taker struct {
	values []float64
	cost   float64
}

func (r *run) window() *window {
	w := &window{run: r, hours: r.hours(), start: r.startUp() / 3600}
	for _, l := range r.loads {
		if values := filled(l.values(mean)); values != nil {
			w.loads = append(w.loads, r.load(values))
		}
	}
	for _, t := range r.order {
		q := &r.quantities[t.key.quantity]
		switch q.name {
		case sessions, allTimers, globalsSize, tableEntries, signatures:
			if values := filled(t.values(mean)); values != nil {
				w.takers = append(w.takers, taker{values, q.unit.cost()})
			}
		}
	}
	return w
}

func (r *run) load(values []float64) load {
	l := load{values}
	for _, span := range smoothed[1:] {
		l = append(l, r.smooth(values, span.Seconds()))
	}
	return l
}

// smooth returns the mean of the last span of seconds or so: what is held after a load by what
// expires then.
func (r *run) smooth(values []float64, span float64) []float64 {
	kept := math.Exp(-r.clock.width / span)
	smooth := make([]float64, len(values))
	now := middle(values[:min(len(values), 1+int(span/r.clock.width))])
	for i, v := range values {
		now = kept*now + (1-kept)*v
		smooth[i] = now
	}
	return smooth
}

// filled returns values with the last one in place of each that was not measured, nil if none was.
func filled(values []float64) []float64 {
	at := slices.IndexFunc(values, func(v float64) bool { return !math.IsNaN(v) })
	if at < 0 {
		return nil
	}
	filled := make([]float64, len(values))
	last := values[at]
	for i, v := range values {
		if !math.IsNaN(v) {
			last = v
		}
		filled[i] = last
	}
	return filled
}

// records says in which buckets something that may explain so large a rise of memory was more
// than ever before.
func (w *window) records(rise float64) []bool {
	busy := make([]bool, len(w.hours))
	for _, taker := range w.takers {
		w.mark(busy, taker.values, func(before, top float64) bool { return (top-before)*taker.cost >= rise/5 })
	}
	for _, l := range w.loads {
		w.mark(busy, l[0], func(before, top float64) bool { return top >= 1.05*before })
	}
	return busy
}

// mark marks the buckets in which values, smoothed, is more than ever before, if what it
// reaches matters.
func (w *window) mark(busy []bool, values []float64, matters func(before, top float64) bool) {
	top, before := math.Inf(-1), 0.0
	var at []int
	for i, v := range w.run.smooth(values, 1800) {
		switch {
		case w.hours[i] < w.start:
			top = max(top, v)
			before = top
		case v > top*(1+1e-6):
			top = v
			at = append(at, i)
		}
	}
	if !matters(before, top) {
		return
	}
	for _, i := range at {
		busy[i] = true
	}
}

func (w *window) resource(t *tracked) Resource {
	q := &w.run.quantities[t.key.quantity]
	res := Resource{Name: w.run.title(t), Group: q.group, Unit: q.unit}
	c := newCourse(w.start, w.hours, t.values(q.of))
	if len(c.x) == 0 {
		res.Verdict = Unknown
		return res
	}
	res.First, res.Last = c.y[0], c.y[len(c.y)-1]
	res.Min, res.Max = slices.Min(c.y), slices.Max(c.y)
	switch {
	case t.key.name != "" && res.Max-res.Min < q.least:
		res.Verdict = Flat // like most of many, and not worth a test
	case q.peak:
		c, quiet := w.quiet(t.values(q.of))
		w.describe(&res, judgePeak(c, quiet, w.run.age/3600, q.least))
	case q.group == QueuesGroup:
		w.describe(&res, w.queue(t, q))
	default:
		w.describe(&res, judge(c.under(w.causes(q)), q))
	}
	if t.key.name == "" || res.Verdict != Flat {
		res.Points = w.points(t)
	}
	return res
}

// causes returns what may move a quantity.
func (w *window) causes(q *quantity) []load {
	loads := w.loads
	if q.kind == KindCore {
		for _, t := range w.takers {
			loads = append(slices.Clip(loads), load{t.values})
		}
	}
	return loads
}

// queue judges a queue from the run's begin on.
func (w *window) queue(t *tracked, q *quantity) judgement {
	c := newCourse(0, w.hours, t.values(q.of))
	if q.kind == KindBacklogIn && isReader(t.key.name) {
		return judgeQueue(c, readerHours, leastLag)
	}
	return judgeQueue(c, queueHours, q.least)
}

// leastLag is how many messages an input reader may leave unread.
const leastLag = 5

func isReader(name string) bool { return strings.Contains(name, "/Input::READER_") }

// quiet returns the course of a peak in every bucket, and which of them are quiet. A heap that
// shrinks (<= 2.3) gives back late and little, so its peak is judged too.
func (w *window) quiet(values []float64) (c course, quiet []bool) {
	var at []int
	top := 0.0
	for i, v := range values {
		if math.IsNaN(v) {
			continue
		}
		top = max(top, v)
		if w.hours[i] >= w.start {
			c.x, c.y = append(c.x, w.hours[i]), append(c.y, top)
			at = append(at, i)
		}
	}
	busy := w.records(c.y[len(c.y)-1] - c.y[0])
	for _, i := range at {
		quiet = append(quiet, !busy[i])
	}
	return c, quiet
}

func (w *window) describe(res *Resource, j judgement) {
	res.Verdict = j.verdict
	if j.verdict == Unknown {
		return
	}
	res.Trend = Trend{
		Slope: j.slope, Low: j.low, High: j.high, P: j.p,
		From: w.run.time(j.from), To: w.run.time(j.to), Start: max(0, j.start), Judged: true,
	}
	for _, s := range j.steps {
		res.Steps = append(res.Steps, Step{w.run.time(s.at), s.size})
	}
}

// points returns the resource's course, each two buckets joined if there are many.
func (w *window) points(t *tracked) []Point {
	t.align()
	buckets, width := t.buckets, 1
	if len(buckets) > maxBuckets/2 {
		buckets, width = halved(slices.Clone(buckets)), 2
	}
	var points []Point
	for i := range buckets {
		if b := &buckets[i]; b.n > 0 {
			middle := (float64(i) + 0.5) * float64(width) * w.run.clock.width / 3600
			points = append(points, Point{w.run.time(middle), b.mean(), b.min, b.max})
		}
	}
	return points
}

// title returns a resource's name in reports.
func (r *run) title(t *tracked) string {
	q := &r.quantities[t.key.quantity]
	switch {
	case q.group == QueuesGroup:
		return t.key.name + " " + q.name
	case t.key.name != "":
		return q.name + " " + t.key.name
	default:
		return q.name
	}
}
