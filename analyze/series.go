package analyze

import (
	"math"
	"slices"
)

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

func (b *bucket) add(value float64) {
	v := float32(value)
	b.n++
	if b.n == 1 {
		b.mean, b.min, b.max = v, v, v
		return
	}
	b.mean += (v - b.mean) / float32(b.n)
	b.min, b.max = min(b.min, v), max(b.max, v)
}

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

// chunk holds buckets that follow each other. A series takes chunks as it grows and drops those that halving
// empties, so no bucket is ever copied for more room.
type chunk [chunkSize]bucket

const chunkSize = 32

// series is the course of one number through a run. While it never changes, as most queues,
// only its value is kept.
type series struct {
	clock    *clock
	width    float64
	chunks   []*chunk
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
	if s.chunks == nil && v != s.constant {
		s.unfold()
	}
	s.to = s.clock.time
	if s.chunks == nil {
		return
	}
	s.min, s.max = min(s.min, v), max(s.max, v)
	s.align()
	s.bucket(s.clock.now).add(v)
}

// bucket returns the i-th bucket.
func (s *series) bucket(i int) *bucket {
	for len(s.chunks) <= i/chunkSize {
		s.chunks = append(s.chunks, &chunk{})
	}
	return &s.chunks[i/chunkSize][i%chunkSize]
}

// unfold begins to keep buckets, those of the constant so far included.
func (s *series) unfold() {
	s.width = s.clock.width
	s.chunks = make([]*chunk, 0, maxBuckets/chunkSize)
	first, last := s.constantIn()
	for i := first; i <= last; i++ {
		s.bucket(i).add(s.constant)
	}
}

// constantIn returns the first and the last bucket in which the constant was measured.
func (s *series) constantIn() (first, last int) {
	return s.clock.bucket(s.from), s.clock.bucket(s.to)
}

// align gives the buckets the clock's width.
func (s *series) align() {
	for ; s.width < s.clock.width; s.width *= 2 {
		s.halve()
	}
}

// halve merges each two buckets.
func (s *series) halve() {
	for k := 0; 2*k < len(s.chunks); k++ {
		to, left := s.chunks[k], s.chunks[2*k]
		left.halveTo(to[:chunkSize/2])
		if 2*k+1 < len(s.chunks) {
			s.chunks[2*k+1].halveTo(to[chunkSize/2:])
		} else {
			clear(to[chunkSize/2:])
		}
	}
	s.chunks = slices.Delete(s.chunks, (len(s.chunks)+1)/2, len(s.chunks))
}

// halveTo merges each two buckets of c into one of half, which may be its first half.
func (c *chunk) halveTo(half []bucket) {
	for i := range half {
		half[i] = c[2*i]
		half[i].merge(c[2*i+1])
	}
}

// at returns the i-th bucket of the run.
func (s *series) at(i int) bucket {
	if s.chunks == nil {
		if first, last := s.constantIn(); s.n > 0 && i >= first && i <= last {
			v := float32(s.constant)
			return bucket{1, v, v, v}
		}
		return bucket{}
	}
	if i/chunkSize < len(s.chunks) {
		return s.chunks[i/chunkSize][i%chunkSize]
	}
	return bucket{}
}

// points returns what of makes of each size buckets together, NaN where nothing was measured.
func (s *series) points(n, size int, of func(bucket) float64) []float64 {
	s.align()
	values := make([]float64, n)
	if s.chunks == nil && s.n > 0 {
		v := float32(s.constant)
		whole := of(bucket{1, v, v, v})
		first, last := s.constantIn()
		for i := range values {
			values[i] = whole
			if (i+1)*size <= first || i*size > last {
				values[i] = math.NaN()
			}
		}
		return values
	}
	for i := range values {
		values[i] = math.NaN()
		if b := s.joined(i*size, (i+1)*size); b.n > 0 {
			values[i] = of(b)
		}
	}
	return values
}

// joined returns one bucket for those from begin on to before end.
func (s *series) joined(begin, end int) (b bucket) {
	for k := begin; k < min(end, len(s.chunks)*chunkSize); k++ {
		b.merge(s.chunks[k/chunkSize][k%chunkSize])
	}
	return b
}

// values returns for each bucket of the run what of makes of it, NaN where nothing was measured.
func (s *series) values(of func(bucket) float64) []float64 { return s.points(s.clock.now+1, 1, of) }

func mean(b bucket) float64  { return float64(b.mean) }
func floor(b bucket) float64 { return float64(b.min) }
func peak(b bucket) float64  { return float64(b.max) }
