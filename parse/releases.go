package parse

// Releases is a set of the text shapes that Bro and Zeek have written since 2.0. No block
// names its release, but each line rules some out.
type Releases uint16

const (
	release2_0  Releases = 1 << iota // has ConnCompressor, no Threads
	release2_1                       // 2.1-2.3: thread lines
	release2_4                       // Comm, if built with Broker
	release2_5                       // nfa_states= for avg_nfa_states=
	release2_6                       // 2.6-3.0: Comm always, without its newline
	release3_1                       // 3.1-5.0: no ext=, no Timers mem=
	release5_1                       // 5.1-6.0: no sizes of connections and globals
	release6_1                       // successful= for succesful=
	release6_2                       // no segment lines
	releaseEnd                       // one past the last
	allReleases = releaseEnd - 1
)

// from returns the shapes since r, until those up to r.
func from(r Releases) Releases  { return allReleases &^ (r - 1) }
func until(r Releases) Releases { return r<<1 - 1 }

// Narrow returns the releases that are in both sets. Blocks that contradict each other come
// from different programs: then the newer block's set, other, is the answer.
func (r Releases) Narrow(other Releases) Releases {
	if both := r & other; both != 0 {
		return both
	}
	return other
}

// String names the range, as in "2.6-3.0" or "6.1+"; "unknown" if no release writes such a
// text or every one does.
func (r Releases) String() string {
	if r == 0 || r == allReleases {
		return "unknown"
	}
	firsts := [...]string{"2.0", "2.1", "2.4", "2.5", "2.6", "3.1", "5.1", "6.1", "6.2"}
	lasts := [...]string{"2.0", "2.3", "2.4", "2.5", "3.0", "5.0", "6.0", "6.1", ""}
	var first, last string
	for i := len(firsts) - 1; i >= 0; i-- {
		if r&(1<<i) != 0 {
			first = firsts[i]
		}
	}
	for i := range lasts {
		if r&(1<<i) != 0 {
			last = lasts[i]
		}
	}
	if last == "" {
		return first + "+"
	}
	if first == last {
		return first
	}
	return first + "-" + last
}
