package labelled

import (
	"math"
)

func (d *drawing) sized() bool { return d.template == "2.3.2" || d.template == "3.0.14" }

// memoryMost returns how many KiB may leak before a number of the release wraps.
func (d *drawing) memoryMost() float64 {
	if d.sized() {
		return 800 << 10
	}
	return 64 << 20
}

func (d *drawing) siteTable() {
	k := d.anyKeys()
	d.table(ownTable, k)
	onset := d.leaksIn(ownTable, 2000, 600_000, func(*process) float64 { return max(2000, k.level()) })
	d.alike = onset == 0 && k.life >= 24
}

// anyKeys draws a table of a site's own script.
func (d *drawing) anyKeys() keys {
	life := pick(d.dice, 0.1, 0.25, 0.5)
	if d.daily() {
		life = pick(d.dice, 0.25, 1, 3, 6, 24)
	}
	size := d.scale(1000, 50_000)
	k := keys{strangers: size / life * d.between(0.2, 1), residents: size * d.between(0.1, 1), visits: d.scale(0.3, 3) / life, life: life, read: d.chance(0.5)}
	return k
}

func (d *drawing) tableFrom0() {
	size := d.scale(3000, 100_000)
	d.alike = true
	d.leaksIn(customTable, 2000, 600_000, func(*process) float64 { return size })
}

func (d *drawing) intel() {
	d.with(larger(dataStore, d.scale(5, 60)))
	d.leaksIn(dataStore, 8<<10, d.memoryMost(), func(p *process) float64 { return p.resource(dataStore).base })
}

func (d *drawing) allGlobals() {
	times := d.scale(1, 30)
	d.with(func(p *process) { p.unlisted.base *= times })
	d.leaksIn("Global_sizes total", 8<<10, d.memoryMost(), func(p *process) float64 { return p.unlisted.base })
}

func (d *drawing) core() {
	d.leaksIn("Memory total", 24<<10, d.memoryMost(), func(p *process) float64 { return p.core.unit })
}

func (d *drawing) sessionsLeak() {
	d.leaksIn(sessions, 400, 60_000, func(p *process) float64 { return p.sessions.base })
}

func (d *drawing) held() {
	d.leaksIn(heldConns, 200, 60_000, func(p *process) float64 { return p.sessions.base })
}

func (d *drawing) connMemory() {
	d.leaksIn("Conns avg", 1500, 20_000, func(p *process) float64 { return p.avg.base })
}

func (d *drawing) reassembler() {
	d.leaksIn("Total reassembler data", 8<<10, d.memoryMost(), func(p *process) float64 { return p.reassembler.base })
}

func (d *drawing) timersLeak() {
	name := pick(d.dice, "FileAnalysisInactivityTimer", "ScheduleTimer", "DNSExpireTimer")
	if d.template == "7.0.11-worker" {
		name = "FileAnalysisInactivityTimer"
	}
	d.leaksIn(name, 600, 500_000, func(p *process) float64 { return max(500, p.resource(name).base) })
}

func (d *drawing) triggersLeak() {
	d.leaksIn("TriggerTimer", 600, 200_000, func(p *process) float64 { return p.resource("TriggerTimer").base })
}

func (d *drawing) nightly() {
	d.runs = max(3, int(d.hours/24))
	d.hours = 24 * float64(d.runs)
	d.load.week.begin = 24*math.Floor(d.load.week.begin/24) + d.between(0, 5)
}

func (d *drawing) nightlyLeak() {
	d.nightly()
	type kind struct {
		leak string
		is   func(*drawing)
	}
	k := pick(d.dice, kind{"script-table", (*drawing).tableFrom0}, kind{"core", (*drawing).core},
		kind{"sessions", (*drawing).sessionsLeak}, kind{"conns-held", (*drawing).held})
	d.leak = k.leak
	k.is(d)
}

// busyThread gives a thread that many messages a second at load 1.
func (d *drawing) busyThread(name string, rate float64) {
	d.with(func(p *process) { t := p.thread(name); t.rate, t.from = rate, 0 })
}

