package analyze

import "bro_exporter/parse"

// A thread that takes nothing from its queue while messages are put into it is stuck. Since
// one is put there each second, the heartbeat, that shows soon; but reading a large file may
// also keep an input thread for a while.
const (
	stuckSeconds   = 120
	stuckSnapshots = 4
	stuckWrites    = 10
)

// threadState is what a thread's queue has done lately.
type threadState struct {
	snapshot      int
	reads, writes uint64 // in that snapshot
	// since is when reads last changed, and held what writes was then.
	since         float64
	sinceSnapshot int
	held          uint64
	heldReads     uint64
	pace          pace
}

// threadSlot is the thread that a snapshot lists at a place.
type threadSlot struct {
	name  string
	state *threadState
}

func (r *run) addThreads(s *parse.Snapshot) {
	for i := range s.Threads.List {
		t := &s.Threads.List[i]
		state := r.thread(i, t, s.Time)
		if state == nil {
			continue
		}
		if state.snapshot != r.timed {
			state.snapshot, state.reads, state.writes = r.timed, 0, 0
		}
		state.reads += t.InReads
		state.writes += t.InWrites
	}
	for _, slot := range r.threadSlots[:len(s.Threads.List)] {
		if slot.state != nil {
			slot.state.look(s.Time)
		}
	}
}

// thread returns the state of a thread, nil if there are too many. Like find, it tries the thread that had this
// place in the snapshot before.
func (r *run) thread(place int, t *parse.Thread, now float64) *threadState {
	if place == len(r.threadSlots) {
		r.threadSlots = append(r.threadSlots, threadSlot{})
	}
	slot := &r.threadSlots[place]
	if slot.state != nil && slot.name == t.Name {
		return slot.state
	}
	name := threadName(t.Name)
	state := r.threads[name]
	if state == nil && len(r.threads) < maxSeries {
		state = &threadState{since: now, sinceSnapshot: r.timed, held: t.InWrites, heldReads: t.InReads}
		r.threads[name] = state
	}
	*slot = threadSlot{t.Name, state}
	return state
}

// look notes whether the queue was read since the snapshot before.
func (t *threadState) look(now float64) {
	t.pace.add(now, t.reads)
	if t.reads > t.heldReads || t.writes < t.held {
		t.since, t.sinceSnapshot, t.held, t.heldReads = now, t.snapshot, t.writes, t.reads
	}
}

// stuck reports whether the thread was stuck when the run ended with the given snapshot.
func (t *threadState) stuck(last float64, snapshot int) bool {
	return t.snapshot >= snapshot-1 && // the last one may be cut off
		t.snapshot-t.sinceSnapshot >= stuckSnapshots &&
		last-t.since >= stuckSeconds &&
		t.writes-t.held >= stuckWrites
}

// paceSeconds is how long a pace is measured. For some minutes a disk's cache takes more than the disk, and a
// log that is rotated takes less. A queue must wait for twice as long before its thread's pace counts.
const paceSeconds = 3600

// pace is how fast a thread reads its queue, in messages per second.
type pace struct {
	since   float64 // when the newest hour begins
	reads   uint64  // before that
	last    float64 // pace in the hour before
	fastest float64
}

// add notes how many messages the thread has read by now.
func (p *pace) add(now float64, reads uint64) {
	switch {
	case p.since == 0, reads < p.reads: // a new thread counts from 0
		*p = pace{since: now, reads: reads}
	case now-p.since >= paceSeconds:
		p.last = float64(reads-p.reads) / (now - p.since)
		p.fastest = max(p.fastest, p.last)
		p.since, p.reads = now, reads
	}
}

// slower reports whether a thread whose queue has not been empty for hours has become slower: it reads as fast as
// it can, and it read faster before. A log without counters of reads does not tell.
func (t *threadState) slower() bool {
	const scatter = 0.15 // more than the pace of a healthy thread varies
	return t != nil && t.pace.last < (1-scatter)*t.pace.fastest
}

// maxDNSPending is MAX_PENDING_REQUESTS of Bro's DNS manager. Requests that are never answered
// fill it (zeek/zeek#3273).
const maxDNSPending = 20

const dnsStuckSeconds = 300

// dnsState is how long the DNS manager has been full without any answer.
type dnsState struct {
	full      bool
	since     float64
	snapshots int
	answered  uint64
	last      float64
}

func (d *dnsState) add(s *parse.Snapshot) {
	if !s.DNS.Pending.Measured {
		return
	}
	answered := s.DNS.Successful.Value + s.DNS.Failed.Value
	full := s.DNS.Pending.Value >= maxDNSPending
	d.last = s.Time
	d.snapshots++
	if !full || !d.full || answered != d.answered {
		d.since, d.snapshots = s.Time, 0
	}
	d.full, d.answered = full, answered
}

func (d *dnsState) stuck() bool {
	return d.full && d.last-d.since >= dnsStuckSeconds && d.snapshots >= stuckSnapshots
}
