package analyze

import (
	"cmp"
	"math"
	"slices"
	"time"

	"bro_exporter/parse"
)

// maxSeries bounds how many names of a run are followed.
const maxSeries = 4000

// key is a resource: a quantity, and a name where the quantity has several.
type key struct {
	quantity int
	name     string
}

// run gathers what one process wrote.
type run struct {
	quantities []quantity
	tables     int    // index of the quantity of tables with names
	clock      *clock // nil before the first snapshot with a time
	snapshots  int
	expensive  int
	first      float64
	last       float64
	age        float64 // of the process when its first snapshot here was written, seconds
	left       int     // names beyond maxSeries
	next       float64 // age of the log at the next look, seconds
	timed      int     // snapshots whose time fits, and so the number of the newest
	tabled     [2]int  // the numbers of the newest two with tables
	odd        int     // those whose time does not
	held       *parse.Snapshot
	adj        float64 // "total_adj" of the newest snapshot, bytes
	real       float64 // its age, seconds

	tracked map[key]*tracked
	order   []*tracked
	slots   [][]*tracked // by quantity, and place in the snapshot
	loads   [2]*series   // connections made, and messages sent to threads, per second
	before  counts

	unnamed  unnamed
	malloced wrapped
	threads  map[string]*threadState
	dns      dnsState

	threadSlots []threadSlot // by place in the snapshot
}

// tracked is a resource's series, its value in the newest snapshot that has it, and the number of that snapshot.
type tracked struct {
	*series
	key      key
	snapshot int
	value    float64
	expiry   float64    // hours that a table keeps an entry; 0 if not known
	entry    float64    // bytes that a table's entry takes; 0 if not known
	looks    int        // in a row that have found a leak
	since    float64    // time of the first of them
	seen     float64    // its lowest value at looks since the last judgement
	found    *judgement // of the last of them
	sure     *judgement // that it leaks; nil once the leak has come back
}

// counts are the counters at one snapshot. Their rises are the load.
type counts struct {
	time               float64
	conns, messages    float64
	hasConns, hasWrite bool
}

func newRun(q []quantity) *run {
	return &run{
		quantities: q,
		tables:     slices.IndexFunc(q, func(q quantity) bool { return q.name == namedTable }),
		tracked:    map[key]*tracked{},
		slots:      make([][]*tracked, len(q)),
		threads:    map[string]*threadState{},
	}
}

// add adds the next snapshot.
func (r *run) add(s *parse.Snapshot) {
	r.snapshots++
	if s.Expensive {
		r.expensive++
	}
	if s.Time <= 0 {
		return // before the first packet
	}
	if r.clock != nil && !r.fits(s.Time) {
		r.addOdd(s)
		return
	}
	if r.held != nil {
		r.odd++
		r.held = nil
	}
	r.take(s)
}

// Time stamps further than this from those before are odd, in seconds: somebody set the clock, or it was
// wrong.
const (
	oddAhead  = 6 * 3600
	oddBehind = 60
)

// fits reports whether a time may follow those of the run.
func (r *run) fits(t float64) bool { return t >= r.last-oddBehind && t <= r.last+oddAhead }

// addOdd holds back a snapshot whose time does not fit. If the next time fits to it, the run goes on from
// there: there was a pause, or somebody set the clock. If not, addOdd leaves the snapshot out.
func (r *run) addOdd(s *parse.Snapshot) {
	held := r.held
	r.held = s.Clone()
	if held == nil {
		return
	}
	if s.Time < held.Time-oddBehind || s.Time > held.Time+oddAhead {
		r.odd++
		return
	}
	r.held = nil
	if held.Time < r.last || r.clockSet(held) {
		r.odd += r.timed
		r.forget()
	}
	r.take(held)
	r.take(s)
}

// clockSet reports whether somebody set the clock ahead just before s. After a pause, the age of the process
// (its "real") has grown as much as the time. After its first packets with a wrong year, the run holds next
// to nothing else. In a trace that is read with -r, time always runs faster than the age.
func (r *run) clockSet(s *parse.Snapshot) bool {
	const few = 8
	pause, span := s.Time-r.last, r.last-r.first
	if r.timed <= few && pause > 100*span {
		return true
	}
	aged, passed := r.real-r.age, s.Runtime.Real.Value-r.real
	trace := aged <= 0 || span > 2*aged+oddBehind
	return !trace && passed >= 0 && pause > passed+oddAhead
}

// forget drops everything that the run holds but its counts.
func (r *run) forget() {
	empty := newRun(r.quantities)
	empty.snapshots, empty.expensive, empty.odd = r.snapshots, r.expensive, r.odd
	*r = *empty
}

