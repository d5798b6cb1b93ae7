package collector

import (
	"cmp"
	"slices"
	"time"

	"bro_exporter/parse"
	"bro_exporter/spool"
)

// Status is what a Collector knows of a host at one moment, for people.
type Status struct {
	Processes []Process // by name
	// Found is what the last search for prof.logs has found, and where it may not look.
	Found spool.Report
}

// Process is a followed prof.log and the process that writes it.
type Process struct {
	Name, Path string
	State      State
	// Err is why the file cannot be read, and what to do about it; empty if it can.
	Err      string
	Modified time.Time // of the file, by its own clock; zero if it was never seen
	// Changed is when the file was last seen to change, by the clock of this host; zero if it was never
	// read.
	Changed time.Time
	Size    int64 // of the file, in bytes
	// Newest and Expensive are the newest snapshot and the newest expensive one, nil if there is
	// none. Their names are valid UTF-8 and limited in number, as on /metrics: threads and
	// globals that share a name are added up. They are shared: change nothing.
	Newest, Expensive *parse.Snapshot
	Snapshots         uint64 // read since the exporter follows the file
	Restarts          uint64 // of the process, seen since then
	ReadErrors        uint64
	Unparsed          uint64 // lines that no rule knows or can read
	// CPU is how many processors the process has used between its two newest snapshots, -1 if that is
	// not known.
	CPU     float64
	Started time.Time    // the process's start by its log, zero if unknown
	Live    *LiveProcess // what /proc tells, nil if nothing
}

// State tells whether the process behind a prof.log works.
type State string

// The states of a Process. bro_up is 1 in the state Up alone.
const (
	Waiting    State = "waiting"    // the file has not been read yet
	Up         State = "up"         // the file can be read and was written to lately
	Dead       State = "dead"       // the process that .pid names was seen to run and does not any more
	Stale      State = "stale"      // the file has not been written to for Config.StaleAfter
	Gone       State = "gone"       // the file is not there
	Unreadable State = "unreadable" // see Process.Err
)

// Status returns what is known now, without any I/O.
func (c *Collector) Status() Status {
	s := Status{Found: c.report()}
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.nodes {
		v := n.shown(now)
		p := Process{
			Name: v.process, Path: v.path, State: v.stateAt(now, c.config.StaleAfter), Err: v.err,
			Modified: v.file.modified, Changed: v.file.changed, Size: v.file.size,
			Snapshots: v.file.snapshots, Restarts: v.file.restarts, ReadErrors: v.file.readErrors, Unparsed: v.file.unparsed,
			Started: v.started, Live: v.live, CPU: -1,
		}
		if n.hangs(now) {
			p.Err = silent
		}
		if v.newest != nil {
			p.Newest, p.CPU = v.newest.Snapshot, v.cpu
		}
		if v.expensive != nil {
			p.Expensive = v.expensive.Snapshot
		}
		s.Processes = append(s.Processes, p)
	}
	slices.SortFunc(s.Processes, func(a, b Process) int { return cmp.Compare(a.Name, b.Name) })
	return s
}

// stateAt returns the state of the process at a time. A file is stale if it has not been written to
// for staleAfter.
func (v *view) stateAt(now time.Time, staleAfter time.Duration) State {
	switch {
	case !v.file.polled:
		return Waiting
	case !v.file.present:
		return Gone
	case !v.file.readable:
		return Unreadable
	case v.dead:
		return Dead
	case now.Sub(v.file.changed) > staleAfter:
		return Stale
	default:
		return Up
	}
}
