package labelled

import "math"

// process is a Bro or Zeek that writes a snapshot every 15 seconds, or at another interval.
type process struct {
	t       *template
	d       *dice
	weather *dice // of the traffic
	seed    uint64
	twin    uint64 // its share in seed, see spec.twin
	grows   Growth
	asked   uint64                                    // dice given to parts
	clock   func(snapshots int, time float64) float64 // changes time stamps; nil for a clock that is right
	now     moment
	values  []float64
	epoch   float64 // packet time when the process started
	time    float64 // of the snapshot
	written int     // snapshots so far
	every   int     // expensive_profiling_multiple, 0 for never
	zeros   int     // snapshots before the first packet
	missing float64 // chance that a snapshot is late or never comes
	late    float64 // chance that a snapshot shows heartbeats on their way
	last    bool    // this is the snapshot at the end of the process
	stalls  float64 // chance that heartbeats are left out
	begun   float64 // hours after the start of the log

	traffic traffic
	heap    memory
	live    float64 // KiB in use
	first   float64 // the first Memory: total

	// What the process holds.
	program     float64 // KiB from its first snapshot on
	core        gauge   // KiB outside all other resources
	caches      gauge   // KiB of what fills slowly
	total       counter
	sessions    gauge
	held        gauge // connections that are in no session table
	expired     counter
	avg         gauge   // bytes of a connection
	perConn     float64 // the same now
	reassembler gauge   // KiB
	dfa         gauge
	computed    counter
	timers      []timer
	dns         resolver
	triggers    counter
	threads     []*thread
	comm        []field
	globals     []global
	unlisted    gauge // KiB of globals that have no line
	scan        scan

	user, sys counter
}

// timer is a type of timer, "NAME = N".
type timer struct {
	gauge
	line named
}

// global is a line below "Global_sizes", and what it counts.
type global struct {
	line    named
	entries gauge   // including tables within it
	own     float64 // share of the entries in the table itself, not in tables within it
	size    gauge   // KiB of a record, which has no entries
	bytes   float64 // of a table's entry
}

// field is a counter of the Comm line.
type field struct {
	counter
	slot int
}

// scan is what a port scan leaves for some minutes: connections that are half open.
type scan struct {
	rate  float64 // an hour
	until float64
	size  float64 // share of all sessions
}

// resolver is "DNS_Mgr:".
type resolver struct {
	rate   float64 // requests a second at load 1
	noise  noise
	cached gauge
	stuck  float64    // age from which all requests hang, 0 for never
	full   [2]float64 // ages between which DNS_Mgr has its maximum in flight

	requests, successful, pending float64
}

const interval = 15 // profiling_interval, in seconds

// next brings the process to its next snapshot, dt seconds after the last one.
func (p *process) next(dt float64) {
	p.advance(dt)
	p.values[expensive] = 0
	if p.every > 0 && p.written%p.every == 0 {
		p.values[expensive] = 1
	}
	sessions, half := p.nextConns()
	p.nextStates(half)
	p.nextTimers(sessions, half)
	p.nextThreads()
	p.nextDNS()
	p.nextRuntime()
	tables := p.nextGlobals()
	p.nextMemory(tables)
}

func (p *process) advance(dt float64) {
	p.written++
	if p.written == 1 {
		dt = 0
	}
	m := &p.now
	m.age += dt
	m.dt = dt
	m.load = p.traffic.next(p.begun+m.hours(), m.age, dt, p.weather)
	m.work += m.load * dt / 3600
	p.time = math.Round(1e6*(p.epoch+m.age)) / 1e6
	if p.written <= p.zeros {
		p.time = 0
	}
	if p.clock != nil {
		p.time = p.clock(p.written, p.time)
	}
}

// oclock returns the hours since a Monday, 00:00, of wall-clock time.
func (p *process) oclock() float64 {
	if p.traffic.week == nil {
		return p.begun + p.now.hours()
	}
	return p.traffic.week.begin + p.begun + p.now.hours()
}

// set sets a number, if the release writes it.
func (p *process) set(name string, v float64) {
	if slot := p.t.slot(name); slot != nowhere {
		p.values[slot] = v
	}
}

// raise sets a number and, after the slash, its maximum so far.
func (p *process) raise(name string, v float64) {
	p.set(name, v)
	if most := p.t.slot(name + "/"); v > p.values[most] {
		p.values[most] = v
	}
}

