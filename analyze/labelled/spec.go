package labelled

import (
	"math"
	"slices"
	"strings"
)

// spec describes one log of the set.
type spec struct {
	class    string
	leak     string
	what     string  // where the leak is, in the log's words
	percent  float64 // an hour, of the resource's level
	variant  string  // the rest of the name
	template string
	hours    float64
	runs     int // processes that follow each other, 0 for one
	noise    float64
	load     load
	changes  []change
	seed     uint64
}

// change is what sets a process apart from a healthy one under constant load.
type change func(*process)

// grow adds a curve to a resource.
func grow(name string, c curve) change {
	return func(p *process) {
		g := p.resource(name)
		g.added = append(g.added, c)
	}
}

// The resources that have no name of their own in the log.
const (
	ownTable  = "Site::seen_hosts" // a table of a site's own script
	ownReader = "/opt/sensor/feeds/leases.dat/Input::READER_ASCII"
	intelFile = "intel.dat/Input::READER_ASCII"
	dataStore = "Intel::data_store"
	heldConns = "Conns current" // those that no session table holds
	sessions  = "Conns sessions"
)

func (p *process) resource(name string) *gauge {
	switch name {
	case "Memory total":
		return &p.core
	case "Global_sizes total":
		return &p.unlisted
	case heldConns:
		return &p.held
	case sessions:
		return &p.sessions
	case "Conns avg":
		return &p.avg
	case "Total reassembler data":
		return &p.reassembler
	case "RuleMatcher dfa_states":
		return &p.dfa
	}
	for i := range p.timers {
		if p.timers[i].line.name == name {
			return &p.timers[i].gauge
		}
	}
	return p.global(name)
}

func (p *process) global(name string) *gauge {
	i := slices.IndexFunc(p.globals, func(g global) bool { return g.line.name == name })
	if i < 0 {
		return &gauge{} // a record, from 5.1 on
	}
	if g := &p.globals[i]; g.bytes > 0 {
		return &g.entries
	}
	return &p.globals[i].size
}

func (p *process) thread(suffix string) *thread {
	i := slices.IndexFunc(p.threads, func(t *thread) bool { return strings.HasSuffix(t.line.name, suffix) })
	return p.threads[i]
}

// reload reads the intel file anew at each of the hours; the store then is that share of its
// first size larger or smaller.
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

// readsLess lets a thread read that share of the messages to it.
func readsLess(name string, share curve) change {
	return func(p *process) { p.thread(name).in.share = share }
}

// mainReadsLess lets the main thread read that share of the messages of a reader.
func mainReadsLess(share curve) change {
	return func(p *process) { p.thread(ownReader).out.share = share }
}

// backlog lets pending messages of a busy thread rise for some minutes, and then fall.
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

// stuckDNS lets no lookup end from the given hours on.
func stuckDNS(hours float64) change {
	return func(p *process) { p.dns.stuck = 3600 * hours }
}

// busyDNS has all lookups in flight for some minutes.
func busyDNS(hours, minutes float64) change {
	return func(p *process) { p.dns.full = [2]float64{3600 * hours, 3600*hours + 60*minutes} }
}

// slowStart lets everything fill with the given hours as time constant.
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

// restlessMemory sets records of peak memory, ever rarer, without growing.
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
	for _, c := range []*counter{&p.total, &p.expired, &p.dns.requests, &p.triggers, &p.computed} {
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
	p.scan.rate = 0
}

// appears makes a log writer begin late.
func appears(name string, hours float64) change {
	return func(p *process) { p.thread(name).from = 3600 * hours }
}

// anew ends a log writer and makes another of its name.
func anew(name string, hours float64) change {
	return func(p *process) { p.thread(name).anew = 3600 * hours }
}

func neverExpensive(p *process) { p.every = 0 }

func zeroBlocks(n int) change {
	return func(p *process) { p.zeros = n }
}

func scans(anHour float64) change {
	return func(p *process) { p.scan.rate = anHour }
}

// starved loses blocks and heartbeats.
func starved(p *process) { p.missing, p.stalls = 0.05, 0.1 }

