package labelled

import (
	"math"
	"slices"
	"testing"
)

// point is a block of a log, as the model has it.
type point struct {
	hours  float64
	values map[string]float64
}

// course returns the first process of a log, some hundred blocks of it.
func course(t *testing.T, c *Case, s spec, quiet bool) []point {
	b := blocks{t: c.template, s: &s, quiet: quiet, apart: fewer(c, 300)}
	var all []point
	for b.next() && b.run == 1 {
		all = append(all, point{b.p.now.hours(), resources(b.p)})
		wraps(t, c, b.p)
	}
	return all
}

// wraps says where a release would write a number that has wrapped: the set writes none.
func wraps(t *testing.T, c *Case, p *process) {
	const gib = 1 << 20 // KiB
	total, malloced := p.values[p.t.slot("Memory total")], p.values[p.t.slot("Memory malloced")]
	if c.spec.template == "2.3.2" && total > 4*gib || c.spec.template == "3.0.14" && malloced > 2*gib {
		t.Errorf("%s: block %d: memory comes to %.0f K", c.Name, p.blocks, total)
	}
}

func series(points []point, name string) []float64 {
	var all []float64
	for _, p := range points {
		all = append(all, p.values[name])
	}
	return all
}

// after returns the points of a log from the given hours on.
func after(points []point, hours float64) []point {
	i := slices.IndexFunc(points, func(p point) bool { return p.hours >= hours })
	return points[max(0, i):]
}

func mean(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}

// spread is the standard deviation that the median distance from the median tells, which
// bursts do not move.
func spread(v []float64) float64 {
	m := median(v)
	var off []float64
	for _, x := range v {
		off = append(off, math.Abs(x-m))
	}
	return 1.4826 * median(off)
}

const startUp = 0.5 // hours

// What leaks, leaks enough to be seen: without any noise, and with the rest of the log as it
// is, the resource ends at least 6 % of its level and three standard deviations of its noise
// above where it would be if nothing leaked.
func TestLeaksAreThere(t *testing.T) {
	for _, c := range made(t) {
		if c.Percent == 0 {
			continue
		}
		sound := *c.spec
		sound.leaks = nil
		with, without := course(t, &c, *c.spec, true), course(t, &c, sound, true)
		noisy := course(t, &c, sound, false)

		leaking := series(with, c.What)
		steady := series(after(without, startUp), c.What)
		level := mean(steady)
		if c.What == heldConns {
			level = mean(series(after(without, startUp), sessions))
		}
		last := len(leaking) - 1
		leaked := leaking[last] - series(without, c.What)[last]
		if leaked < 0.06*level {
			t.Errorf("%s: %s leaks %.2g of its level", c.Name, c.What, leaked/level)
		}
		if sd := spread(differences(noisy, without, c.What)); leaked < 3*sd {
			t.Errorf("%s: %s leaks %.2g, its noise is %.2g", c.Name, c.What, leaked, sd)
		}
		if c.What == ownTable && !c.template.sized() && leaked < 3*spread(differences(noisy, without, "entries")) {
			t.Errorf("%s: the sum of all tables does not show it", c.Name)
		}
		if c.What == "Memory total" {
			outgrowsLoad(t, &c, leaked, steady)
			setsRecords(t, &c, course(t, &c, *c.spec, false), noisy)
		}
		if swing := c.spec.load.swing; swing > 0 && c.Hours < 24 {
			t.Errorf("%s: %g hours are no day", c.Name, c.Hours)
		}
	}
}

// differences are the noise of a resource after the start-up.
func differences(noisy, quiet []point, name string) []float64 {
	var all []float64
	a, b := series(after(noisy, startUp), name), series(after(quiet, startUp), name)
	for i := range min(len(a), len(b)) {
		all = append(all, a[i]-b[i])
	}
	return all
}

// outgrowsLoad says that memory ends higher than the load alone ever lifts it: peak memory
// shows nothing else.
func outgrowsLoad(t *testing.T, c *Case, leaked float64, steady []float64) {
	t.Helper()
	if swing := slices.Max(steady) - slices.Min(steady); c.spec.load.swing > 0 && leaked < swing {
		t.Errorf("%s: memory leaks %.0f K, the load moves %.0f K", c.Name, leaked, swing)
	}
}

// setsRecords says that peak memory tells of the leak: in the second half of the log it goes
// on rising as it does not without.
func setsRecords(t *testing.T, c *Case, with, without []point) {
	t.Helper()
	leaks, steady := series(with, "Memory total"), series(without, "Memory total")
	last := min(len(leaks), len(steady)) - 1
	rises := func(v []float64) float64 { return v[last] - v[last/2] }
	if rises(leaks) < 2*rises(steady) || leaks[last] < 1.06*steady[last] {
		t.Errorf("%s: memory rises by %.0f K, without a leak by %.0f K, to %.0f K and %.0f K", c.Name,
			rises(leaks), rises(steady), leaks[last], steady[last])
	}
}

// What is stuck or behind ends with a backlog that only grew.
func TestBreakdownsAreThere(t *testing.T) {
	for _, c := range made(t) {
		if c.Leak == "" || c.Percent > 0 {
			continue
		}
		points := course(t, &c, *c.spec, true)
		points = after(points, 0.03) // main reads what readers had at the start
		i := slices.IndexFunc(points, func(p point) bool { return p.values[c.What] > 0 })
		if i < 0 {
			t.Errorf("%s: nothing waits", c.Name)
			continue
		}
		v := series(points[i:], c.What)
		if !slices.IsSorted(v) {
			t.Errorf("%s: the backlog falls", c.Name)
		}
		least := 300.0
		if c.Leak == "dns-stuck" {
			least = maxPending
		}
		if end := v[len(v)-1]; end < least {
			t.Errorf("%s: %v wait at the end", c.Name, end)
		}
		if left := points[len(points)-1].hours - points[i].hours; left < 0.14 {
			t.Errorf("%s: lasts only %.2f hours", c.Name, left)
		}
	}
}

// A healthy log, under constant load and without noise, comes to rest: in its last quarter
// nothing creeps up by more than 2 %. Jumps are no creeping, and what is cut down again and
// again counts by how high it comes.
func TestHealthyLogsRest(t *testing.T) {
	const hours = 6 // shorter processes are still starting
	for _, c := range made(t) {
		if c.Leak != "" || c.Hours/float64(max(1, c.spec.runs)) < hours {
			continue
		}
		s := *c.spec
		s.load = load{}
		points := course(t, &c, s, true)
		last := points[len(points)-1].values
		delete(last, "Memory total") // may be a peak; "live" is what counts
		for name, v := range last {
			part := after(points, 0.75*points[len(points)-1].hours)
			crept := creep(series(part, name))
			if c.Class == "saw-tooth" {
				half := series(points[len(points)/4:len(points)*3/4], name)
				crept = slices.Max(series(part, name)) - slices.Max(half)
			}
			if crept > 0.02*v+1 {
				t.Errorf("%s: %s creeps up by %.3g to %.3g", c.Name, name, crept, v)
			}
		}
		for _, th := range c.template.threads {
			if waiting := last[th.name]; waiting > 0 {
				t.Errorf("%s: %s has %v messages waiting at the end", c.Name, th.name, waiting)
			}
		}
	}
}

// creep adds up the changes of v but its jumps.
func creep(v []float64) float64 {
	const jump = 0.02
	var sum float64
	for i := 1; i < len(v); i++ {
		if d := v[i] - v[i-1]; math.Abs(d) < jump*v[i] {
			sum += d
		}
	}
	return sum
}
