package labelled

// spec describes one log of the set.
type spec struct {
	class    string
	leak     string
	what     string  // the leaking resource, in the log's words
	percent  float64 // an hour, of the resource's level
	variant  string  // the rest of the name
	template string
	hours    float64
	runs     int // processes that follow each other, 0 for one
	noise    float64
	load     load
	leaks    change // nil if nothing does
	changes  []change
	seed     uint64

	// Of drawn logs only.
	span     Span
	interval float64 // profiling_interval, in seconds
	skip     float64 // hours that the process runs before the log begins
	last     int     // the log's number of snapshots, 0 for as many as its hours hold
	twin     uint64  // draws other noise; all else stays the same
	alike    bool    // for a day the leak looks like a healthy table that fills
}

// change makes a process differ from a healthy one under constant load.
type change func(*process)
