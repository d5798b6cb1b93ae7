package analyze

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// load is what a process had to do, and what it had to do on the average of some time before:
// what is held after it by what expires then.
type load [][]float64

// smoothed are the spans of time over which a load is smoothed, the first being none.
var smoothed = [...]time.Duration{0, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}

// follows is how well a resource must correlate with a load for that to be held responsible.
// The load must also move: by a quarter of what the resource does.
const follows, swings = 0.5, 0.25

// causes returns the load that y, which grows by so much, follows most closely; none if it
// follows none. In less than a day the load of now and of before may together go up as steadily
// as time does. In a day they cannot, so both may explain y.
func (c *course) causes(y []float64, growth float64) (causes [][]float64) {
	if c.hours() < young {
		return nil
	}
	most := follows
	least := swings * math.Abs(growth) / middle(y)
	flat, ramp := [][]float64{constant(len(y))}, [][]float64{constant(len(y)), c.x}
	for _, l := range c.loads {
		for _, before := range l[:c.usable(l)] {
			r := max(correlation(before, y, flat), correlation(before, y, ramp))
			if r > most && swing(before) >= least {
				causes, most = [][]float64{before}, r
				if c.hours() >= day && len(l) > 1 {
					causes = append(causes, l[0], l[len(l)-1])
				}
			}
		}
	}
	return causes
}

// usable returns how many of the spans over which a load was smoothed are short in this course:
// over a long one, any load drifts.
func (c *course) usable(l load) int {
	n := 1
	for n < len(l) && c.hours() >= 6*smoothed[n].Hours() {
		n++
	}
	return n
}

// correlation returns how alike two courses are apart from what causes explain.
func correlation(a, b []float64, causes [][]float64) float64 {
	a, b = without(a, causes), without(b, causes)
	if norm := math.Sqrt(floats.Dot(a, a) * floats.Dot(b, b)); norm > 0 {
		return math.Abs(floats.Dot(a, b)) / norm
	}
	return 0
}

// day is how many hours must have been seen for a daily rhythm to show.
const day = 26

// swing returns by what share of its level y goes up and down, extremes set aside.
func swing(y []float64) float64 {
	sorted := slices.Sorted(slices.Values(y))
	at := func(p float64) float64 { return stat.Quantile(p, stat.LinInterp, sorted, nil) }
	if at(0.5) <= 0 {
		return math.Inf(1)
	}
	return (at(0.95) - at(0.05)) / at(0.5)
}
