package backfill

import (
	"time"

	"bro_exporter/analyze"
	"bro_exporter/parse"
	"bro_exporter/verdict"
)

// judge judges a process as the exporter would have: the run that goes on, again after each interval of
// packet time, and at its end. In between, and from a restart to the first verdict after it, a scrape
// shows what it showed before.
type judge struct {
	interval    time.Duration
	memoryLimit float64

	run     *analyze.Process
	last    parse.Snapshot // what the newest snapshot holds about restarts
	newest  *verdict.Verdict
	at      int64 // of the points that lack their verdict, in milliseconds; 0 if there are none
	settled bool  // newest rests on all snapshots
}

func newJudge(interval time.Duration, memoryLimit float64) *judge {
	return &judge{interval: interval, memoryLimit: memoryLimit, run: analyze.New(time.Time{}, time.Time{})}
}

// add adds a snapshot with its time, 0 if it has none, and calls emit for the one before: whether that
// was the last of its run, which is judged at its end, is known only now.
func (j *judge) add(s *parse.Snapshot, at int64, emit func(v *verdict.Verdict, at int64)) {
	if j.last.Restarted(s) {
		j.end(emit)
		j.run, j.newest = analyze.New(time.Time{}, time.Time{}), nil
	}
	j.emit(emit)
	j.last = parse.Snapshot{Runtime: s.Runtime}
	j.run.Add(s)
	j.settled = false
	if at == 0 {
		return
	}
	j.at = at
	if now := time.UnixMilli(at); j.newest == nil || now.Sub(j.newest.At) >= j.interval {
		j.judge(now)
	}
}

// end ends a run.
func (j *judge) end(emit func(v *verdict.Verdict, at int64)) {
	if j.at != 0 && !j.settled {
		j.judge(time.UnixMilli(j.at))
	}
	j.emit(emit)
}

func (j *judge) judge(now time.Time) {
	v := &verdict.Verdict{At: now, Report: j.run.Report("", "")}
	v.Exhausted = v.Exhaustion(j.memoryLimit)
	for i := range v.Runs {
		v.Runs[i].Resources = nil // they hold nearly all of its memory
	}
	j.newest, j.settled = v, true
}

func (j *judge) emit(emit func(v *verdict.Verdict, at int64)) {
	if j.at != 0 && j.newest != nil {
		emit(j.newest, j.at)
	}
	j.at = 0
}
