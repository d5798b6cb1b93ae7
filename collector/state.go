package collector

import (
	"time"

	"bro_exporter/parse"
)

// state is what is known of the process behind one prof.log: its newest snapshots.
type state struct {
	newest    *digest
	expensive *digest
	comm      *digest
	// last is the newest snapshot before the file was read again from its newest snapshots.
	last     *digest
	releases parse.Releases
	started  time.Time // zero until dated
	cpu      float64   // see Process.CPU

	counted   int64 // offset of the last snapshot that was counted
	snapshots uint64
	restarts  uint64
}

// nothing is the offset of no snapshot.
const nothing = -1

func newState() state { return state{counted: nothing} }

// add takes the snapshot that follows those added before, or a later reading of the newest one.
func (s *state) add(d *digest) {
	if s.newest == nil || s.newest.Offset != d.Offset {
		s.follow(d)
		s.cpu = cpuBetween(s.newest, d)
	}
	s.releases = s.releases.Narrow(d.Releases)
	s.newest = d
	// One that was cut off lacks the tables that its forerunner has.
	if d.Expensive && (d.whole || s.expensive == nil) {
		s.expensive = d
	}
	if !d.Comm.Empty() {
		s.comm = d
	}
}

// holds reports whether a digest of the state belongs to this snapshot.
func (s *state) holds(snapshot *parse.Snapshot) bool {
	for _, d := range []*digest{s.newest, s.expensive, s.comm, s.last} {
		if d != nil && d.Snapshot == snapshot {
			return true
		}
	}
	return false
}

// cpuBetween returns how many processors a process has used from one snapshot to the next; -1 if that
// cannot be told.
func cpuBetween(before, d *digest) float64 {
	if before == nil {
		return -1
	}
	a, b := before.Runtime, d.Runtime
	passed := b.Real.Value - a.Real.Value
	if !a.UserSys.Measured || !b.UserSys.Measured || !a.Real.Measured || !b.Real.Measured || passed <= 0 {
		return -1
	}
	return max(0, b.UserSys.Value-a.UserSys.Value) / passed
}

// follow counts a snapshot, and drops the values of the process before if it is another's.
func (s *state) follow(d *digest) {
	before := s.newest
	if before == nil {
		before = s.last
	}
	restarted := before != nil && before.Restarted(d.Snapshot)
	if d.Offset > s.counted {
		s.counted = d.Offset
		s.snapshots++
		if restarted {
			s.restarts++
		}
	}
	if restarted || before == nil {
		s.reset()
		s.releases = d.Releases
		s.started = time.Time{}
	}
}

// reset drops all values: the file they came from is no more.
func (s *state) reset() {
	if s.newest != nil {
		s.last = s.newest
	}
	s.newest, s.expensive, s.comm = nil, nil, nil
}

// date finds out when the process started, the newest snapshot being as old as its file.
func (s *state) date(modified time.Time) {
	if s.newest != nil && s.started.IsZero() {
		s.started = modified.Add(-time.Duration(s.newest.Runtime.Real.Value * float64(time.Second)))
	}
}

// view is what is exposed of one process. It does not change once it is published.
type view struct {
	process  string
	path     string
	file     fileHealth
	state    State        // when it is exposed
	err      string       // why the file cannot be read, in words
	live     *LiveProcess // nil if none is known to run
	dead     bool         // the process is known to run no more
	releases parse.Releases
	started  time.Time // zero if unknown
	cpu      float64
	newest   *digest
	// expensive and comm are the newest snapshots that have what comes rarely or late.
	expensive *digest
	comm      *digest
}

// fileHealth is what is known of a prof.log itself. The counts are those since it is followed.
type fileHealth struct {
	polled     bool // it was looked at
	present    bool // the file is there
	readable   bool
	modified   time.Time // by the file's own clock
	changed    time.Time // by ours: when it was last seen to have changed
	size       int64
	since      time.Time
	snapshots  uint64
	unparsed   uint64 // lines
	unknown    uint64 // fields
	readErrors uint64
	restarts   uint64
}

func (v *view) digest(s source) *digest {
	switch s {
	case withExpensive:
		return v.expensive
	case withComm:
		return v.comm
	default:
		return v.newest
	}
}
