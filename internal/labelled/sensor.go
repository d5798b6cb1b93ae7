package labelled

import (
	"slices"
	"strings"
)

// Names of what changes, as in the log. Sessions have no name there.
const (
	ownTable  = "Site::seen_hosts" // of a site's own script
	ownReader = "/opt/sensor/feeds/leases.dat/Input::READER_ASCII"
	intelFile = "/opt/sensor/policy/intel.dat/Input::READER_ASCII"
	dataStore = "Intel::data_store"
	heldConns = "Conns current"  // those that no session table holds
	sessions  = "Conns sessions" // "current=a/b", b
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
	g := p.global(name)
	if g.bytes > 0 {
		return &g.entries
	}
	return &g.size
}

// global returns a global. From 5.1 on a record has no line, and so nothing.
func (p *process) global(name string) *global {
	i := slices.IndexFunc(p.globals, func(g global) bool { return g.line.name == name })
	if i < 0 {
		return &global{}
	}
	return &p.globals[i]
}

func (p *process) thread(name string) *thread {
	i := slices.IndexFunc(p.threads, func(t *thread) bool { return t.line.name == name })
	return p.threads[i]
}

// Uses of a seed: what a process is like, its noise, its heap, its traffic, its accidents, and one
// for each part with its own dice.
const (
	likeness = 1 + iota
	noises
	heaps
	weathers
	accidents = 50
	parts     = 100
)

// newProcess makes the process of a run of a log. Quiet ones have neither noise nor accidents.
func newProcess(t *template, s *spec, run int, quiet bool) *process {
	seed := s.seed*100 + uint64(run)
	d := newDice(seed, likeness, false)
	if s.span != "" {
		d = newDice(s.seed, likeness, false) // a sensor is the same from run to run
	}
	p := &process{
		t: t, d: newDice(seed+s.twin, noises, quiet), seed: seed + s.twin, twin: s.twin,
		values: slices.Clone(t.values),
		every:  20, zeros: 1, missing: 0.002, stalls: 0.003,
		traffic: traffic{load: s.load, burst: 1, noise: someNoise(d, s.noise/2)},
	}
	clear(p.values[numFixed:])
	if p.weather = p.d; s.load.week != nil {
		p.weather = newDice(seed, weathers, quiet)
	}
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
	if s.leaks != nil {
		s.leaks(p)
	}
	return p
}

// dice returns dice for one part of the process: what it throws does not change the rest.
func (p *process) dice() *dice {
	p.asked++
	return newDice(p.seed, parts+p.asked, p.d.quiet)
}

// events returns such dice for accidents, which are the same in a twin.
func (p *process) events() *dice {
	p.asked++
	return newDice(p.seed-p.twin, accidents+1000*p.asked, p.d.quiet)
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
	alive := d.scale(500, 20000) * min(1, t.value("Conns current/")) // a manager has none
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
	p.scan.rate = 0.05 * min(1, alive)
	p.dns.rate, p.dns.noise = d.scale(0.01, 1), someNoise(d, sd)
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
	// Some processes of 7.0 always write their snapshots just after a heartbeat.
	p.late = []float64{0, 0.3, 1}[d.IntN(3)]
	if t.sized() {
		p.late = 0.01
	}
	for _, line := range t.threads {
		v := t.values[line.slot : line.slot+line.words]
		th := &thread{line: line, noise: someNoise(d, sd)}
		switch {
		case line.name == ownReader:
			th.reads, th.lines = true, d.scale(3, 30)
		case strings.Contains(line.name, "/Input::"):
			th.reads, th.rows = true, v[1]
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

// newGlobal makes the global of a template's line. Most tables never change.
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
	if v[1] == 0 && line.name != ownTable {
		g.own, g.bytes = 1, d.between(150, 800)
		return g
	}
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
	most := 2.0
	if p.t.peak && p.t.sized() {
		most = 0.6 // 3.0.14 counts malloced in an int, which must not wrap
	}
	p.core = gauge{
		base: real * most * d.between(0.15, 1), follow: d.between(0.1, 0.5), lag: d.scale(60, 3600), fill: d.scale(300, 1200),
		noise: someNoise(d, sd/4),
	}
	p.caches = gauge{base: real * d.between(0.02, 0.2), fill: d.scale(600, 3600)}
	p.heap = memory{d: newDice(d.Uint64(), heaps, p.d.quiet), peak: p.t.peak, chunk: d.scale(1024, 16*1024)}
	p.core.unit = p.program + p.core.base + p.caches.base + p.sessions.base*p.avg.base/1024 + p.unlisted.unit
}
