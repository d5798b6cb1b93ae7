package parse

import "strconv"

// Release is a release of Bro or Zeek without its patch level: 2.6 is Bro 2.6.0 to 2.6.4. Its
// minor number has one digit, as in every release so far.
type Release float64

// String writes the release as its project does, "2.6".
func (r Release) String() string { return strconv.FormatFloat(float64(r), 'f', 1, 64) }

// Releases is a range of releases, both ends included. A Since of 0 is the first release, an Until
// of 0 is the newest, so the zero Releases are all of them.
type Releases struct{ Since, Until Release }

// The lines and fields that only some releases write. Every release writes all others.
var (
	ConnCompressorLine = Releases{Until: 2.0}
	ThreadLines        = Releases{Since: 2.1}
	CommLine           = Releases{Since: 2.4} // before 2.6 only in a build with Broker
	CommDeltas         = Releases{Since: 2.4, Until: 2.5}
	CommCounters       = Releases{Since: 2.6} // pending_queries= to ids_out=
	NFAStates          = Releases{Since: 2.5}
	AvgNFAStates       = Releases{Until: 2.4}
	ConnsExt           = Releases{Until: 3.0}
	TimersMem          = Releases{Until: 3.0}
	ConnsSizes         = Releases{Until: 5.0} // mem=, avg=, table= and connvals=
	ReassemblerSize    = Releases{Until: 5.0}
	GlobalSizes        = Releases{Until: 5.0} // with the names of the globals
	UnnamedTables      = Releases{Since: 5.1}
	Malloced           = Releases{Until: 5.1} // later releases always write 0K
	SuccesfulSpelling  = Releases{Until: 6.0}
	SuccessfulSpelling = Releases{Since: 6.1}
	SegmentLines       = Releases{Until: 6.1}
)

// What tells a release by its absence: the releases that write the line without the field.
var (
	connsWithoutExt   = Releases{Since: 3.1}
	connsWithoutSizes = Releases{Since: 5.1}
	timersWithoutMem  = Releases{Since: 3.1}
	withoutComm       = Releases{Until: 2.5}
)

// none reports whether r holds no release.
func (r Releases) none() bool { return r.Until != 0 && r.Since > r.Until }

// and returns the releases that are in both ranges.
func (r Releases) and(other Releases) Releases {
	if other.Since > r.Since {
		r.Since = other.Since
	}
	if other.Until != 0 && (r.Until == 0 || other.Until < r.Until) {
		r.Until = other.Until
	}
	return r
}

// Narrow returns the releases that are in both ranges. Snapshots that contradict each other come
// from different programs: then the range of the newer one, other, is the answer.
func (r Releases) Narrow(other Releases) Releases {
	if both := r.and(other); !both.none() {
		return both
	}
	return other
}

// String names the range, such as "2.6-3.0" or "6.1+". It is "unknown" for no release, and for all.
func (r Releases) String() string {
	if r.none() || r == (Releases{}) {
		return "unknown"
	}
	since := max(r.Since, 2.0)
	switch r.Until {
	case 0:
		return since.String() + "+"
	case since:
		return since.String()
	}
	return since.String() + "-" + r.Until.String()
}
