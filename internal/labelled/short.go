package labelled

// start is a process that has just begun and fills ever more slowly.
func (d *drawing) start() {
	fill, size := d.scale(10, 60), d.between(0, 1)
	d.with(func(p *process) {
		p.caches.base, p.caches.fill = size*p.program, fill
		p.core.fill, p.sessions.fill = min(p.core.fill, 2*fill), min(p.sessions.fill, 3*fill)
	})
}

// startWithFeed is a process that first reads a large intelligence file, for several snapshots.
func (d *drawing) startWithFeed() {
	d.last = max(d.last, 6)
	d.hours = float64(d.last) * d.interval / 3600
	takes, rows := d.hours*d.between(0.1, 0.5), d.scale(20_000, 500_000)
	d.with(func(p *process) {
		store, kib := p.resource(dataStore), rows*0.6
		if !p.t.sized() {
			store = &p.unlisted
		}
		share := func(m moment) float64 { return min(1, m.hours()/takes) }
		store.add(func(m moment) float64 { return kib * share(m) })
		t := p.thread(intelFile)
		t.rows = rows
		t.out.slow = func(moment) float64 { return rows / (3600 * takes) }
	})
}

// excerpt is a part of a healthy log, as people mail it.
func (d *drawing) excerpt() { d.later(d.scale(0.5, 200)) }

func (d *drawing) single() {
	if d.chance(0.7) {
		d.later(d.scale(0.05, 200))
	}
	d.last = 1
}

// fastCore leaks megabytes between any two snapshots.
func (d *drawing) fastCore() {
	d.last = 8 + d.IntN(23)
	d.interval = d.scale(1, 20)
	d.hours = float64(d.last) * d.interval / 3600
	rate := d.scale(2, 40) * 1024 * 3600 / d.interval
	if d.chance(0.4) {
		d.quiet()
	}
	if d.chance(0.5) {
		d.later(d.scale(0.2, 100))
	}
	chunk := d.scale(64, 1024)
	d.with(func(p *process) { p.heap.chunk = chunk })
	d.growsBy(rate, d.skip)
}

// growsBy leaks KiB of memory per hour, from some hours after the start of the process on.
func (d *drawing) growsBy(rate, onset float64) {
	d.what = "Memory total"
	d.leaks = func(p *process) {
		p.resource(d.what).add(flow{rate: rate, onset: onset}.curve(p))
		p.grows = Growth{PerHour: rate, Onset: onset}
	}
}

// singleCore is a single snapshot of a process that has grown to tens or hundreds of GiB.
func (d *drawing) singleCore() {
	d.later(d.scale(2, 60))
	d.last = 1
	d.growsBy(d.scale(25, 300)*(1<<20)/d.skip, 0)
}

// later starts the log some hours after its process.
func (d *drawing) later(hours float64) {
	d.skip = hours
}
