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

	// The names of the lists, as labels: a part of such a slice can be handed on without a copy.
	threadNames, timerNames, globalNames []string
}

// dropped counts what has no series of its own because of a limit.
type dropped struct{ threads, globals, timers int }

// newDigest makes a digest of a snapshot, which it takes over.
func newDigest(s *parse.Snapshot, limits Limits) *digest { return digestAfter(&digest{}, s, limits) }

// digestAfter makes a digest of the snapshot that follows before. It is fast where both have the same
// names.
func digestAfter(before *digest, s *parse.Snapshot, limits Limits) *digest {
	d := &digest{Snapshot: s, whole: s.Whole()}
	d.threads(limits.Threads, before.threadNames)
	d.timers(before.timerNames)
	d.globals(limits.Globals, before.globalNames)
	return d
}

// threads adds up the threads that share a name, and all that run a command: those get a new
// name each time.
func (d *digest) threads(limit int, before []string) {
	name := func(t *parse.Thread) *string { return &t.Name }
	for i := range d.Threads.List {
		if t := &d.Threads.List[i]; strings.HasSuffix(t.Name, parse.ExecReader) {
			t.Name = parse.ExecReader
		}
	}
	busier := func(a, b parse.Thread) int {
		return cmp.Or(cmp.Compare(b.PendingIn+b.PendingOut, a.PendingIn+a.PendingOut), cmp.Compare(b.In+b.Out, a.In+a.Out))
	}
	d.Threads.List, d.threadNames, d.dropped.threads = distinct(d.Threads.List, limit, before, name, addThread, busier)
}

func addThread(sum, t *parse.Thread) {
	sum.In += t.In
	sum.Out += t.Out
	sum.PendingIn += t.PendingIn
	sum.PendingOut += t.PendingOut
	sum.InReads += t.InReads
	sum.InWrites += t.InWrites
	sum.OutReads += t.OutReads
	sum.OutWrites += t.OutWrites
}

func (d *digest) timers(before []string) {
	name := func(t *parse.Timer) *string { return &t.Name }
	add := func(sum, t *parse.Timer) { sum.Pending += t.Pending }
	more := func(a, b parse.Timer) int { return cmp.Compare(b.Pending, a.Pending) }
	d.Timers.ByName, d.timerNames, d.dropped.timers = distinct(d.Timers.ByName, maxTimers, before, name, add, more)
}

// globals counts the tables, and keeps those that have a name.
func (d *digest) globals(limit int, before []string) {
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
	d.Globals.List, d.globalNames, d.dropped.globals = distinct(named, limit, before, name, addGlobal, larger)
}

func addGlobal(sum, g *parse.Global) {
	for _, field := range []struct{ sum, add *parse.Opt[uint64] }{
		{&sum.Size, &g.Size}, {&sum.Entries, &g.Entries}, {&sum.EntriesRecursive, &g.EntriesRecursive},
	} {
		field.sum.Value += field.add.Value
		field.sum.Measured = field.sum.Measured || field.add.Measured
	}
}

// distinct adds up the items that share a name, in their order, and returns them with their names.
// Beyond limit, those that sort first stay and the rest is added up as one more; it returns how many
// that were. It takes list over. A list with the names of before, which distinct has returned, needs
// no search.
func distinct[T any](list []T, limit int, before []string, name func(*T) *string, add func(sum, item *T), order func(a, b T) int) (short []T, names []string, dropped int) {
	if len(list) <= limit && haveNames(list, before, name) {
		return list, before, 0
	}
	at := make(map[string]int, min(len(list), 2*limit))
	short = list[:0]
	merge := func(item *T) {
		n := name(item)
		*n = valid(*n)
		if i, ok := at[*n]; ok {
			add(&short[i], item)
			return
		}
		at[*n] = len(short)
		short = append(short, *item)
	}
	for i := range list {
		merge(&list[i])
	}
	if len(short) <= limit {
		return slices.Clip(short), namesOf(short, name), 0
	}
	slices.SortStableFunc(short, order)
	rest := slices.Clone(short[limit:])
	short = slices.Clone(short[:limit])
	clear(at)
	for i := range short {
		at[*name(&short[i])] = i
	}
	for i := range rest {
		*name(&rest[i]) = others
		merge(&rest[i])
	}
	return short, namesOf(short, name), len(rest)
}

func haveNames[T any](list []T, names []string, name func(*T) *string) bool {
	if len(list) != len(names) {
		return false
	}
	for i := range list {
		if *name(&list[i]) != names[i] {
			return false
		}
	}
	return true
}

func namesOf[T any](list []T, name func(*T) *string) []string {
	names := make([]string, len(list))
	for i := range list {
		names[i] = *name(&list[i])
	}
	return names
}
