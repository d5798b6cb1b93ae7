package analyze

import "math"

// maxBuckets bounds what is kept of a series, however long its log is. When a run outgrows
// them, each two become one of twice their span.
const maxBuckets = 512

// clock divides the time of a run into buckets of the same span for all its series.
type clock struct {
	start float64 // packet time at which the first bucket begins, Unix seconds
	width float64 // of a bucket, seconds
	time  float64 // of the newest snapshot
	now   int     // its bucket
}

func newClock(start float64) *clock { return &clock{start: start, width: 1, time: start} }

// advance moves to time t and returns false if it lies before the run.
func (c *clock) advance(t float64) bool {
	if t < c.start {
		return false
	}
	for t-c.start >= c.width*maxBuckets {
		c.width *= 2
	}
	c.time = max(c.time, t)
	c.now = c.bucket(c.time)
	return true
}

func (c *clock) bucket(t float64) int { return int((t - c.start) / c.width) }

// bucket is what a number was in a span of time. Seven digits are enough for a trend, and a host
// has thousands of series.
type bucket struct {
	n              uint32 // 0: not measured
	mean, min, max float32
}

func (b *bucket) add(v float64) { b.merge(bucket{1, float32(v), float32(v), float32(v)}) }

func (b *bucket) merge(c bucket) {
	if b.n == 0 {
		*b = c
		return
	}
	if c.n == 0 {
		return
	}
	n := b.n + c.n
	b.mean += (c.mean - b.mean) * float32(c.n) / float32(n)
	b.n, b.min, b.max = n, min(b.min, c.min), max(b.max, c.max)
}

// series is the course of one number through a run. While it never changes, as most queues,
// only its value is kept.
type series struct {
	clock    *clock
	width    float64
	buckets  []bucket
	constant float64
	from, to float64 // times of the first and the newest value
	min, max float64
	n        int
}

func newSeries(c *clock) *series { return &series{clock: c, width: c.width} }

// add adds a value measured at the clock's time.
func (s *series) add(v float64) {
	s.n++
	if s.n == 1 {
		s.from, s.constant, s.min, s.max = s.clock.time, v, v, v
	}
	if s.buckets == nil && v != s.constant {
		s.unfold()
	}
	s.to = s.clock.time
	s.min, s.max = min(s.min, v), max(s.max, v)
	if s.buckets == nil {
		return
	}
	s.align()
	s.extend(s.clock.now + 1)
	s.buckets[s.clock.now].add(v)
}

// extend appends empty buckets up to n.
func (s *series) extend(n int) {
	if n > cap(s.buckets) {
		s.buckets = roomy(s.buckets, n)
	}
	for len(s.buckets) < n {
		s.buckets = append(s.buckets, bucket{})
	}
}

// roomy returns a copy of buckets with room for n and a quarter more. append would double them; less room costs
// many copies in a process that often restarts.
func roomy(buckets []bucket, n int) []bucket {
	return append(make([]bucket, 0, min(maxBuckets, n+n/4)), buckets...)
}

// unfold begins to keep buckets, those of the constant so far included.
func (s *series) unfold() {
	s.width = s.clock.width
	first, last := s.clock.bucket(s.from), s.clock.bucket(s.to)
	s.buckets = roomy(nil, s.clock.now+1)[:last+1]
	for i := first; i <= last; i++ {
		s.buckets[i].add(s.constant)
	}
}

// align gives the buckets the clock's width.
func (s *series) align() {
	if s.width == s.clock.width {
		return
	}
	for ; s.width < s.clock.width; s.width *= 2 {
		s.buckets = halved(s.buckets)
	}
	if s.buckets == nil {
		return
	}
	s.buckets = roomy(s.buckets, len(s.buckets)) // without the room of those that were joined
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

// at returns the i-th bucket of the run.
func (s *series) at(i int) bucket {
	if s.buckets == nil && s.n > 0 && i >= s.clock.bucket(s.from) && i <= s.clock.bucket(s.to) {
		v := float32(s.constant)
		return bucket{1, v, v, v}
	}
	if i < len(s.buckets) {
		return s.buckets[i]
	}
	return bucket{}
}

// values returns for each bucket of the run what of makes of it, NaN where nothing was measured.
func (s *series) values(of func(bucket) float64) []float64 {
	s.align()
	values := make([]float64, s.clock.now+1)
	for i := range values {
		values[i] = math.NaN()
		if b := s.at(i); b.n > 0 {
			values[i] = of(b)
		}
	}
	return values
}

func mean(b bucket) float64  { return float64(b.mean) }
func floor(b bucket) float64 { return float64(b.min) }
func peak(b bucket) float64  { return float64(b.max) }
