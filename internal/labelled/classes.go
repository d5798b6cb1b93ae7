package labelled

import (
	"math"
	"slices"
)

// Names of what drawn sensors have beyond the templates.
const (
	tunnelTimer  = "IPTunnelInactivityTimer"
	customTable  = "Custom::seen"
	scannedTable = "Site::scanners"
	connWriter   = "conn/Log::WRITER_ASCII"
	dnsWriter    = "dns/Log::WRITER_ASCII"
)

var stockTables = []string{
	"Known::hosts", "Known::services", "Software::tracked", "SSL::intermediate_cache", "Weird::did_log", customTable, scannedTable,
}

func classes() []class {
	var (
		long    = []Span{Day, TwoDays, Days}
		all     = []Span{Hours, Day, TwoDays, Days}
		short   = []Span{Snapshots}
		nights  = []Span{Days}
		any     = []string{"2.3.2", "3.0.14", "7.0.11", "7.0.11-worker"}
		single  = []string{"2.3.2", "3.0.14", "7.0.11"}
		sizes   = []string{"2.3.2", "3.0.14"}
		peaks   = []string{"3.0.14", "7.0.11", "7.0.11-worker"}
		heap    = []string{"2.3.2"}
		newest  = []string{"7.0.11", "7.0.11-worker"}
		threads = []string{"2.3.2", "3.0.14", "7.0.11", "7.0.11-manager"}
	)
	return []class{
		{"table", "script-table", all, any, (*drawing).table1},
		{"table-from-0", "script-table", all, any, (*drawing).tableFrom0},
		{"intel", "intel", all, sizes, (*drawing).intel},
		{"globals", "globals", all, sizes, (*drawing).allGlobals},
		{"core", "core", all, any, (*drawing).core},
		{"sessions", "sessions", all, any, (*drawing).sessionsLeak},
		{"conns-held", "conns-held", all, any, (*drawing).held},
		{"conn-memory", "conn-memory", all, sizes, (*drawing).connMemory},
		{"reassembler", "reassembler", all, sizes, (*drawing).reassembler},
		{"timers", "timers", all, any, (*drawing).timersLeak},
		{"triggers", "triggers", all, any, (*drawing).triggersLeak},
		{"backlog-in", "backlog-in", all, threads, (*drawing).backlogIn},
		{"backlog-out", "backlog-out", all, threads, (*drawing).backlogOut},
		{"reader", "reader", all, threads, (*drawing).reader},
		{"thread-stuck", "thread-stuck", all, threads, (*drawing).stuck},
		{"dns-stuck", "dns-stuck", all, single, (*drawing).dnsStuck},
		{"nightly-leak", "", nights, any, (*drawing).nightlyLeak},
		{"fast-core", "core", short, any, (*drawing).fastCore},
		{"single-core", "core", short, newest, (*drawing).singleCore},

		{"plain", "", all, append(any, "7.0.11-manager"), func(*drawing) {}},
		{"create-expire", "", all, any, (*drawing).createExpire},
		{"read-expire", "", all, any, (*drawing).readExpire},
		{"clears", "", all, any, (*drawing).clears},
		{"sumstats", "", all, any, (*drawing).sumStats},
		{"scans", "", all, any, (*drawing).scanned},
		{"feeds", "", all, single, (*drawing).feeds},
		{"caches", "", all, any, (*drawing).slowCaches},
		{"signatures", "", all, any, (*drawing).signatures},
		{"malloc-stairs", "", all, peaks, (*drawing).mallocStairs},
		{"late-heap", "", all, heap, (*drawing).lateHeap},
		{"long-sessions", "", all, any, (*drawing).longSessions},
		{"drains", "", all, threads, (*drawing).drains},
		{"spells", "", all, any, (*drawing).spells},
		{"tunnels", "", long, any, func(d *drawing) { d.with(d.tunnels(d.between(14, 60))) }},
		{"nightly", "", nights, any, (*drawing).nightly},
		{"wrong-clock", "", all, any, func(d *drawing) { d.with(d.wrongClock()) }},
		{"quiet", "", all, any, (*drawing).quiet},
		{"start", "", short, any, (*drawing).start},
		{"start-with-feed", "", short, threads, (*drawing).startWithFeed},
		{"start-idle", "", short, any, (*drawing).quiet},
		{"excerpt", "", short, any, (*drawing).excerpt},
		{"single", "", short, any, (*drawing).single},
	}
}

