package analyze

import (
	"math"
	"testing"
)

// Only the busiest hour of each day sets a record.
func TestOneRecordEachDay(t *testing.T) {
	const hours = 5 * day
	for _, test := range []struct {
		name      string
		perHour   float64
		low, high float64
	}{
		{name: "leak", perHour: 0.2, low: suspectZ, high: math.Inf(1)},
		{name: "healthy", perHour: 0, low: 0, high: unsureZ},
	} {
		t.Run(test.name, func(t *testing.T) {
			var x, load, y []float64
			top := 0.0
			for h := range hours {
				x = append(x, float64(h))
				load = append(load, 0)
				if h%day == 0 {
					load[h] = 1 + 0.1*math.Sin(float64(h*h))
				}
				top = max(top, 100+20*load[h]+test.perHour*float64(h)+0.2*math.Sin(float64(h*h)))
				y = append(y, top)
			}
			c := course{x: x, y: y, clock: x, peak: true, columns: []column{{values: constant(hours, 1)}, {values: load}}}
			if z := c.fit().z; z < test.low || z > test.high {
				t.Errorf("%.1f standard errors, want %.1f to %.1f", z, test.low, test.high)
			}
		})
	}
}
