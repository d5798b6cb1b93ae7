package collector

import "bro_exporter/parse"

// Observer takes what a Collector reads, such as an analysis of the runs does. A Collector calls
// it for one path at a time and in the order of the file, but for different paths from different
// goroutines. The files wait for it, so a call must return soon.
//
// To see all of a run, an Observer keeps what Add gives it after Begin, and meanwhile reads the
// file up to the offset on its own.
type Observer interface {
	// Begin starts the prof.log at path from offset, its first byte being 0. What Add has given
	// for this path before does not count any more: the exporter has just started, the process
	// has restarted, or the file was replaced, rewritten, or grew by more than is worth reading.
	Begin(process, path string, offset int64)
	// Add gives the next snapshot once the one behind it has begun. s.Offset is its place in the
	// file. s is only valid during the call: Clone it to keep it.
	Add(process, path string, s *parse.Snapshot)
	// End ends the prof.log at path: it has been gone for Config.ForgetAfter.
	End(process, path string)
}
