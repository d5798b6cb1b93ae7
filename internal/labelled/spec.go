package labelled

// spec describes one log of the set.
type spec struct {
	class    string
	leak     string
	what     string  // where the leak is, in the log's words
	percent  float64 // an hour, of the resource's level
	variant  string  // the rest of the name
	template string
	hours    float64
	runs     int // processes that follow each other, 0 for one
	noise    float64
	load     load
	leaks    change   // nil if nothing does
	changes  []change // what else the sensor is like
	seed     uint64

	// Of drawn logs only.
	span     Span
	interval float64 // profiling_interval, in seconds
	skip     float64 // hours of the process before the log begins
	last     int     // the log has so many snapshots at most, if it is not 0
	twin     uint64  // other noise, all else the same
}

// change is what sets a process apart from a healthy one under constant load.
type change func(*process)
