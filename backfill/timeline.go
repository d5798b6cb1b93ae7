package backfill

import (
	"time"

	"bro_exporter/parse"
)

// timeline gives the snapshots of a process their times.
//
// A sensor that boots before its clock is set writes snapshots of the year 2000, and one bad packet
// puts a snapshot thirty days ahead. Taken as they are, such a time stamp leaves out all that is
// written until then. So snapshots behind a jump are held until enough of them follow each other: if
// time goes back before that, those that were held are the outliers.
type timeline struct {
	newest     parse.Snapshot    // what it holds about restarts
	last       int64             // time of the last points, in milliseconds
	undated    []*parse.Snapshot // from before the first packet, if they are the newest
	held       []*parse.Snapshot // behind a jump, or at the start
	early      []*parse.Snapshot // before those, and perhaps before the clock was set
	trusted    bool              // enough snapshots follow each other up to last
	outliers   int
	outOfOrder int
}

const (
	// maxUndated is how many snapshots from before the first packet are kept. Real processes write few:
	// without packets their clock stands still.
	maxUndated = 1000
	// enough snapshots that follow each other are not outliers.
	enough = 10
	// jump is how far ahead of the last snapshot the next one must be to be in doubt. Doubt costs nothing if
	// time goes on from there, as after a pause or in a log of few snapshots.
	jump = 10 * time.Minute
	// clockSet is how far time goes ahead when a clock is set for the first time. A trace that is read
	// with -r has no such gap.
	clockSet = 365 * 24 * time.Hour
)

// add calls emit for the snapshots whose times are known now, in their order: with 0 for those whose
// times never will be.
func (t *timeline) add(s *parse.Snapshot, emit func(s *parse.Snapshot, at int64)) {
	if t.newest.Restarted(s) {
		t.release(emit)
		t.forgetUndated(emit)
	}
	t.newest = parse.Snapshot{Runtime: s.Runtime}
	if s.Time == 0 {
		t.release(emit)
		if t.undated = append(t.undated, s.Clone()); len(t.undated) > maxUndated {
			t.forgetUndated(emit)
		}
		return
	}
	t.judge(s, emit)
}

// judge emits s, holds it, or finds that it, or those that are held, are outliers.
func (t *timeline) judge(s *parse.Snapshot, emit func(s *parse.Snapshot, at int64)) {
	if len(t.held) == 0 {
		if t.trusted && ahead(t.last, s) <= jump {
			t.date(s, emit)
			return
		}
		t.held = append(t.held, s.Clone())
		return
	}
	last := millis(t.held[len(t.held)-1])
	switch {
	case ahead(millis(s), t.held[0]) > jump && (!t.trusted || millis(s) >= t.last):
		t.held = t.drop(t.held, emit)
		t.held, t.early = append(t.held, t.early...), t.early[:0]
		t.judge(s, emit)
	case !t.trusted && ahead(last, s) > clockSet:
		t.early, t.held = append(t.early, t.held...), append(t.held[:0], s.Clone())
	case ahead(last, s) > jump:
		t.release(emit)
		t.held = append(t.held, s.Clone())
	default:
		if t.held = append(t.held, s.Clone()); len(t.held) >= enough {
			t.early = t.drop(t.early, emit)
			t.release(emit)
			t.trusted = true
		}
	}
}

func (t *timeline) end(emit func(s *parse.Snapshot, at int64)) {
	t.release(emit)
	t.forgetUndated(emit)
}

// release emits the snapshots that are held.
func (t *timeline) release(emit func(s *parse.Snapshot, at int64)) {
	for _, list := range [][]*parse.Snapshot{t.early, t.held} {
		for _, s := range list {
			t.date(s, emit)
		}
	}
	t.early, t.held = t.early[:0], t.held[:0]
}

// drop leaves out the snapshots of a list and returns it empty.
func (t *timeline) drop(list []*parse.Snapshot, emit func(s *parse.Snapshot, at int64)) []*parse.Snapshot {
	if len(list) > 0 {
		t.forgetUndated(emit)
	}
	for _, s := range list {
		t.outliers++
		emit(s, 0)
	}
	return list[:0]
}

// date emits a snapshot that has a time, and before it those that are dated by it.
func (t *timeline) date(s *parse.Snapshot, emit func(s *parse.Snapshot, at int64)) {
	at := millis(s)
	for _, undated := range t.undated {
		before := int64((s.Runtime.Real.Value - undated.Runtime.Real.Value) * 1000)
		if !s.Runtime.Real.Measured || !undated.Runtime.Real.Measured || before <= 0 {
			emit(undated, 0)
			continue
		}
		t.emit(undated, at-before, emit)
	}
	t.undated = t.undated[:0]
	if at < t.last {
		t.outOfOrder++
	}
	t.emit(s, at, emit)
}

// emit emits a snapshot with its time if it is newer than the last that had one.
func (t *timeline) emit(s *parse.Snapshot, at int64, emit func(s *parse.Snapshot, at int64)) {
	if at <= t.last {
		emit(s, 0)
		return
	}
	t.last = at
	emit(s, at)
}

// forgetUndated emits the snapshots whose times will not be known.
func (t *timeline) forgetUndated(emit func(s *parse.Snapshot, at int64)) {
	for _, s := range t.undated {
		emit(s, 0)
	}
	t.undated = t.undated[:0]
}

func millis(s *parse.Snapshot) int64 { return int64(s.Time * 1000) }

// ahead returns how much newer s is than a time in milliseconds.
func ahead(of int64, s *parse.Snapshot) time.Duration {
	return time.Duration(millis(s)-of) * time.Millisecond
}
