package labelled

import "math"

// thread is a log writer or an input reader with the two queues between it and the main thread.
type thread struct {
	line  named
	reads bool      // it reads a file for main
	from  float64   // age at which it starts, in seconds
	ends  float64   // age at which it ends, to start again later; 0 for never
	rate  float64   // messages a second to it at load 1, besides heartbeats
	rows  float64   // messages from a reader at its start and at each reload
	loads []float64 // hours at which it reads its file again
	lines float64   // messages a second from a reader that never stops
	noise noise

	in, out queue
	made    bool
	loaded  int
	beats   float64 // heartbeats among the messages to it
}

// queue counts the messages written to it and read from it.
type queue struct {
	share curve   // of new messages that it reads; nil for all
	drain float64 // messages a second by which a backlog falls when share is 1; 0 for at once
	slow  curve   // most messages a second that it can read, 0 for no limit; nil for never a limit

	writes, reads, shown float64
}

// pass adds n messages and reads some.
func (q *queue) pass(n float64, m moment) {
	q.writes += n
	share := 1.0
	if q.share != nil {
		share = q.share(m)
	}
	limit := 0.0
	if q.slow != nil {
		limit = q.slow(m)
	}
	switch {
	case limit > 0:
		q.reads = min(q.writes, q.reads+limit*m.dt)
	case share < 1:
		q.reads += share * n
	case q.drain > 0:
		q.reads = min(q.writes, q.reads+n+q.drain*m.dt)
	default:
		q.reads = q.writes
	}
}

// done returns the messages read, as the log shows them: sometimes the newest are still on their
// way.
func (q *queue) done(d *dice, late float64) float64 {
	const seldom, few = 0.03, 3
	reads := math.Floor(q.reads+1e-6) - late
	if d.chance(seldom) {
		reads -= float64(d.IntN(few))
	}
	q.shown = max(q.shown, reads)
	return q.shown
}

// next brings the thread's numbers to m. Beats are the heartbeats since the snapshot
// before; late reports whether the newest of them, or its answer, is still on its way.
func (t *thread) next(m moment, beats float64, late bool, values []float64, d *dice) {
	if t.ends > 0 && m.age >= t.ends {
		t.end()
	}
	if m.age < t.from {
		values[t.line.shown] = 0
		return
	}
	if !t.made {
		t.made = true
		t.beats = min(beats, 1)
		t.in.pass(t.beats, m)
		t.out.writes = t.rows
		t.show(values, d, false)
		return
	}
	t.beats += beats
	t.in.pass(beats+t.messages(m, d), m)
	t.out.pass(t.answers(m, d), m)
	t.show(values, d, late)
}

// end ends the thread. Another of the same name follows and counts from 0.
func (t *thread) end() {
	const gap = 180 // seconds
	t.from, t.ends = t.ends+gap, 0
	t.made, t.loaded = false, 0
	t.in = queue{share: t.in.share, drain: t.in.drain}
	t.out = queue{share: t.out.share, drain: t.out.drain}
}

func (t *thread) messages(m moment, d *dice) float64 {
	if t.rate == 0 {
		return 0
	}
	return d.round(t.rate * m.load * m.dt * t.noise.next(m.dt, d))
}

func (t *thread) answers(m moment, d *dice) float64 {
	switch {
	case t.lines > 0:
		return d.round(t.lines * m.dt * t.noise.next(m.dt, d))
	case t.reads:
		return t.reload(m)
	}
	// A writer answers each heartbeat that it has read (<= 7.0).
	return max(0, math.Floor(t.beats*t.in.reads/max(1, t.in.writes))-t.out.writes)
}

func (t *thread) reload(m moment) float64 {
	var n float64
	for t.loaded < len(t.loads) && m.hours() >= t.loads[t.loaded] {
		n += t.rows
		t.loaded++
	}
	return n
}

func (t *thread) show(values []float64, d *dice, late bool) {
	var lateIn, lateOut float64
	switch {
	case !late || t.reads:
	case d.chance(0.5):
		lateIn = 1
	default:
		lateOut = 1
	}
	in, out := t.in.done(d, lateIn), t.out.done(d, lateOut)
	v := values[t.line.slot : t.line.slot+t.line.words]
	v[0], v[1] = t.in.writes, t.out.writes
	v[2], v[3] = t.in.writes-in, t.out.writes-out
	v[4], v[5], v[6], v[7] = in, t.in.writes, out, t.out.writes
	values[t.line.shown] = 1
}

// waiting returns the messages in both queues.
func (t *thread) waiting() float64 {
	return t.in.writes - t.in.reads + t.out.writes - t.out.reads
}
