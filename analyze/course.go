package analyze

import (
	"math"
	"slices"
)

// maxPoints: a trend is fitted to at most so many means.
const maxPoints = 128

// course is a resource in a window of time.
type course struct {
	at    []int     // the buckets that its points are made of
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
func newCourse(start float64, x, y []float64) course {
	var at []int
	for i := range y {
		if x[i] >= start && !math.IsNaN(y[i]) {
			at = append(at, i)
		}
	}
	c := course{at: at}
	c.x, c.y = c.means(x), withoutSpikes(c.means(y))
	return c
}

// under adds the loads that it was under.
func (c course) under(loads []load) course {
	for _, l := range loads {
		var here load
		for _, before := range l {
			here = append(here, withoutSpikes(c.means(before)))
		}
		c.loads = append(c.loads, here)
	}
	return c
}

// means joins neighbours, if the course has many points, of a number that has one in every
// bucket.
func (c *course) means(v []float64) (means []float64) {
	size := (len(c.at) + maxPoints - 1) / maxPoints
	for group := range slices.Chunk(c.at, max(size, 1)) {
		sum := 0.0
		for _, i := range group {
			sum += v[i]
		}
		means = append(means, sum/float64(len(group)))
	}
	return means
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
