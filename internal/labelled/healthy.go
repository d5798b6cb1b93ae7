package labelled

import (
	"math"
	"slices"
)

// quiet is a sensor that sees no traffic.
func (d *drawing) quiet() {
	d.load.week.scale, d.load.bursts = 0, 0
	d.with(idle)
}

func (d *drawing) createExpire() {
	k := d.anyKeys()
	k.read = false
	if d.daily() {
		k.life, k.strangers, k.visits = 24, k.strangers*k.life/24, k.visits*k.life/24
	}
	d.table(ownTable, k)
}

func (d *drawing) readExpire() {
	k := d.anyKeys()
	k.read = true
	if d.daily() {
		k.life, k.strangers, k.visits = 24, k.strangers*k.life/24, k.visits*k.life/24
	}
	d.table(ownTable, k)
}

func (d *drawing) clears() {
	period := pick(d.dice, 0.25, 0.5, 1)
	if d.daily() {
		period = pick(d.dice, 1.0, 6, 24)
	}
	size := d.scale(1000, 60_000)
	d.table(ownTable, keys{strangers: size / period, residents: size * d.between(0, 1), visits: d.scale(0.3, 3) / period, period: period})
}

// sumStats counts sources within an epoch, then clears its table.
func (d *drawing) sumStats() {
	period := pick(d.dice, 1.0/12, 0.25, 1)
	if d.daily() {
		period = pick(d.dice, 1.0, 6, 24)
	}
	residents := d.scale(1000, 50_000)
	k := keys{residents: residents, strangers: residents * d.between(0, 0.1) / period, visits: d.scale(0.5, 10) / period, period: period}
	d.table(customTable, k)
}

func (d *drawing) scanned() {
	k := keys{strangers: d.scale(10, 500), life: pick(d.dice, 0.25, 0.5, 1), scans: d.scale(0.1, 2), scanned: d.scale(500, 30_000)}
	if d.daily() {
		k.life, k.scans = pick(d.dice, 0.25, 1, 6, 24), d.scale(0.05, 0.5)
	}
	d.table(scannedTable, k)
	d.with(scans(k.scans))
}

// feeds reads a feed of changing size again and again. Its size always comes back to its mean.
func (d *drawing) feeds() {
	every := pick(d.dice, 0.5, 1, 3)
	if d.daily() {
		every = pick(d.dice, 1.0, 6, 24)
	}
	size, spread := d.scale(20_000, 200_000), d.between(0.02, 0.3)
	first := d.between(0, every)
	d.with(func(p *process) {
		luck := p.events()
		var hours []float64
		for h := first; h < d.hours; h += every {
			hours = append(hours, h)
		}
		p.thread(intelFile).loads = hours
		store := p.resource(dataStore)
		if !p.t.sized() {
			store = &p.unlisted
		}
		next, off := first, 0.0
		store.add(func(m moment) float64 {
			for m.hours() >= next {
				off = 0.6*off + 0.8*spread*luck.normal()
				next += every
			}
			return size * max(0.2, 1+off)
		})
	})
}

// slowCaches has caches that take hours to fill. No line of the log shows them.
func (d *drawing) slowCaches() {
	fill, size := d.hours/d.between(6, 15), d.between(0.1, 0.8)
	if d.daily() {
		fill = d.between(4, 12)
	}
	d.with(func(p *process) { p.caches.base, p.caches.fill = size*p.program, 3600*fill })
}

func (d *drawing) signatures() {
	fill := d.hours / d.between(6, 15)
	if d.daily() {
		fill = d.between(3, 12)
	}
	d.with(cacheOf(d.scale(3, 30), fill))
}

// mallocStairs has a peak that rises in steps, ever more rarely: from fragmentation, from the arenas
// of threads, and from bursts that end before the snapshot.
func (d *drawing) mallocStairs() {
	settle := d.hours / d.between(8, 20)
	if d.daily() {
		settle = d.scale(0.5, 8)
	}
	holes, arenas := d.between(0.05, 0.3), 4+d.IntN(20)
	arena, burst, rate := d.scale(1, 16)*1024, d.scale(2, 60)*1024, d.scale(0.2, 4)
	chunk := d.scale(1, 64) * 1024
	d.with(func(p *process) {
		luck := p.events()
		var made []float64
		for range arenas {
			made = append(made, settle*luck.ExpFloat64())
		}
		p.heap.holes, p.heap.settle, p.heap.chunk = holes, settle, chunk
		p.heap.arenas = func(m moment) float64 {
			var n float64
			for _, at := range made {
				if m.hours() >= at {
					n++
				}
			}
			return n * arena
		}
		p.heap.passing = func(m moment) float64 {
			if !luck.chance(rate * m.dt / 3600) {
				return 0
			}
			return burst * math.Exp(0.6*luck.normal())
		}
	})
}