// backlogIn is a writer slower than its messages come. Its backlog may shrink at night but is larger
// each morning.
func (d *drawing) backlogIn() {
	d.what = pick(d.dice, connWriter, dnsWriter)
	u, onset := d.between(0.6, 0.97), 0.0
	if d.chance(0.3) {
		onset = d.hours * d.between(0.2, 0.5)
	}
	limit, end := d.falling(u, onset)
	rate := min(d.scale(2, 100), 300_000/end)
	rate = max(rate, 1500/end)
	d.busyThread(d.what, rate)
	d.leaks = func(p *process) {
		p.thread(d.what).in.slow = later(onset, func(moment) float64 { return 1 + limit*rate })
		p.grows = Growth{PerHour: rate * end / (d.hours - onset), Onset: onset}
	}
}

// falling returns how many messages a second a thread can read so that it falls further behind each
// day from the onset on, and how many wait in the end. Both are for one message a second at load 1.
func (d *drawing) falling(u, onset float64) (limit, end float64) {
	limit = u * d.load.mean(onset, d.hours)
	for range 100 {
		lows := d.lows(limit, onset)
		end = lows[len(lows)-1]
		if end > 300 && rising(lows) {
			break
		}
		limit *= 0.95
	}
	return limit, end
}

// lows returns the fewest messages that wait in each day, or in each eighth of a shorter log, and
// last those that wait at the end.
func (d *drawing) lows(limit, onset float64) []float64 {
	const steps = 50 // an hour
	part := min(24, (d.hours-onset)/8)
	var lows []float64
	var waiting, low float64
	since := onset
	for i := range int((d.hours - onset) * steps) {
		hours := onset + float64(i)/steps
		waiting = max(0, waiting+(d.load.at(hours)-limit)*3600/steps)
		if low = min(low, waiting); hours-since > part {
			lows = append(lows, low)
			low, since = waiting, hours
		}
	}
	return append(lows, waiting)
}

// rising reports whether each low is higher than the one before. The first may be 0, and the last is
// no low.
func rising(lows []float64) bool {
	for i := 2; i < len(lows)-1; i++ {
		if lows[i] <= lows[i-1] {
			return false
		}
	}
	return true
}

func (d *drawing) backlogOut() {
	d.what = ownReader
	u, lines := d.between(0.6, 0.97), d.scale(3, 60)
	onset := d.late()
	lines = max(lines, 2000/((1-u)*3600*(d.hours-onset)))
	lines = min(lines, 300_000/((1-u)*3600*(d.hours-onset)))
	d.leaks = func(p *process) {
		t := p.thread(ownReader)
		t.lines = lines
		t.out.slow = later(onset, func(moment) float64 { return u * lines })
		p.grows = Growth{PerHour: (1 - u) * lines * 3600, Onset: onset}
	}
}

// late draws an onset: three in ten leaks begin in the middle of a log.
func (d *drawing) late() float64 {
	if d.chance(0.3) {
		return d.hours * d.between(0.25, 0.7)
	}
	return 0
}

func (d *drawing) reader() {
	d.what = intelFile
	onset := d.late()
	missed := max(d.scale(0.002, 0.2), 300/(3600*(d.hours-onset)))
	d.leaks = func(p *process) {
		readsLess(intelFile, allUntil(onset, 1-missed))(p)
		p.grows = Growth{PerHour: missed * 3600, Onset: onset}
	}
}

func (d *drawing) stuck() {
	d.what = pick(d.dice, connWriter, dnsWriter)
	onset := d.between(0.1, d.hours-0.4)
	d.busyThread(d.what, d.scale(0.5, 3))
	d.leaks = func(p *process) {
		readsLess(d.what, allUntil(onset, 0))(p)
		p.grows = Growth{PerHour: (1 + p.thread(d.what).rate*d.load.mean(onset, d.hours)) * 3600, Onset: onset}
	}
}

func (d *drawing) dnsStuck() {
	d.what = "DNS_Mgr pending"
	onset := d.between(0.1, d.hours-0.5)
	d.leaks = func(p *process) {
		stuckDNS(onset)(p)
		p.grows = Growth{Onset: onset}
	}
}
