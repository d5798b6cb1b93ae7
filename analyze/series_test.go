package analyze

import (
	"math"
	"testing"
)

func TestSeriesIsBounded(t *testing.T) {
	c := newClock(1000)
	all, rare := newSeries(c), newSeries(c)
	sum := 0.0
	const n = 100_000
	for i := range n {
		if !c.advance(1000 + 15*float64(i)) {
			t.Fatal("a later time lies before the run")
		}
		all.add(float64(i))
		sum += float64(i)
		if i%20 == 0 {
			rare.add(float64(i))
		}
	}
	all.align()
	if n := len(all.chunks) * chunkSize; n > maxBuckets || n < maxBuckets/2 {
		t.Errorf("%d buckets, want %d at most and half of them at least", n, maxBuckets)
	}
	if whole := all.joined(0, maxBuckets); whole.n != n || whole.min != 0 || whole.max != n-1 || math.Abs(float64(whole.mean)/(sum/n)-1) > 1e-5 {
		t.Errorf("all buckets together are %+v", whole)
	}
	// Both count the same time, though one began with finer buckets than it needed.
	a, b := all.values(mean), rare.values(mean)
	if len(a) != len(b) {
		t.Fatalf("%d and %d buckets of the same time", len(a), len(b))
	}
	for i := range a {
		if math.Abs(a[i]-b[i]) > 20 {
			t.Errorf("bucket %d: %v and %v are not of the same time", i, a[i], b[i])
		}
	}
	if c.advance(999) {
		t.Error("a time before the run was taken")
	}
}

func TestConstantSeriesOutlastsItsBuckets(t *testing.T) {
	c := newClock(1000)
	s := newSeries(c)
	s.add(7)
	c.advance(1000 + 10*maxBuckets)
	s.add(7)
	for i, v := range s.values(mean) {
		if v != 7 {
			t.Fatalf("bucket %d: %v, want 7", i, v)
		}
	}
	if s.chunks != nil {
		t.Errorf("%d chunks for a value that never changed, want none", len(s.chunks))
	}
}
