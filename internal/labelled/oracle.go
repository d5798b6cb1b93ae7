package labelled

import (
	"math"
	"slices"
)

// Decidable is the t from which on a judge should find a leak. A judge that looks at a hundred
// numbers each hour of a week, and may be wrong once in ten thousand such weeks, needs 5.7. The rest
// is for the model, which it does not know.
const Decidable = 6

// Oracle returns the t of the leak in a regression that knows everything but the noise: how the number
// goes under the true load without the leak, and the shape of the leak. It also returns how many hours
// of the log it takes for t to come to Decidable, infinitely many if it never does. For a healthy log
// and for a real one t is 0. It makes the log three times.
func (c *Case) Oracle() (t, hours float64) {
	if c.Leak == "" || c.spec == nil {
		return 0, math.Inf(1)
	}
	sound, other := *c.spec, *c.spec
	sound.leaks, other.leaks = nil, nil
	other.twin = 1 << 40
	leaking, steady, again := c.visible(c.spec), c.visible(&sound), c.visible(&other)
	const parts = 48
	for part := range parts {
		share := float64(part+1) / parts
		t = 0
		for name := range leaking {
			t = max(t, tOf(first(leaking[name], share), first(steady[name], share), first(again[name], share)))
		}
		if t >= Decidable && hours == 0 {
			hours = share * c.Hours
		}
	}
	if t < Decidable || c.likeFilling() {
		hours = math.Inf(1)
	}
	return t, hours
}

// likeFilling reports whether the log ends before anybody can tell the leak from a healthy table, which fills as
// straight from nothing until its entries expire after a day. A leak that takes much of the memory in a day
// deserves a look in any case.
func (c *Case) likeFilling() bool {
	const day, much = 24, 0.03
	length := c.Hours / float64(max(1, c.spec.runs))
	if !c.spec.alike || length-c.Growth.Onset > day {
		return false
	}
	p := newProcess(c.template, c.spec, 0, true)
	entries := c.Growth.PerHour * day
	return entries*p.global(c.What).bytes/1024 < much*p.core.unit
}

func first(v []float64, share float64) []float64 { return v[:int(share*float64(len(v)))] }

// visible returns what the log shows of the resource, by the name of the number, as a few hundred
// means over equal times.
func (c *Case) visible(s *spec) map[string][]float64 {
	const means = 240
	names := []string{c.What}
	switch {
	case c.What == "Memory total":
		names = append(names, "Memory malloced")
	case c.Leak == "script-table" && !c.template.sized():
		names = append(names, "entries")
	}
	b := c.walk(false)
	b.s = s
	var n int
	sums := map[string][]float64{}
	each := max(1, int(3600*c.Hours/b.apart/means))
	for b.next() {
		now := resources(b.p)
		for _, name := range names {
			if n%each == 0 {
				sums[name] = append(sums[name], 0)
			}
			sums[name][n/each] += now[name] / float64(each)
		}
		n++
	}
	return sums
}

// tOf returns the size of the leak over the standard deviation of the noise. What is a constant or a
// multiple of what the number does without the leak does not count.
func tOf(leaking, steady, again []float64) float64 {
	const least = 0.3 // standard deviation of rounding
	n := min(len(leaking), len(steady), len(again))
	if n == 0 {
		return 0
	}
	leak, usual, noise := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		leak[i] = leaking[i] - steady[i]
		usual[i] = (steady[i] + again[i]) / 2
		noise[i] = (steady[i] - again[i]) / math.Sqrt2
	}
	if n > 1 {
		center(leak)
		center(usual)
		project(leak, usual)
	}
	variance := max(least*least, squares(noise)/float64(n))
	return math.Sqrt(squares(leak) / (variance * alike(noise)))
}

func center(v []float64) {
	var sum float64
	for _, x := range v {
		sum += x
	}
	for i := range v {
		v[i] -= sum / float64(len(v))
	}
}

// project removes from v its multiple of w.
func project(v, w []float64) {
	var both float64
	for i := range v {
		both += v[i] * w[i]
	}
	if s := squares(w); s > 0 {
		for i := range v {
			v[i] -= w[i] * both / s
		}
	}
}

func squares(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x * x
	}
	return sum
}

// alike returns the factor by which correlation between neighbours raises the variance of a mean.
func alike(v []float64) float64 {
	const batch = 8
	if len(v) < 4*batch {
		return 1
	}
	var sum float64
	batches := 0
	for part := range slices.Chunk(v, batch) {
		var mean float64
		for _, x := range part {
			mean += x / float64(len(part))
		}
		sum += mean * mean
		batches++
	}
	all := squares(v) / float64(len(v))
	if all == 0 {
		return 1
	}
	return max(1, batch*sum/float64(batches)/all)
}

// resources returns what may leak, by the names that process.resource knows, and live memory.
func resources(p *process) map[string]float64 {
	v := func(name string) float64 { return p.values[p.t.slot(name)] }
	all := map[string]float64{
		"Memory total":           v("Memory total"),
		"Memory malloced":        v("Memory malloced"),
		"live":                   p.live,
		sessions:                 v("Conns current/"),
		heldConns:                v("Conns current") - v("Conns current/"),
		"Conns avg":              p.perConn,
		"Total reassembler data": v("Total reassembler data"),
		"Global_sizes total":     v("Global_sizes total"),
		"entries":                v("Total number of table entries/"),
		"DNS_Mgr pending":        v("DNS_Mgr pending"),
	}
	for _, t := range p.timers {
		all[t.line.name] = p.values[t.line.slot]
	}
	for _, g := range p.globals {
		switch {
		case g.line.words == 3: // size (own/all entries)
			all[g.line.name] = p.values[g.line.slot+1]
		case g.line.words > 0:
			all[g.line.name] = p.values[g.line.slot]
		}
	}
	for _, t := range p.threads {
		all[t.line.name] = t.waiting()
	}
	return all
}