// lateHeap has a heap that gives back hours later what a busy spell took.
func (d *drawing) lateHeap() {
	late := d.hours / d.between(4, 10)
	if d.daily() {
		late = d.between(2, 12)
	}
	size, often := d.between(0.1, 0.5), d.scale(0.05, 0.4)
	d.with(func(p *process) {
		luck := p.events()
		p.heap.late = late
		var until, now float64
		p.core.add(func(m moment) float64 {
			if m.hours() > until {
				now = 0
			}
			if now == 0 && luck.chance(often*m.dt/3600) {
				now, until = size*p.program*math.Exp(0.4*luck.normal()), m.hours()+luck.between(0.1, 1)
			}
			return now
		})
	})
}

// longSessions has sessions that live for hours, as those of tunnels and phones do. Their number rises
// for hours until as many end as begin.
func (d *drawing) longSessions() {
	life := d.hours / d.between(8, 20)
	if d.daily() {
		life = d.between(2, 8)
	}
	share := d.between(0.2, 1.5)
	d.with(func(p *process) {
		level, n := share*p.sessions.base, 0.0
		luck := p.dice()
		p.sessions.add(func(m moment) float64 {
			hours := m.dt / 3600
			n = max(0, n+luck.poisson(level/life*m.load*hours)-luck.poisson(n*(1-math.Exp(-hours/life))))
			return n
		})
	})
}

// spells has short times when something is much busier than usual.
func (d *drawing) spells() {
	for range 1 + int(d.hours/12) {
		name := pick(d.dice, sessions, "TriggerTimer", "FileAnalysisInactivityTimer", "Total reassembler data")
		d.with(spell(name, d.between(0.5, d.hours-1)))
	}
}

// otherTraffic has more or less traffic from some time on, as when somebody adds a tap.
func (d *drawing) otherTraffic() {
	d.load.turn, d.load.by = d.hours*d.between(0.1, 0.9), pick(d.dice, d.between(-0.5, -0.1), d.between(0.1, 1))
}

// moodyTraffic changes over hours at random, whatever the time of day.
func (d *drawing) moodyTraffic() {
	d.with(wandering(d.between(0.1, 0.25), d.between(1, 6)))
}

// beside adds something healthy that moves another resource than what the log is about.
func (d *drawing) beside() {
	busy := map[string]string{"sessions": "long-sessions", "long-sessions": "long-sessions", "scans": "scans", "intel": "feeds", "feeds": "feeds",
		"caches": "caches", "signatures": "signatures", "sumstats": "sumstats", "malloc-stairs": "malloc-stairs"}[d.class]
	others := []string{"long-sessions", "scans", "caches", "signatures"}
	if d.what != customTable {
		others = append(others, "sumstats")
	}
	if d.template != "2.3.2" {
		others = append(others, "malloc-stairs")
	}
	if d.template != "7.0.11-worker" && d.leak != "reader" {
		others = append(others, "feeds")
	}
	others = slices.DeleteFunc(others, func(name string) bool { return name == busy || name == "long-sessions" && d.what == sessions })
	name := pick(d.dice, others...)
	for _, c := range classes() {
		if c.name == name {
			c.is(d)
		}
	}
}

// drains has a writer that falls behind in the busiest hours and catches up by each morning. In a
// log without a night it falls behind for a while and catches up soon.
func (d *drawing) drains() {
	name := pick(d.dice, connWriter, dnsWriter)
	switch d.span {
	case Hours:
		d.with(backlog(name, false, d.between(0.5, d.hours-2.5), d.between(10, 50)))
		return
	case Day:
		d.with(backlog(name, false, d.between(0.5, d.hours-4), d.between(10, 100)))
		return
	}
	most := 0.0
	for from := 0.0; from < d.hours; from += 3 {
		most = max(most, d.load.mean(from, from+24))
	}
	rate, limit := d.scale(0.5, 5), most*d.between(1.15, 1.5)
	d.busyThread(name, rate)
	d.with(func(p *process) {
		p.thread(name).in.slow = func(moment) float64 { return 1 + rate*limit }
	})
}
