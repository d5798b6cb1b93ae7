package labelled

import "math"

// A resource is base x load x noise + what is added: a leak, a step, a burst.

// moment is where a process stands.
type moment struct {
	age  float64 // seconds since the process started
	dt   float64 // seconds since the snapshot before
	load float64 // traffic now, 1 on average
	work float64 // hours of average traffic handled so far
}

func (m moment) hours() float64 { return m.age / 3600 }

// gauge is a resource whose level goes up and down.
type gauge struct {
	base   float64 // its level at load 1, when filled
	unit   float64 // added shares are shares of this, or of base if it is 0
	follow float64 // share of base that follows the load
	lag    float64 // seconds behind the load
	fill   float64 // seconds in which it fills after the start: 1-1/e of it
	noise  noise
	added  []curve

	behind float64 // the load, lag seconds late
	extra  float64 // what is added now
}

func (g *gauge) next(m moment, d *dice) float64 {
	if m.dt == 0 || g.lag == 0 {
		g.behind = m.load
	}
	if g.lag > 0 {
		g.behind += (m.load - g.behind) * m.dt / (m.dt + g.lag)
	}
	v := g.base * (1 - g.follow + g.follow*g.behind) * g.noise.next(m.dt, d)
	const full = 50
	if g.fill > 0 && m.age < full*g.fill {
		v *= 1 - math.Exp(-m.age/g.fill)
	}
	g.extra = 0
	for _, c := range g.added {
		g.extra += g.share() * c(m)
	}
	return max(0, v+g.extra)
}

// share returns the amount that an added share of 1 means.
func (g *gauge) share() float64 {
	if g.unit == 0 {
		return g.base
	}
	return g.unit
}

// add adds a curve of absolute numbers.
func (g *gauge) add(c curve) {
	if g.share() == 0 {
		g.unit = 1
	}
	unit := g.share()
	g.added = append(g.added, func(m moment) float64 { return c(m) / unit })
}

// counter is a number that only rises: events at a rate that follows the load.
type counter struct {
	rate  float64 // a second, at load 1
	total float64
	noise noise
}

func (c *counter) next(m moment, d *dice) float64 {
	c.total += c.rate * m.load * m.dt * c.noise.next(m.dt, d)
	return math.Floor(c.total)
}

// curve is what is added to a resource, as a share of its unit. A gauge calls each curve once per
// snapshot, so a curve may keep state.
type curve func(moment) float64

// linear rises by a share an hour.
func linear(share float64) curve {
	return func(m moment) float64 { return share * m.hours() }
}

// withLoad rises by a share for each hour of average traffic.
func withLoad(share float64) curve {
	return func(m moment) float64 { return share * m.work }
}

// staircase rises by a share an hour in steps, four an hour.
func staircase(share float64) curve {
	return func(m moment) float64 { return share * math.Floor(4*m.hours()) / 4 }
}

// later starts c some hours after the process.
func later(hours float64, c curve) curve {
	return func(m moment) float64 {
		m.age -= 3600 * hours
		if m.age < 0 {
			return 0
		}
		return c(m)
	}
}

// step adds a share at once.
func step(hours, share float64) curve {
	return later(hours, func(moment) float64 { return share })
}

// bump adds a share for some minutes.
func bump(hours, minutes, share float64) curve {
	return func(m moment) float64 {
		if since := 60 * (m.hours() - hours); since < 0 || since > minutes {
			return 0
		}
		return share
	}
}

// saw rises to a share and falls back to 0, period hours long.
func saw(period, share float64) curve {
	return func(m moment) float64 { return share * math.Mod(m.hours(), period) / period }
}

// plateau fills up to a share, 1-1/e of it in the given hours.
func plateau(fill, share float64) curve {
	return func(m moment) float64 { return share * (1 - math.Exp(-m.hours()/fill)) }
}

// memory turns live memory into "Memory: total", in KiB, as an allocator does.
type memory struct {
	d       *dice
	peak    bool
	chunk   float64 // KiB by which it grows
	holes   float64 // share of live memory lost to fragmentation, once settled
	settle  float64 // hours in which 1-1/e of the holes appear
	late    float64 // hours until a heap gives unused memory back; 0 for a random time
	arenas  curve   // KiB of the arenas of threads
	passing curve   // KiB in use only between two snapshots: a peak shows them

	total float64
	low   float64 // hours: the last time most of the heap was in use
}

func (a *memory) next(live float64, m moment) float64 {
	if a.holes > 0 {
		live *= 1 + a.holes*(1-math.Exp(-m.hours()/a.settle))
	}
	if a.arenas != nil {
		live += a.arenas(m)
	}
	if a.passing != nil {
		live += a.passing(m)
	}
	if live > a.total {
		jump := a.chunk
		if !a.d.quiet {
			jump *= a.d.between(0.5, 1.5)
		}
		a.total += jump * math.Ceil((live-a.total)/jump)
	}
	if !a.peak {
		a.giveBack(live, m)
	}
	return math.Round(a.total)
}

func (a *memory) giveBack(live float64, m moment) {
	if live >= a.total-3*a.chunk {
		a.low = m.hours()
		return
	}
	soon := a.late == 0 && (a.d.quiet || a.d.chance(0.05))
	if soon || a.late > 0 && m.hours()-a.low > a.late {
		a.total = live + a.chunk
	}
}
