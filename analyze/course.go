package analyze

import (
	"math"
	"slices"
)

// maxPoints: a trend is fitted to at most so many means.
const maxPoints = 128

// course is a resource in a window of time.
type course struct {
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
func newCourse(start float64, x, y []float64, loads []load) course {
	var at []int
	for i := range y {
		if x[i] >= start && !math.IsNaN(y[i]) {
			at = append(at, i)
		}
	}
	pick := func(v []float64) (means []float64) {
		size := (len(at) + maxPoints - 1) / maxPoints
		for group := range slices.Chunk(at, max(size, 1)) {
			sum := 0.0
			for _, i := range group {
				sum += v[i]
			}
			means = append(means, sum/float64(len(group)))
		}
		return means
	}
	c := course{x: pick(x), y: withoutSpikes(pick(y))}
	for _, l := range loads {
		var picked load
		for _, before := range l {
			picked = append(picked, withoutSpikes(pick(before)))
		}
		c.loads = append(c.loads, picked)
	}
	return c
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