// take takes a snapshot whose time fits.
func (r *run) take(s *parse.Snapshot) {
	if r.clock == nil {
		r.begin(s)
	}
	if !r.clock.advance(s.Time) {
		r.odd++
		return
	}
	r.timed++
	if s.Expensive {
		r.tabled = [2]int{r.timed, r.tabled[0]}
	}
	r.last = max(r.last, s.Time)
	r.adj, r.real = float64(s.Memory.TotalAdj.Value), s.Runtime.Real.Value
	r.addQuantities(s)
	r.addTables(s)
	r.addLoad(s)
	r.addThreads(s)
	r.dns.add(s)
	if age := r.last - r.first; age >= r.next {
		r.next = max(age+3600, (1+lookShare)*age)
		r.look()
	}
}

// lookShare is the share of its age by which a run is older at the next look.
const lookShare = 0.12

// look judges, at fixed ages of the run, each resource that may have become a leak since the look before. It
// remembers a leak that two looks in a row are sure of, so that a verdict does not depend on the hour at
// which somebody asks.
func (r *run) look() {
	if r.last-r.first < young*3600 {
		return
	}
	var l *look
	seen := (r.last - r.first) / 3600
	for _, t := range r.order {
		q := &r.quantities[t.key.quantity]
		if t.looks == 0 && !t.couldLeak(q, r.age/3600+seen, seen) {
			t.seen = min(t.seen, t.value)
			continue
		}
		if l == nil {
			l = newLook(r)
		}
		t.seen = t.value
		values := l.points(t.series, q.of)
		j := l.judge(t, values, t.needs())
		switch {
		case j.level == Leak:
			t.found = &j
			if t.looks++; t.looks == 1 {
				t.since = r.last
			}
			if span := r.last - t.since; t.looks > 1 && span >= min(12*3600, (r.last-r.first)/6) {
				t.sure = &j
			}
			continue
		case l.keeps(t) && j.level == Suspected, t.sure != nil && !l.cameBack(values, t.sure, &j):
			continue
		}
		t.looks, t.found, t.sure = 0, nil, nil
	}
}

// couldLeak reports whether a resource has grown as much as a leak must since its lowest value after the last
// judgement. Until then it is not worth a fit. The age is that of the process; the log holds the hours seen of it.
func (t *tracked) couldLeak(q *quantity, age, seen float64) bool {
	share := needed(age)
	switch {
	case q.kind == "", q.kind == KindDNSCache, q.kind == KindTimers && ofConnection(t.key.name):
		return false // no finding calls it a leak
	case q.kind == KindCore:
		share = min(share, 0.1)
	}
	if q.group != QueuesGroup && (t.to-t.from)/3600 < grownFor(q, t.key.name, age, seen) {
		return false
	}
	// A leak grows by that share at least in its life, and in each hour alike. Half of it leaves room for a
	// load that falls.
	since := max(lookShare, 1/age) / 2
	return t.max-t.min >= q.least && t.max-t.seen >= since*share*t.value
}

func (r *run) begin(s *parse.Snapshot) {
	r.clock = newClock(s.Time)
	r.first, r.last, r.age = s.Time, s.Time, s.Runtime.Real.Value
	for i := range r.loads {
		r.loads[i] = newSeries(r.clock)
	}
}

func (r *run) addQuantities(s *parse.Snapshot) {
	var i, slot int
	add := func(name string, v float64) { // one for all quantities: it is called for each number of a log
		if t := r.find(key{i, name}, slot); t != nil {
			t.take(r.timed, v)
		}
		slot++
	}
	for i = range r.quantities {
		each := r.quantities[i].each
		switch r.quantities[i].name {
		case unnamedTable:
			each = r.unnamed.each
		case mallocedMemory:
			each = r.malloced.each
		}
		if each != nil {
			slot = 0
			each(s, add)
		}
	}
	for _, t := range r.order {
		switch {
		case t.snapshot == r.timed:
			t.add(t.value)
		case r.quantities[t.key.quantity].absentIsZero:
			t.add(0)
		}
	}
}

// addTables notes how long tables keep their entries, and how large these are. A table with &create_expire=0secs
// keeps them for ever.
func (r *run) addTables(s *parse.Snapshot) {
	for i := range s.Globals.List {
		g := &s.Globals.List[i]
		expires, sized := g.CreateExpire.Measured && g.CreateExpire.Value > 0, g.Size.Measured && g.EntriesRecursive.Value > 0
		if !expires && !sized {
			continue
		}
		t := r.tracked[key{r.tables, g.Name}]
		if t == nil {
			continue
		}
		if expires {
			t.expiry = g.CreateExpire.Value / 3600
		}
		if sized {
			t.entry = float64(g.Size.Value) / float64(g.EntriesRecursive.Value)
		}
	}
}

