package analyze

import "math"

// maxBuckets bounds what is held of a series, however long its log is. When a run outgrows
// them, each two become one of twice their span.
const maxBuckets = 512

// clock divides the time of a run into buckets of the same span for all its series.
type clock struct {
	start float64 // packet time at which the first bucket begins, Unix seconds
	width float64 // of a bucket, seconds
	now   int     // the bucket of the newest block
}

func newClock(start float64) *clock { return &clock{start: start, width: 1} }

// advance moves to time t and returns false if it lies before the run.
func (c *clock) advance(t float64) bool {
	if t < c.start {
		return false
	}
	for t-c.start >= c.width*maxBuckets {
		c.width *= 2
	}
	c.now = int((t - c.start) / c.width)
	return true
}

// bucket is what a number was in a span of time.
type bucket struct {
	n             int // 0: not measured
	sum, min, max float64
}

func (b *bucket) add(v float64) {
	if b.n == 0 {
		*b = bucket{1, v, v, v}
		return
	}
	b.n++
	b.sum += v
	b.min = min(b.min, v)
	b.max = max(b.max, v)
}

func (b *bucket) merge(c bucket) {
	if b.n == 0 {
		*b = c
		return
	}
	if c.n == 0 {
		return
	}
	b.n += c.n
	b.sum += c.sum
	b.min = min(b.min, c.min)
	b.max = max(b.max, c.max)
}

func (b *bucket) mean() float64 { return b.sum / float64(b.n) }

// series is the course of one number through a run.
type series struct {
	clock   *clock
	width   float64
	buckets []bucket
}

func newSeries(c *clock) *series { return &series{clock: c, width: c.width} }

// add adds a value measured at the clock's time.
func (s *series) add(v float64) {
	s.align()
	for len(s.buckets) <= s.clock.now {
		s.buckets = append(s.buckets, bucket{})
	}
	s.buckets[s.clock.now].add(v)
}

// align gives the buckets the clock's width.
func (s *series) align() {
	for ; s.width < s.clock.width; s.width *= 2 {
		s.buckets = halved(s.buckets)
	}
}

// halved merges each two buckets.
func halved(buckets []bucket) []bucket {
	for i := range buckets {
		if i%2 == 0 {
			buckets[i/2] = buckets[i]
		} else {
			buckets[i/2].merge(buckets[i])
		}
	}
	return buckets[:(len(buckets)+1)/2]
}

// values returns for each bucket of the run what of makes of it, NaN where nothing was measured.
func (s *series) values(of func(*bucket) float64) []float64 {
	s.align()
	values := make([]float64, s.clock.now+1)
	for i := range values {
		values[i] = math.NaN()
		if i < len(s.buckets) && s.buckets[i].n > 0 {
			values[i] = of(&s.buckets[i])
		}
	}
	return values
}

func mean(b *bucket) float64  { return b.mean() }
func floor(b *bucket) float64 { return b.min }
func peak(b *bucket) float64  { return b.max }