func (p *process) nextConns() (sessions, half float64) {
	p.set("Conns total", p.total.next(p.now, p.d))
	half = p.nextScan()
	sessions = math.Round(p.sessions.next(p.now, p.d)) + half
	held := math.Round(p.held.next(p.now, p.d))
	p.set("Conns current", sessions+held)
	p.set("Conns current/", sessions)
	p.set("Connections expired due to inactivity", p.expired.next(p.now, p.d))
	p.set("Total reassembler data", math.Round(p.reassembler.next(p.now, p.d)))

	udp := math.Round((sessions - half) * p.ofSessions("Conns udp"))
	icmp := math.Round((sessions - half) * p.ofSessions("Conns icmp"))
	p.raise("Conns tcp", sessions-udp-icmp)
	p.raise("Conns udp", udp)
	p.raise("Conns icmp", icmp)
	p.nextConnMemory(sessions)
	return sessions, half
}

// ofSessions returns a number of the template per session.
func (p *process) ofSessions(name string) float64 {
	return p.t.value(name) / max(1, p.t.value("Conns current/"))
}

func (p *process) nextScan() float64 {
	s := &p.scan
	if p.now.age >= s.until {
		s.size = 0
		if p.d.chance(s.rate * p.now.dt / 3600) {
			s.size, s.until = p.d.between(0.3, 2), p.now.age+p.d.between(120, 600)
		}
	}
	return math.Round(s.size * p.sessions.base)
}

// nextConnMemory sets "mem=%dK avg=%.1f table=%dK connvals=%dK", which are 0 in cheap snapshots.
// The first is in bytes although it says K.
func (p *process) nextConnMemory(sessions float64) {
	p.perConn = p.avg.next(p.now, p.d)
	mem, perConn := math.Round(p.perConn*sessions), p.perConn
	if sessions == 0 {
		perConn = math.NaN() // 0/0
	}
	if p.values[expensive] == 0 {
		mem, perConn = 0, 0
	}
	p.set("Conns mem", mem)
	p.set("Conns avg", perConn)
	p.set("Conns table", math.Floor(mem*1.01/1024))
	p.set("Conns connvals", math.Floor(mem*0.73/1024))
}

// nextStates divides the TCP connections among the cells as the real log has them.
func (p *process) nextStates(half float64) {
	const side, syn, established = 7, 1*7 + 0, 4*7 + 4
	first := p.t.slot("TCP-States")
	real := p.t.values[first : first+side*side]
	cells := p.values[first : first+side*side]
	tcp := p.values[p.t.slot("Conns tcp")] - half
	rest := tcp
	for i, v := range real {
		cells[i] = math.Floor(tcp * v / max(1, p.t.value("Conns tcp")))
		rest -= cells[i]
	}
	cells[established] += max(0, rest)
	cells[syn] += half
}

func (p *process) nextTimers(sessions, half float64) {
	var all float64
	for i := range p.timers {
		t := &p.timers[i]
		var n float64
		switch t.line.name {
		case "ProfileTimer":
			if p.written == 1 || p.last {
				n = 1
			}
		case "ConnectionInactivityTimer":
			n = max(0, sessions-math.Round(p.sessions.extra))
		case "TCPConnectionAttemptTimer":
			n = math.Round(t.next(p.now, p.d)) + half
		default:
			n = math.Round(t.next(p.now, p.d))
		}
		p.values[t.line.slot], p.values[t.line.shown] = n, n
		all += n
	}
	p.set("Timers current", all)
	p.set("Timers max", max(all, p.values[p.t.slot("Timers max")]))
	p.set("Timers mem", math.Floor(all*p.timerBytes()/1024))
	lag := 0.0
	switch {
	case p.written == p.zeros+1, p.last:
		lag = p.time // of the last dispatched timer is 0
	case p.d.chance(0.05):
		lag = p.d.between(0, 0.2)
	}
	p.set("Timers lag", lag)
	p.set("Triggers total", p.triggers.next(p.now, p.d))
}

func (p *process) timerBytes() float64 {
	return 1024 * p.t.value("Timers mem") / max(1, p.t.value("Timers current"))
}

func (p *process) nextThreads() {
	beats := math.Floor(p.now.age) - math.Floor(p.now.age-p.now.dt)
	if p.written == 1 {
		beats = 1
	}
	if p.d.chance(p.stalls) {
		beats = math.Floor(beats * p.d.Float64()) // the main thread was busy
	}
	var alive float64
	late := p.d.chance(p.late)
	for _, t := range p.threads {
		t.next(p.now, beats, late, p.values, p.d)
		alive += p.values[t.line.shown]
	}
	p.set("Threads current", alive)
	for i := range p.comm {
		p.values[p.comm[i].slot] = p.comm[i].next(p.now, p.d)
	}
}

