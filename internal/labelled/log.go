package labelled

import "math"

// walk goes through the snapshots of a log, process by process.
type walk struct {
	t     *template
	s     *spec
	quiet bool
	p     *process
	run   int
	ends  float64 // age at which the process ends
	apart float64 // seconds between them
	shown int     // snapshots so far
}

const epoch = 1700000000 // packet time when a log begins

// next advances to the next snapshot, that of p; it returns false after the last one.
func (b *walk) next() bool {
	if b.s.last > 0 && b.shown == b.s.last {
		return false
	}
	b.shown++
	if !b.step() {
		return false
	}
	for apart := b.apart; b.p.now.hours() < b.s.skip; b.apart = apart {
		b.apart = max(apart, 3600*b.s.skip/500) // the log does not show them
		b.step()
	}
	return true
}

func (b *walk) step() bool {
	if b.p != nil && b.p.now.age >= b.ends && b.s.seed%2 == 0 && !b.p.last {
		b.p.last = true
		b.p.next(b.p.d.between(0.1, b.apart))
		return true
	}
	if b.p == nil || b.p.now.age >= b.ends {
		if b.run >= max(1, b.s.runs) {
			return false
		}
		b.start()
	}
	b.p.next(b.wait())
	return true
}

func (b *walk) start() {
	before := 0.0
	if b.p != nil {
		before = b.p.epoch + b.p.now.age + 30 - b.s.load.epoch()
	}
	b.p = newProcess(b.t, b.s, b.run, b.quiet)
	b.p.epoch = b.s.load.epoch() + math.Floor(before) + 0.001*float64(b.s.seed%1000)
	b.p.begun = before / 3600
	b.ends = 3600*b.s.skip + 3600*b.s.hours/float64(max(1, b.s.runs))
	b.run++
}

// wait returns the seconds until the next snapshot: some come late, some never.
func (b *walk) wait() float64 {
	d := b.p.d
	if b.p.written == 1 {
		return 1 + 0.5*math.Abs(d.normal())
	}
	wait := b.apart + 0.01*math.Abs(d.normal())
	if d.chance(0.01) {
		wait += d.between(0.1, 5)
	}
	if d.chance(b.p.missing) {
		wait += b.apart * float64(1+d.IntN(8))
	}
	return wait
}