// find returns what tracks k, nil if too much is tracked already. Snapshots mostly list their names in the
// same order, so it first tries the name in this slot of the snapshot before.
func (r *run) find(k key, slot int) *tracked {
	for len(r.slots[k.quantity]) <= slot {
		r.slots[k.quantity] = append(r.slots[k.quantity], nil)
	}
	at := &r.slots[k.quantity][slot]
	if *at != nil && (*at).key.name == k.name {
		return *at
	}
	*at = r.track(k)
	return *at
}

func (r *run) track(k key) *tracked {
	t := r.tracked[k]
	if t != nil {
		return t
	}
	if len(r.order) >= maxSeries {
		r.left++
		return nil
	}
	t = &tracked{key: k, series: newSeries(r.clock)}
	r.tracked[k] = t
	r.order = append(r.order, t)
	return t
}

// take takes a value of the snapshot. Values that share a name are added up.
func (t *tracked) take(snapshot int, v float64) {
	if t.snapshot == snapshot {
		t.value += v
		return
	}
	t.snapshot, t.value = snapshot, v
}

// heartbeats is how many messages a second Bro sends to a thread without traffic.
const heartbeats = 1

func (r *run) addLoad(s *parse.Snapshot) {
	now := counts{time: s.Time, conns: float64(s.Conns.Total.Value), hasConns: s.Conns.Total.Measured, hasWrite: s.Threads.Current.Measured}
	for i := range s.Threads.List {
		now.messages += float64(s.Threads.List[i].In)
	}
	before := r.before
	r.before = now
	span := now.time - before.time
	if before.time == 0 || span <= 0 {
		return
	}
	if now.hasConns && before.hasConns && now.conns >= before.conns {
		r.loads[0].add((now.conns - before.conns) / span)
	}
	if now.hasWrite && before.hasWrite && now.messages >= before.messages {
		r.loads[1].add(max(0, (now.messages-before.messages)/span-float64(s.Threads.Current.Value)*heartbeats))
	}
}

// addResident adds the resident memory of the live process.
func (r *run) addResident(bytes float64) {
	if r.clock == nil {
		return
	}
	i := slices.IndexFunc(r.quantities, func(q quantity) bool { return q.name == residentMemory })
	if t := r.track(key{quantity: i}); t != nil {
		t.snapshot, t.value = r.timed, bytes
		t.add(bytes)
	}
}

// startUp returns how many seconds the judge leaves out at the run's start: a process fills its caches and
// tables for an hour or two. A short run loses its first quarter.
func (r *run) startUp() float64 {
	old := r.age + r.last - r.first
	return max(0, min(2*3600, old/4)-r.age)
}

func (r *run) time(hours float64) time.Time { return seconds(r.clock.start + hours*3600) }

func seconds(t float64) time.Time {
	whole, part := math.Modf(t)
	return time.Unix(int64(whole), int64(part*1e9)).UTC()
}

// judge judges what the run holds so far; number is its place among the process's runs.
func (r *run) judge(number int) (Run, []Finding) {
	// The order of its columns changes a fit a little, so it must be the same each time.
	slices.SortFunc(r.order, func(a, b *tracked) int {
		return cmp.Or(cmp.Compare(a.key.quantity, b.key.quantity), cmp.Compare(a.key.name, b.key.name))
	})
	run := Run{Snapshots: r.snapshots, Expensive: r.expensive, State: r.state(), Answer: CannotTell}
	if r.clock == nil {
		return run, nil
	}
	run.From, run.To = seconds(r.first), seconds(r.last)
	run.StartUp = time.Duration(r.startUp() * float64(time.Second))
	l := newLook(r)
	f := &findings{run: r, look: l}
	run.Resources, f.judgements = l.resources()
	f.resources = run.Resources
	f.find()
	for i := range f.list {
		f.list[i].Run = number
	}
	f.answer(&run)
	return run, f.list
}

// title returns a resource's name in reports.
func (r *run) title(t *tracked) string {
	q := &r.quantities[t.key.quantity]
	switch {
	case q.group == QueuesGroup:
		return t.key.name + " " + q.name
	case t.key.name != "":
		return q.name + " " + t.key.name
	default:
		return q.name
	}
}
