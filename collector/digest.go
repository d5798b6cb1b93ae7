package collector

import (
	"cmp"
	"slices"
	"strings"

	"bro_exporter/parse"
)

// Limits are how many series a process may have of what it names itself. Zero means the
// default.
type Limits struct {
	Threads int // 500
	Globals int // 500
}

func (l Limits) withDefaults() Limits {
	const enough = 500
	return Limits{cmp.Or(l.Threads, enough), cmp.Or(l.Globals, enough)}
}

// maxTimers is enough: the releases have about 30 types of timer.
const maxTimers = 100

// others is what the series are called that stand for all beyond a limit.
const others = "other"

// digest is a snapshot as it is exposed: its names can be labels, no two are the same, and their
// number is limited.
type digest struct {
	*parse.Snapshot
	whole        bool
	tables       uint64 // listed tables, named or not
	largestTable uint64 // entries of the largest of them
	dropped      dropped
}

// dropped counts what has no series of its own because of a limit.
type dropped struct{ threads, globals, timers int }

// newDigest makes a digest of a snapshot, which it takes over.
func newDigest(s *parse.Snapshot, limits Limits) *digest {
	d := &digest{Snapshot: s, whole: s.Whole()}
	d.threads(limits.Threads)
	d.timers()
	d.globals(limits.Globals)
	return d
}

// threads adds up the threads that share a name, and all that run a command: those get a new
// name each time.
func (d *digest) threads(limit int) {
	name := func(t *parse.Thread) *string { return &t.Name }
	for i := range d.Threads.List {
		if t := &d.Threads.List[i]; strings.HasSuffix(t.Name, parse.ExecReader) {
			t.Name = parse.ExecReader
		}
	}
	busier := func(a, b parse.Thread) int {
		return cmp.Or(cmp.Compare(b.PendingIn+b.PendingOut, a.PendingIn+a.PendingOut), cmp.Compare(b.In+b.Out, a.In+a.Out))
	}
	d.Threads.List, d.dropped.threads = distinct(d.Threads.List, limit, name, addThread, busier)
}

func addThread(sum *parse.Thread, t parse.Thread) {
	sum.In += t.In
	sum.Out += t.Out
	sum.PendingIn += t.PendingIn
	sum.PendingOut += t.PendingOut
	sum.InReads += t.InReads
	sum.InWrites += t.InWrites
	sum.OutReads += t.OutReads
	sum.OutWrites += t.OutWrites
}

func (d *digest) timers() {
	name := func(t *parse.Timer) *string { return &t.Name }
	add := func(sum *parse.Timer, t parse.Timer) { sum.Pending += t.Pending }
	more := func(a, b parse.Timer) int { return cmp.Compare(b.Pending, a.Pending) }
	d.Timers.ByName, d.dropped.timers = distinct(d.Timers.ByName, maxTimers, name, add, more)
}

// globals counts the tables, and keeps those that have a name.
func (d *digest) globals(limit int) {
	for _, g := range d.Globals.List {
		if g.Entries.Measured {
			d.tables++
			d.largestTable = max(d.largestTable, g.Entries.Value)
		}
	}
	named := slices.DeleteFunc(d.Globals.List, func(g parse.Global) bool { return g.Name == "" })
	name := func(g *parse.Global) *string { return &g.Name }
	larger := func(a, b parse.Global) int {
		return cmp.Or(cmp.Compare(b.Size.Value, a.Size.Value), cmp.Compare(b.Entries.Value, a.Entries.Value))
	}
	d.Globals.List, d.dropped.globals = distinct(named, limit, name, addGlobal, larger)
}

func addGlobal(sum *parse.Global, g parse.Global) {
	for _, field := range []struct{ sum, add *parse.Opt[uint64] }{
		{&sum.Size, &g.Size}, {&sum.Entries, &g.Entries}, {&sum.EntriesRecursive, &g.EntriesRecursive},
	} {
		field.sum.Value += field.add.Value
		field.sum.Measured = field.sum.Measured || field.add.Measured
	}
}

// distinct adds up the items that share a name, in their order. Beyond limit, those that sort
// first stay and the rest is added up as one more; it returns how many that were. The list it
// returns holds no memory that it does not need.
func distinct[T any](list []T, limit int, name func(*T) *string, add func(sum *T, item T), order func(a, b T) int) (short []T, dropped int) {
	at := make(map[string]int, min(len(list), 2*limit))
	merge := func(item T) {
		n := name(&item)
		*n = valid(*n)
		if i, ok := at[*n]; ok {
			add(&short[i], item)
			return
		}
		at[*n] = len(short)
		short = append(short, item)
	}
	for _, item := range list {
		merge(item)
	}
	if len(short) <= limit {
		return slices.Clip(short), 0
	}
	slices.SortStableFunc(short, order)
	rest := slices.Clone(short[limit:])
	short = slices.Clone(short[:limit])
	clear(at)
	for i := range short {
		at[*name(&short[i])] = i
	}
	for _, item := range rest {
		*name(&item) = others
		merge(item)
	}
	return short, len(rest)
}
