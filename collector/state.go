package collector

import (
	"time"

	"bro_exporter/parse"
)

// state is what is known of the process behind one prof.log: its newest blocks.
type state struct {
	newest    *digest
	expensive *digest
	comm      *digest
	// last is the newest block of a file that has been left behind.
	last     *digest
	releases parse.Releases
	started  time.Time // zero until dated

	snapshots uint64
	restarts  uint64
}

// add takes the block that follows those added before, or a later reading of the newest one.
func (s *state) add(block *digest) {
	if s.newest == nil || s.newest.Offset != block.Offset {
		s.snapshots++
		s.follow(block)
	}
	s.releases = s.releases.Narrow(block.Releases)
	s.newest = block
	// One that was cut off lacks the tables that its forerunner has.
	if block.Expensive && (block.whole || s.expensive == nil) {
		s.expensive = block
	}
	if !block.Comm.Empty() {
		s.comm = block
	}
}

// follow drops the values of the process before, if block is another's.
func (s *state) follow(block *digest) {
	before := s.newest
	if before == nil {
		before = s.last
	}
	restarted := before != nil && before.Restarted(block.Snapshot)
	if restarted {
		s.restarts++
	}
	if restarted || before == nil {
		s.leave()
		s.releases = block.Releases
		s.started = time.Time{}
	}
}

// leave drops all values: the file they came from is no more.
func (s *state) leave() {
	if s.newest != nil {
		s.last = s.newest
	}
	s.newest, s.expensive, s.comm = nil, nil, nil
}

// date finds out when the process started, the newest block being as old as its file.
func (s *state) date(modified time.Time) {
	if s.newest != nil && s.started.IsZero() {
		s.started = modified.Add(-time.Duration(s.newest.Runtime.Real.Value * float64(time.Second)))
	}
}

// view is what the collectors see of one process. It does not change once it is published.
type view struct {
	process  string
	path     string
	file     fileHealth
	live     *liveProcess // nil if none is known to run
	releases parse.Releases
	started  time.Time // zero if unknown
	newest   *digest
	// expensive and comm are the newest blocks that have what comes rarely or late.
	expensive *digest
	comm      *digest
}

// fileHealth is what is known of a prof.log itself. The counts are those since it is followed.
type fileHealth struct {
	present    bool // the file is there
	readable   bool
	modified   time.Time
	size       int64
	since      time.Time
	snapshots  uint64
	unparsed   uint64
	readErrors uint64
	restarts   uint64
}

func (v *view) block(b block) *digest {
	switch b {
	case withExpensive:
		return v.expensive
	case withComm:
		return v.comm
	default:
		return v.newest
	}
}
