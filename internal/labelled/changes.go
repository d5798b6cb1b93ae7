package labelled

// grow adds a curve to a resource.
func grow(name string, c curve) change {
	return func(p *process) {
		g := p.resource(name)
		g.added = append(g.added, c)
	}
}

// larger multiplies the level of a resource, whether it leaks or not.
func larger(name string, times float64) change {
	return func(p *process) {
		g := p.resource(name)
		g.base *= times
		g.unit *= times
	}
}

// spell raises a resource by up to 80 % for 40 minutes.
func spell(name string, hours float64) change {
	return func(p *process) {
		grow(name, bump(hours, 30, 0.5))(p)
		grow(name, bump(hours, 40, 0.3))(p)
	}
}

// reload reads the intel file again at each of the hours. Each share is how much larger or smaller
// the store then is than at first.
func reload(hours, shares []float64) change {
	const size = 150000 // KiB, of a list of some size
	return func(p *process) {
		p.thread(intelFile).loads = hours
		store := p.resource(dataStore)
		if !p.t.sized() {
			store = &p.unlisted // without a line, but in memory
		}
		store.base, store.unit, store.noise = store.base+size, size, noise{}
		before := 0.0
		for i, h := range hours {
			store.added = append(store.added, step(h, shares[i]-before))
			before = shares[i]
		}
	}
}

// readsLess makes a thread read that share of its messages.
func readsLess(name string, share curve) change {
	return func(p *process) { p.thread(name).in.share = share }
}

// mainReadsLess makes the main thread read that share of a reader's messages.
func mainReadsLess(share curve) change {
	return func(p *process) { p.thread(ownReader).out.share = share }
}

// backlog makes a busy thread's pending messages rise for some minutes and then fall.
func backlog(name string, out bool, hours, minutes float64) change {
	return func(p *process) {
		t := p.thread(name)
		slow := func(m moment) float64 { return 1 - bump(hours, minutes, 0.6)(m) }
		t.rate, t.lines = max(t.rate, 5), max(t.lines, t.lines*2)
		if out {
			t.out.share, t.out.drain = slow, 6
			return
		}
		t.in.share, t.in.drain = slow, 6
	}
}

// allUntil is the share of messages that is read until the given hours, rest that from then on.
func allUntil(hours, rest float64) curve {
	return func(m moment) float64 { return 1 - step(hours, 1-rest)(m) }
}

// stuckDNS makes all lookups hang from the given hours on.
func stuckDNS(hours float64) change {
	return func(p *process) { p.dns.stuck = 3600 * hours }
}

// busyDNS has all lookups in flight for some minutes.
func busyDNS(hours, minutes float64) change {
	return func(p *process) { p.dns.full = [2]float64{3600 * hours, 3600*hours + 60*minutes} }
}

// slowStart makes everything fill with a time constant of that many hours.
func slowStart(hours float64) change {
	return func(p *process) {
		p.caches.base, p.caches.fill = p.core.base, 3600*hours
		p.dfa.fill = 3600 * hours
		p.resource(ownTable).fill = 3600 * hours
	}
}

// fills replaces what is in the site's own table by a curve.
func fills(c curve) change {
	return func(p *process) {
		g := p.resource(ownTable)
		g.unit, g.added = g.base, append(g.added, c)
		g.base *= 0.1
	}
}

// cacheOf makes the cache of the signature engine larger, and slower to fill.
func cacheOf(times, hours float64) change {
	return func(p *process) {
		p.dfa.base *= times
		p.dfa.fill = 3600 * hours
	}
}

// restlessMemory makes peak memory set records ever more rarely, without growing.
func restlessMemory(p *process) {
	p.core.noise = noise{sd: 0.06, memory: 900}
	p.heap.chunk = 512
}

func idleThreads(p *process) {
	for _, t := range p.threads {
		t.rate, t.lines = 0, 0
	}
}

// idle is a sensor whose interface sees nothing.
func idle(p *process) {
	idleThreads(p)
	for _, c := range []*counter{&p.total, &p.expired, &p.triggers, &p.computed} {
		c.rate = 0
	}
	for _, g := range []*gauge{&p.sessions, &p.held, &p.reassembler, &p.core, &p.dns.cached, p.resource(ownTable)} {
		g.base, g.noise = 0, noise{}
	}
	for i := range p.timers {
		if t := &p.timers[i]; t.follow > 0 {
			t.base = 0
		}
	}
	p.scan.rate, p.dns.rate = 0, 0
}

// appears makes a thread begin late.
func appears(name string, hours float64) change {
	return func(p *process) { p.thread(name).from = 3600 * hours }
}

// replaced ends a thread and later starts another with the same name.
func replaced(name string, hours float64) change {
	return func(p *process) { p.thread(name).ends = 3600 * hours }
}

func neverExpensive(p *process) { p.every = 0 }

func zeroSnapshots(n int) change {
	return func(p *process) { p.zeros = n }
}

func scans(anHour float64) change {
	return func(p *process) { p.scan.rate = anHour }
}

// wandering makes traffic change at random over some hours, whatever the time of day.
func wandering(sd, hours float64) change {
	return func(p *process) { p.traffic.noise = noise{sd: sd, memory: 3600 * hours, steady: true} }
}

// starved loses snapshots and heartbeats.
func starved(p *process) { p.missing, p.stalls = 0.05, 0.1 }