// What leaks.

func (d *drawing) sized() bool { return d.template == "2.3.2" || d.template == "3.0.14" }

// memoryMost is how many KiB a leak may come to: sizes of 32 bits wrap.
func (d *drawing) memoryMost() float64 {
	if d.sized() {
		return 800 << 10
	}
	return 64 << 20
}

func (d *drawing) table1() {
	k := d.anyKeys()
	d.table(ownTable, k)
	d.leaksIn(ownTable, 2000, 600_000, func(*process) float64 { return max(2000, k.level()) })
}

// anyKeys is a table of a site as such tables are.
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

// fastCore leaks megabytes from one snapshot to the next.
func (d *drawing) fastCore() {
	d.last = 8 + d.IntN(23)
	d.interval = d.scale(1, 20)
	d.hours = float64(d.last) * d.interval / 3600
	rate := d.scale(3, 40) * 1024 * 3600 / d.interval
	if d.chance(0.4) {
		d.quiet()
	}
	d.growsBy("Memory total", rate)
}

func (d *drawing) growsBy(what string, rate float64) {
	d.what = what
	d.leaks = func(p *process) {
		p.resource(what).add(flow{rate: rate}.curve(p))
		p.grows = Growth{PerHour: rate}
	}
}

// singleCore is one snapshot of a process whose memory has come to tens or hundreds of GiB.
func (d *drawing) singleCore() {
	d.later(d.scale(2, 60))
	d.last = 1
	d.growsBy("Memory total", d.scale(25, 300)*(1<<20)/d.skip)
}

// later begins the log some hours after its process.
func (d *drawing) later(hours float64) {
	d.skip, d.interval = hours, max(d.interval, 20)
}

// Queues.

// busyThread draws a thread with so many messages a second, at load 1.
func (d *drawing) busyThread(name string, rate float64) {
	d.with(func(p *process) { t := p.thread(name); t.rate, t.from = rate, 0 })
}

// backlogIn is a writer that cannot write what a day brings: its backlog shrinks at night and is
// larger each morning.
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

// falling returns what a thread can read, for a rate of one message a second at load 1, if it is
// to fall behind from the onset on, day by day; and how many wait in the end.
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

// lows are the fewest messages that wait in each day, or each eighth of a shorter log, and then
// those at the end.
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

// rising reports whether each but the first is larger than the one before, the end aside.
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

// late returns the onset of a third of the leaks.
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

// drains has a writer that falls behind at the busiest hours and has always caught up by morning.
func (d *drawing) drains() {
	name := pick(d.dice, connWriter, dnsWriter)
	if !d.daily() {
		d.with(backlog(name, false, d.between(0.5, d.hours-2.5), d.between(10, 50)))
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

// What is healthy.

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

// sumStats counts sources in an epoch, after which it begins again.
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

// feeds are read anew again and again; each time their size is another, and comes back to what it
// usually is.
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

// slowCaches take hours to fill, and no line of the log tells of them.
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

// mallocStairs has a peak that rises in steps, ever more rarely: holes between what is in use, the
// arenas of threads, and bursts that are over before the snapshot.
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

// lateHeap gives back late what a busy spell took.
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

// longSessions live for hours, as those of tunnels and of phones do: it takes as long until as many
// end as begin.
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

// spells are hours when something is much busier than usual.
func (d *drawing) spells() {
	for range 1 + int(d.hours/12) {
		name := pick(d.dice, sessions, "TriggerTimer", "FileAnalysisInactivityTimer", "Total reassembler data")
		d.with(spell(name, d.between(0.5, d.hours-1)))
	}
}

// beside adds something healthy to a log, of another resource than what the log is about.
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

// Short logs.

// start is a process that has just begun: it fills, ever more slowly.
func (d *drawing) start() {
	fill, size := d.scale(10, 60), d.between(0, 1)
	d.with(func(p *process) {
		p.caches.base, p.caches.fill = size*p.program, fill
		p.core.fill, p.sessions.fill = min(p.core.fill, 2*fill), min(p.sessions.fill, 3*fill)
	})
}

// startWithFeed reads a large file of intelligence first, which takes some of its snapshots.
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

// excerpt is a part of a healthy log, as people send it by mail.
func (d *drawing) excerpt() { d.later(d.scale(0.5, 200)) }

func (d *drawing) single() {
	if d.chance(0.7) {
		d.later(d.scale(0.05, 200))
	}
	d.last = 1
}
