package labelled

import (
	"math"
	"slices"
	"testing"
)

// point is a snapshot of a log, as the model has it.
type point struct {
	hours  float64
	values map[string]float64
}

// course returns the first process of a log, in a few hundred snapshots.
func course(t *testing.T, c *Case, s spec, quiet bool) []point {
	b := walk{t: c.template, s: &s, quiet: quiet, apart: fewer(c, 300)}
	var all []point
	for b.next() && b.run == 1 {
		all = append(all, point{b.p.now.hours(), resources(b.p)})
		wraps(t, c, b.p)
	}
	return all
}

// wraps reports numbers that a release would write wrapped: the set has none.
func wraps(t *testing.T, c *Case, p *process) {
	const gib = 1 << 20 // KiB
	total, malloced := p.values[p.t.slot("Memory total")], p.values[p.t.slot("Memory malloced")]
	if c.spec.template == "2.3.2" && total > 4*gib || c.spec.template == "3.0.14" && malloced > 2*gib {
		t.Errorf("snapshot %d: memory comes to %.0f K", p.written, total)
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

// spread estimates the standard deviation from the median distance to the median, which bursts do
// not move.
func spread(v []float64) float64 {
	m := median(v)
	var off []float64
	for _, x := range v {
		off = append(off, math.Abs(x-m))
	}
	return 1.4826 * median(off)
}

const startUp = 0.5 // hours

// A leak is large enough to be seen: without noise, the resource ends at least 6 % of its level and
// three standard deviations of its noise above where it would be without the leak.
func TestLeaksAreThere(t *testing.T) {
	for _, c := range made(t) {
		if c.Percent > 0 {
			t.Run(c.Name, func(t *testing.T) { leakShows(t, &c) })
		}
	}
}

func leakShows(t *testing.T, c *Case) {
	sound := *c.spec
	sound.leaks = nil
	with, without := course(t, c, *c.spec, true), course(t, c, sound, true)
	noisy := course(t, c, sound, false)

	leaking := series(with, c.What)
	steady := series(after(without, startUp), c.What)
	level := mean(steady)
	if c.What == heldConns {
		level = mean(series(after(without, startUp), sessions))
	}
	last := len(leaking) - 1
	leaked := leaking[last] - series(without, c.What)[last]
	if leaked < 0.06*level {
		t.Errorf("%s leaks %.2g of its level", c.What, leaked/level)
	}
	if sd := spread(differences(noisy, without, c.What)); leaked < 3*sd {
		t.Errorf("%s leaks %.2g, its noise is %.2g", c.What, leaked, sd)
	}
	if c.What == ownTable && !c.template.sized() && leaked < 3*spread(differences(noisy, without, "entries")) {
		t.Error("the sum of all tables does not show it")
	}
	if c.What == "Memory total" {
		outgrowsLoad(t, c, leaked, steady)
		setsRecords(t, c, course(t, c, *c.spec, false), noisy)
	}
	if swing := c.spec.load.swing; swing > 0 && c.Hours < 24 {
		t.Errorf("%g hours are no day", c.Hours)
	}
}

// differences returns the noise of a resource after the start-up.
func differences(noisy, quiet []point, name string) []float64 {
	var all []float64
	a, b := series(after(noisy, startUp), name), series(after(quiet, startUp), name)
	for i := range min(len(a), len(b)) {
		all = append(all, a[i]-b[i])
	}
	return all
}

// outgrowsLoad checks that memory ends higher than the load alone ever lifts it: peak memory shows
// nothing else.
func outgrowsLoad(t *testing.T, c *Case, leaked float64, steady []float64) {
	t.Helper()
	if swing := slices.Max(steady) - slices.Min(steady); c.spec.load.swing > 0 && leaked < swing {
		t.Errorf("memory leaks %.0f K, the load moves %.0f K", leaked, swing)
	}
}

// setsRecords checks that peak memory shows the leak: in the second half of the log it rises faster
// than without it.
func setsRecords(t *testing.T, c *Case, with, without []point) {
	t.Helper()
	leaks, steady := series(with, "Memory total"), series(without, "Memory total")
	last := min(len(leaks), len(steady)) - 1
	rises := func(v []float64) float64 { return v[last] - v[last/2] }
	if rises(leaks) < 2*rises(steady) || leaks[last] < 1.06*steady[last] {
		t.Errorf("memory rises by %.0f K, without a leak by %.0f K, to %.0f K and %.0f K",
			rises(leaks), rises(steady), leaks[last], steady[last])
	}
}

// A thread that is stuck or behind ends with a backlog that has only grown.
func TestBreakdownsAreThere(t *testing.T) {
	for _, c := range made(t) {
		if c.Leak != "" && c.Percent == 0 {
			t.Run(c.Name, func(t *testing.T) { breaksDown(t, &c) })
		}
	}
}

func breaksDown(t *testing.T, c *Case) {
	points := course(t, c, *c.spec, true)
	points = after(points, 0.03) // main reads what readers had at the start
	i := slices.IndexFunc(points, func(p point) bool { return p.values[c.What] > 0 })
	if i < 0 {
		t.Error("nothing waits")
		return
	}
	v := series(points[i:], c.What)
	if !slices.IsSorted(v) {
		t.Error("the backlog falls")
	}
	least := 300.0
	if c.Leak == "dns-stuck" {
		least = maxPending
	}
	if end := v[len(v)-1]; end < least {
		t.Errorf("%v wait at the end", end)
	}
	if left := points[len(points)-1].hours - points[i].hours; left < 0.14 {
		t.Errorf("lasts only %.2f hours", left)
	}
}

// A healthy log, under constant load and without noise, comes to rest: in its last quarter
// nothing creeps up by more than 2 %. Jumps do not count as creeping; of a saw-tooth the maxima count.
func TestHealthyLogsRest(t *testing.T) {
	const hours = 6 // shorter processes are still starting
	for _, c := range made(t) {
		if c.Leak == "" && c.Hours/float64(max(1, c.spec.runs)) >= hours {
			t.Run(c.Name, func(t *testing.T) { comesToRest(t, &c) })
		}
	}
}

func comesToRest(t *testing.T, c *Case) {
	s := *c.spec
	s.load = load{}
	points := course(t, c, s, true)
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
			t.Errorf("%s creeps up by %.3g to %.3g", name, crept, v)
		}
	}
	for _, th := range c.template.threads {
		if waiting := last[th.name]; waiting > 0 {
			t.Errorf("%s has %v messages waiting at the end", th.name, waiting)
		}
	}
}

// creep adds up the changes of v without its jumps.
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