func (p *process) nextDNS() {
	r := &p.dns
	if r.stuck == 0 || p.now.age < r.stuck {
		r.pass(p.now, p.d)
	} else {
		r.requests += maxPending - r.pending
		r.pending = maxPending
	}
	p.set("DNS_Mgr requests", r.requests)
	p.set("DNS_Mgr successful", r.successful)
	p.set("DNS_Mgr succesful", r.successful)
	p.set("DNS_Mgr failed", r.requests-r.successful-r.pending)
	p.set("DNS_Mgr pending", r.pending)
	cached := math.Round(r.cached.next(p.now, p.d))
	p.set("DNS_Mgr cached_hosts", math.Floor(cached/8))
	p.set("DNS_Mgr cached_addrs", cached)
}

// pass sends requests and ends others.
func (r *resolver) pass(m moment, d *dice) {
	const answered = 0.93
	sent := d.round(r.rate * m.load * m.dt * r.noise.next(m.dt, d))
	var pending float64
	switch {
	case r.full[0] <= m.age && m.age < r.full[1]:
		pending, sent = maxPending, maxPending+3*math.Floor(m.dt)
	case sent > 0 && d.chance(0.2):
		pending = 1
	}
	ended := r.pending + sent - pending
	r.requests += sent
	r.successful += min(ended, d.round(answered*ended))
	r.pending = pending
}

// maxPending is MAX_PENDING_REQUESTS, the most that DNS_Mgr has in flight.
const maxPending = 20

func (p *process) nextRuntime() {
	user := p.seconds(&p.user)
	sys := p.seconds(&p.sys)
	p.set("Run-time user+sys", user+sys)
	p.set("Run-time user", user)
	p.set("Run-time sys", sys)
	p.set("Run-time real", p.now.age)
}

func (p *process) seconds(c *counter) float64 {
	c.next(p.now, p.d)
	return c.total
}

// nextGlobals returns the KiB in the script layer's variables.
func (p *process) nextGlobals() float64 {
	size := math.Round(p.unlisted.next(p.now, p.d))
	var entries, deep float64
	for i := range p.globals {
		g := &p.globals[i]
		a, b, kib := g.next(p.now, p.d)
		g.show(p.values, p.t.sized(), a, b, kib)
		size, entries, deep = size+kib, entries+a, deep+b
	}
	p.set("Global_sizes total", size)
	p.set("Total number of table entries", entries)
	p.set("Total number of table entries/", deep)
	return size
}

func (g *global) next(m moment, d *dice) (entries, deep, kib float64) {
	if g.bytes == 0 {
		return 0, 0, math.Round(g.size.next(m, d))
	}
	deep = math.Round(g.entries.next(m, d))
	return math.Round(deep * g.own), deep, math.Round(deep * g.bytes / 1024)
}

// show sets the line's numbers. The log lists globals of more than 100 KiB or 100 entries.
func (g *global) show(values []float64, sized bool, entries, deep, kib float64) {
	const few = 100
	if g.line.words == 0 {
		return
	}
	values[g.line.shown] = 0
	if values[expensive] != 0 && (entries >= few || deep >= few || sized && kib > few) {
		values[g.line.shown] = 1
	}
	v := values[g.line.slot : g.line.slot+g.line.words]
	if sized {
		v[0], v = kib, v[1:]
	}
	if len(v) == 2 {
		v[0], v[1] = entries, deep
	}
}

// nextMemory sets "Memory:" to what everything takes, in KiB.
func (p *process) nextMemory(globals float64) {
	const message = 3 // KiB
	var waiting float64
	for _, t := range p.threads {
		waiting += t.waiting()
	}
	v := func(name string) float64 { return p.values[p.t.slot(name)] }
	live := p.program + p.core.next(p.now, p.d) + p.caches.next(p.now, p.d) +
		v("Conns current")*p.perConn/1024 + globals + p.nextMatcher() + waiting*message +
		v("Timers current")*0.1 + v("Total reassembler data")
	p.live = live
	total := p.heap.next(live, p.now)
	if p.written == 1 {
		p.first = total
	}
	p.set("Memory total", total)
	p.set("Memory total_adj", max(0, total-p.first))
	if malloced := p.t.value("Memory malloced"); malloced > 0 {
		p.set("Memory malloced", math.Round(live-(p.t.value("Memory total")-malloced)))
	}
}

// nextMatcher sets "RuleMatcher:", whose states are a cache, and returns its KiB.
func (p *process) nextMatcher() float64 {
	states := math.Round(p.dfa.next(p.now, p.d))
	kib := math.Round(states * p.t.value("RuleMatcher mem") / max(1, p.t.value("RuleMatcher dfa_states")))
	p.set("RuleMatcher dfa_states", states)
	p.set("RuleMatcher ncomputed", p.computed.next(p.now, p.d))
	p.set("RuleMatcher mem", kib)
	return kib
}

func (p *process) appendTo(b []byte) []byte {
	return p.t.appendSnapshot(b, p.time, p.values, p.written == 1)
}