// newProcess makes the process of a run of a log. Quiet ones have neither noise nor accidents.
func newProcess(t *template, s *spec, run int, quiet bool) *process {
	seed := s.seed*100 + uint64(run)
	d := newDice(seed, 1, false)
	p := &process{
		t: t, d: newDice(seed, 2, quiet),
		values: slices.Clone(t.values),
		every:  20, zeros: 1, missing: 0.002, stalls: 0.003,
		traffic: traffic{load: s.load, burst: 1, noise: someNoise(d, s.noise/2)},
	}
	clear(p.values[numFixed:])
	p.fillConns(d, s.noise)
	p.fillTimers(d, s.noise)
	p.fillThreads(d, s.noise)
	p.fillGlobals(d, s.noise)
	p.fillMatcher(d)
	p.fillMemory(d, s.noise)
	p.user = counter{rate: d.between(0.05, 0.6), noise: someNoise(d, 0.1)}
	p.sys = counter{rate: d.between(0.01, 0.1), noise: someNoise(d, 0.1)}
	for _, c := range s.changes {
		c(p)
	}
	return p
}

func someNoise(d *dice, sd float64) noise {
	n := noise{sd: sd * d.between(0.5, 1)}
	if d.Float64() < 0.7 {
		n.memory = d.scale(60, 1800)
	}
	return n
}

func (p *process) fillConns(d *dice, sd float64) {
	t := p.t
	alive := d.scale(500, 20000)
	size := alive / max(1, t.value("Conns current/"))
	p.sessions = gauge{base: alive, follow: 1, lag: d.scale(20, 600), fill: d.scale(60, 600), noise: someNoise(d, sd)}
	p.held = gauge{base: alive * 0.002, unit: alive, follow: 1, fill: 600, noise: someNoise(d, 0.3)}
	p.total = counter{rate: size * perSecond(t, "Conns total"), noise: someNoise(d, sd)}
	p.expired = counter{rate: size * perSecond(t, "Connections expired due to inactivity"), noise: someNoise(d, sd)}
	avg := t.value("Conns avg")
	if avg == 0 {
		avg = 6000
	}
	p.avg = gauge{base: avg, noise: someNoise(d, sd/5)}
	p.reassembler = gauge{base: d.scale(500, 20000), follow: 0.8, lag: 120, fill: 300, noise: someNoise(d, sd)}
	p.scan.rate = 0.05
	p.dns.requests = counter{rate: d.scale(0.01, 1), noise: someNoise(d, sd)}
	p.dns.cached = gauge{base: d.scale(100, 3000), follow: 0.3, lag: 1800, fill: d.scale(300, 3600), noise: someNoise(d, sd/4)}
	p.triggers = counter{rate: d.scale(0.02, 2), noise: someNoise(d, sd)}
	for name, slot := range t.slots {
		if strings.HasPrefix(name, "Comm events") || strings.HasPrefix(name, "Comm logs") {
			p.comm = append(p.comm, field{counter{rate: perSecond(t, name)}, slot})
		}
	}
	for _, same := range []string{"Comm peers", "Comm stores", "Comm ids_in", "Comm ids_out", "RuleMatcher matchers", "RuleMatcher nfa_states"} {
		p.set(same, t.value(same))
	}
}

// perSecond returns the rate at which a counter has risen in the template.
func perSecond(t *template, name string) float64 {
	return t.value(name) / t.value("Run-time real")
}

func (p *process) fillTimers(d *dice, sd float64) {
	size := p.sessions.base / max(1, p.t.value("Conns current/"))
	for _, line := range p.t.timers {
		g := gauge{base: p.t.values[line.slot]}
		switch {
		case line.name == "TriggerTimer":
			g = gauge{base: d.scale(60, 600), follow: 0.7, lag: 60, fill: 300, noise: someNoise(d, sd)}
		case strings.HasPrefix(line.name, "TCP"), strings.HasPrefix(line.name, "Connection"),
			line.name == "DNSExpireTimer", strings.HasPrefix(line.name, "File"):
			g.base *= size
			g.follow, g.lag, g.fill, g.noise = 1, d.scale(20, 900), d.scale(60, 600), someNoise(d, sd)
		}
		p.timers = append(p.timers, timer{g, line})
	}
}

func (p *process) fillThreads(d *dice, sd float64) {
	t := p.t
	busy, real := d.scale(1, 8), t.value("Run-time real")
	for _, line := range t.threads {
		v := t.values[line.slot : line.slot+line.words]
		th := &thread{line: line, noise: someNoise(d, sd)}
		switch {
		case line.name == ownReader:
			th.lines, th.rows = d.scale(3, 30), 200
		case strings.Contains(line.name, "/Input::"):
			th.rows = v[1]
		default:
			th.rate = busy * max(0, v[0]-v[1]-2) / real
			th.from = max(0, real-v[1]-2)
		}
		p.threads = append(p.threads, th)
	}
}

