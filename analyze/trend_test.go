package analyze

import (
	"math"
	"testing"
)

// Scans make many sessions for minutes. They must not hide a leak.
func TestFitBesideSpikes(t *testing.T) {
	const points, onset, slope = 96, 55, 8
	c := course{columns: []column{{values: constant(points, 1)}}, shared: &shared{}}
	for i := range points {
		v := 650 + 25*math.Sin(2.3*float64(i)) + slope*max(0, float64(i-onset))
		if i == 14 || i == 26 || i == 44 {
			v += 8000
		}
		c.x, c.y = append(c.x, float64(i)), append(c.y, v)
	}
	c.clock = c.x
	if got := c.fit(); got.z < sureZ || math.Abs(got.onset-onset) > 5 || math.Abs(got.slope-slope) > 1 {
		t.Errorf("%.1f standard errors, %.1f from point %.0f on; want %d from point %d on", got.z, got.slope, got.onset, slope, onset)
	}
}
