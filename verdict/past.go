package verdict

import (
	"time"

	"bro_exporter/analyze"
	"bro_exporter/parse"
)

// Emit takes a point of a series: its time in milliseconds, the index of its metric in Metrics, and its
// labels besides process.
type Emit = func(at int64, metric int, value float64, labels ...string)

// Past judges a process as a Live would have: the run that goes on, again after each interval of
// packet time, and at its end. In between, and from a restart to the first verdict after it, a scrape
// shows what it showed before.
type Past struct {
	interval    time.Duration
	memoryLimit float64

	run     *analyze.Process
	last    parse.Snapshot // what the newest snapshot holds about restarts
	newest  *Verdict
	at      int64 // of the points that lack their verdict, in milliseconds; 0 if there are none
	settled bool  // newest rests on all snapshots
}

// NewPast returns a Past of no snapshot. A memoryLimit of 0 bytes means that the limit is unknown.
func NewPast(interval time.Duration, memoryLimit float64) *Past {
	return &Past{interval: interval, memoryLimit: memoryLimit, run: analyze.New(time.Time{}, time.Time{})}
}

// Add adds a snapshot with its time in milliseconds, 0 if it has none, and calls emit for each series of
// the one before, with the index of its metric in Metrics: whether that was the last of its run, which
// is judged at its end, is known only now.
func (p *Past) Add(s *parse.Snapshot, at int64, emit Emit) {
	if p.last.Restarted(s) {
		p.End(emit)
		p.run, p.newest = analyze.New(time.Time{}, time.Time{}), nil
	}
	p.emit(emit)
	p.last = parse.Snapshot{Runtime: s.Runtime}
	p.run.Add(s)
	p.settled = false
	if at == 0 {
		return
	}
	p.at = at
	if now := time.UnixMilli(at); p.newest == nil || now.Sub(p.newest.At) >= p.interval {
		p.judge(now)
	}
}

// End ends the run, and calls emit for each series of its last snapshot.
func (p *Past) End(emit Emit) {
	if p.at != 0 && !p.settled {
		p.judge(time.UnixMilli(p.at))
	}
	p.emit(emit)
}

func (p *Past) judge(now time.Time) {
	v := &Verdict{At: now, Report: p.run.Report("", "")}
	v.Exhausted = v.Exhaustion(p.memoryLimit)
	for i := range v.Runs {
		v.Runs[i].Resources = nil // they hold nearly all of its memory
	}
	p.newest, p.settled = v, true
}

func (p *Past) emit(emit Emit) {
	if at := p.at; at != 0 && p.newest != nil {
		p.newest.Series(func(metric int, value float64, labels ...string) { emit(at, metric, value, labels...) })
	}
	p.at = 0
}