func (p *process) fillGlobals(d *dice, sd float64) {
	t := p.t
	size := t.value("Global_sizes total")
	own, deep := t.value("Total number of table entries"), t.value("Total number of table entries/")
	for _, line := range t.globals {
		g := p.newGlobal(line, d, sd)
		p.globals = append(p.globals, g)
		if line.name != ownTable {
			size -= g.size.base + g.entries.base*g.bytes/1024
			own -= g.entries.base * g.own
			deep -= g.entries.base
		}
	}
	rest := global{entries: gauge{base: deep}, own: own / deep, bytes: 1}
	p.globals = append(p.globals, rest)
	p.unlisted = gauge{base: max(2000, size), noise: someNoise(d, 0.002)}
	p.unlisted.unit = p.unlisted.base
	for _, g := range p.globals {
		p.unlisted.unit += g.size.base + g.entries.base*g.bytes/1024
	}
}

// newGlobal makes what a line of the template counts. Most tables never change.
func (p *process) newGlobal(line named, d *dice, sd float64) global {
	v := p.t.values[line.slot : line.slot+line.words]
	g := global{line: line, bytes: 300}
	if p.t.sized() {
		if line.words == 1 {
			g.bytes, g.size = 0, gauge{base: v[0], noise: someNoise(d, 0.001)}
			return g
		}
		g.bytes, v = v[0]*1024/max(1, v[2]), v[1:]
	}
	g.entries, g.own = gauge{base: v[1]}, v[0]/max(1, v[1])
	switch line.name {
	case ownTable:
		g.own, g.bytes = 1, d.between(150, 500)
		g.entries = gauge{base: d.scale(10000, 60000), follow: d.between(0.3, 0.8), lag: d.scale(60, 3600), fill: d.scale(300, 1800), noise: someNoise(d, sd)}
	case "SumStats::result_store", "SSL::recently_validated_certs", "3/307 entries", "547/547 entries", "3/195 entries":
		g.entries.base *= d.scale(1, 5)
		g.entries.follow, g.entries.lag, g.entries.fill, g.entries.noise = 1, d.scale(60, 3600), d.scale(120, 1800), someNoise(d, sd)
	}
	return g
}

func (p *process) fillMatcher(d *dice) {
	t := p.t
	p.dfa = gauge{base: t.value("RuleMatcher dfa_states") * d.between(1, 3), fill: d.scale(300, 2400)}
	p.computed = counter{rate: perSecond(t, "RuleMatcher ncomputed") / 20, total: t.value("RuleMatcher ncomputed")}
}

func (p *process) fillMemory(d *dice, sd float64) {
	real := p.t.value("Memory total")
	p.program = real
	p.core = gauge{
		base: real * d.between(0.3, 2), follow: d.between(0.1, 0.5), lag: d.scale(60, 3600), fill: d.scale(300, 1200),
		noise: someNoise(d, sd/4),
	}
	p.caches = gauge{base: real * d.between(0.02, 0.2), fill: d.scale(600, 3600)}
	p.heap = memory{peak: p.t.peak, chunk: d.scale(1024, 16*1024)}
	p.core.unit = p.program + p.core.base + p.caches.base + p.sessions.base*p.avg.base/1024 + p.unlisted.unit
}

// blocks brings the processes of a log to one block after the other.
type blocks struct {
	t     *template
	s     *spec
	quiet bool
	p     *process
	run   int
	ends  float64 // age at which the process ends
}

const epoch = 1700000000 // packet time when a log begins

// next advances to the next block, p; it returns false behind the last.
func (b *blocks) next() bool {
	if b.p == nil || b.p.now.age >= b.ends {
		if b.run >= max(1, b.s.runs) {
			return false
		}
		b.start()
	}
	b.p.next(b.wait())
	return true
}

func (b *blocks) start() {
	before := 0.0
	if b.p != nil {
		before = b.p.epoch + b.p.now.age + 30 - epoch
	}
	b.p = newProcess(b.t, b.s, b.run, b.quiet)
	b.p.epoch = epoch + math.Floor(before) + 0.001*float64(b.s.seed%1000)
	b.p.begun = before / 3600
	b.ends = 3600 * b.s.hours / float64(max(1, b.s.runs))
	b.run++
}

// wait returns the seconds until the next block: some come late, some never.
func (b *blocks) wait() float64 {
	d := b.p.d
	if b.p.blocks == 1 {
		return 1 + 0.5*math.Abs(d.normal())
	}
	wait := interval + 0.01*math.Abs(d.normal())
	if d.chance(0.01) {
		wait += d.between(0.1, 5)
	}
	if d.chance(b.p.missing) {
		wait += interval * float64(1+d.IntN(8))
	}
	return wait
}
