package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"
)

// find finds what is to be told of the run.
func (f *findings) find() {
	f.stuckThreads()
	f.queues()
	f.tables()
	f.connections()
	f.timers()
	f.dns()
	f.memory()
	f.steps()
	f.sinceStart()
	f.names()
}

// sinceStart finds a process that was seen for less than an hour, and has grown out of all proportion before.
func (f *findings) sinceStart() {
	r := f.run
	grown := r.sinceStart()
	if r.last-r.first >= young*3600 || grown < grownMemory || f.has(KindCore) || r.real <= 0 {
		return
	}
	perHour := r.adj / r.real * 3600
	f.list = append(f.list, Finding{
		Kind: KindCore, Level: Suspected, Resource: totalMemory, Resources: []string{totalMemory}, Unit: Bytes,
		Growth: steady(perHour), Onset: seconds(r.last - r.real), OnsetError: hoursLong(r.real / 3600 / 2), Until: f.look.decided(),
		Text: fmt.Sprintf("core: memory has grown by %s since the process started %s ago, and connections, timers and tables explain little of it",
			Bytes.Format(r.adj), duration(r.real/3600)),
		Advice: "A longer log tells whether it still grows: keep profiling on for some hours, and look again.",
		weight: perHour * Bytes.cost(),
	})
}

// answer fills in what the findings mean for the run, and how sure that is.
func (f *findings) answer(run *Run) {
	worst, memory := NoLevel, resource{}
	for _, x := range f.list {
		worst = max(worst, x.Level)
		run.UndecidedUntil = later(run.UndecidedUntil, x.Until)
	}
	open := f.all(func(r resource) bool { return r.Verdict == Unsettled && f.look.matters(r) })
	for _, r := range f.all(func(r resource) bool { return r.judged && r.name == "" }) {
		run.Span = max(run.Span, hoursLong(r.to-r.from))
		if r.quantity.kind == KindCore {
			memory = r
		} else if r.least > 0 {
			run.DetectableOf = append(run.DetectableOf, Amount{r.Name, r.Unit, r.least})
		}
	}
	if memory.judgement != nil {
		run.Detectable = memory.least
	}
	switch {
	case worst >= Suspected:
		run.Answer = Answer(worst.String())
	case memory.judgement == nil || len(open) > 0 || run.Span < young*time.Hour:
		run.Answer, run.UndecidedUntil = CannotTell, f.look.decided()
	default:
		run.Answer = Fine
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// findings are those of one run.
type findings struct {
	run        *run
	look       *look
	resources  []Resource // in the order of run.order
	judgements []judgement
	list       []Finding
	stuck      map[string]bool
}

// resource is one of the run's, and what it is of.
type resource struct {
	*Resource
	*judgement
	quantity *quantity
	name     string  // of the thread, table, timer
	expiry   float64 // hours that a table keeps an entry; 0 if not known
}

// all returns the resources that keep accepts.
func (f *findings) all(keep func(resource) bool) (list []resource) {
	for i := range f.resources {
		t := f.run.order[i]
		res := resource{&f.resources[i], &f.judgements[i], &f.run.quantities[t.key.quantity], t.key.name, t.expiry}
		if keep(res) {
			list = append(list, res)
		}
	}
	return list
}

func (f *findings) growing(kinds ...Kind) []resource {
	return f.all(func(r resource) bool { return r.level >= Suspected && slices.Contains(kinds, r.quantity.kind) })
}

// cost returns about how much memory one unit takes at most, in bytes. It orders findings, and says
// whether growing memory may be explained by what else grows.
func (u Unit) cost() float64 {
	switch u {
	case Bytes:
		return 2
	case Timers:
		return 1 << 10
	case Entries:
		return 1 << 10
	case Connections:
		return 16 << 10
	case Messages:
		return 64 << 10
	default:
		return 0
	}
}

// grows adds the finding that a resource grows.
func (f *findings) grows(kind Kind, what string, r resource, advice string) {
	f.list = append(f.list, Finding{
		Kind: kind, Level: r.level, Onset: f.run.time(r.begun), OnsetError: hoursLong(r.onsetError), Until: f.until(r.level),
		Resource: r.Name, Resources: []string{r.Name}, Unit: r.Unit, Growth: r.Trend.rate(),
		Text:   what + " " + growth(r.Resource),
		Advice: advice,
		weight: r.Trend.Slope * r.Unit.cost(),
	})
}

// growth says how a resource grows: "grows by 1,200 entries/h (3.5 %/h), from 34,000 entries to
// 62,000 entries in 23 h".
func growth(r *Resource) string {
	t := r.Trend
	span := t.To.Sub(t.From)
	text := "grows by " + r.Unit.Growth(t.Slope, span)
	if share := t.Slope / t.Start; t.Start > 0 && span >= shortSpan && share < 10 {
		text += " (" + percent(share) + "/h)"
	}
	text += fmt.Sprintf(", from %s to %s", r.Unit.Format(t.Start), r.Unit.Format(t.End()))
	if span < shortSpan {
		return text
	}
	return text + " in " + Duration(span)
}

func (f *findings) stuckThreads() {
	f.stuck = map[string]bool{}
	for name, t := range f.run.threads {
		if !t.stuck(f.run.last, f.run.timed) {
			continue
		}
		f.stuck[name] = true
		waiting := float64(t.writes - t.held)
		f.list = append(f.list, Finding{
			Kind: KindThreadStuck, Level: Stuck, Onset: seconds(t.since),
			Resource: name + " pending in", Resources: []string{name + " pending in"}, Unit: Messages,
			Growth: steady(waiting / (f.run.last - t.since) * 3600),
			Text: fmt.Sprintf("thread %s is stuck since %s: %s written to it, none read",
				name, clockTime(seconds(t.since)), Messages.Format(waiting)),
			Advice: "What it writes to or reads from does not answer: a full or remote disk, a database, a pipe. Look at its stack (gdb -p PID, thread apply all bt) before the restart that will be needed.",
			weight: waiting / (f.run.last - t.since) * 3600 * Messages.cost(),
		})
	}
}

func (f *findings) queues() {
	for _, r := range f.growing(KindBacklogIn, KindBacklogOut) {
		reader := isReader(r.name)
		switch {
		case r.quantity.kind == KindBacklogIn && f.stuck[r.name]:
		case r.quantity.kind == KindBacklogIn && reader:
			f.grows(KindReader, "reader: thread "+r.name+" does not read one message for each that is sent to it: what waits", r,
				"Its input stream asks for more than the thread can read: a large file with mode REREAD, or one that changes too often.")
		case r.quantity.kind == KindBacklogIn:
			f.grows(KindBacklogIn, "backlog: thread "+r.name+" is slower than what is written to it: what waits", r,
				"A log writer whose disk, database or remote end is slower than the log: filter the log, speed up its target, or split it.")
		default:
			f.grows(KindBacklogOut, "backlog: the main thread does not keep up with thread "+r.name+": what waits for it", r,
				"The process is out of CPU, or its input file is large and its events cost much.")
		}
	}
}

// maxTables is how many tables are told one by one.
const maxTables = 5

func (f *findings) tables() {
	var total, named []resource
	for _, r := range f.growing(KindScriptTable) {
		if r.name == "" {
			total = append(total, r)
		} else {
			named = append(named, r)
		}
	}
	switch {
	case len(named) > 0:
		f.namedTables(named)
	case len(total) > 0 && !f.partsCover(total[0]):
		f.grows(KindScriptTable, "script state: the number of entries of all tables", total[0],
			"No table that is listed does. Print the length of the suspects in a script, on a schedule, and look for tables without &create_expire, &read_expire or &write_expire.")
	default:
		for _, r := range f.growing(KindGlobals) {
			f.grows(KindGlobals, "script state: the size of the globals that are not listed", r,
				"A vector, a string or a record of the script layer is only added to.")
		}
	}
}

// partsCover reports whether what a total grows by is mostly in parts that were judged by themselves,
// and not found to leak.
func (f *findings) partsCover(total resource) bool {
	parts := 0.0
	for _, r := range f.all(func(r resource) bool {
		// By that age nothing fills. A table without a name has a place in a list, where others may take it.
		open := r.Verdict == Unknown || f.look.age() >= decidedAge && (r.Verdict == Unsettled || r.quantity.name == unnamedTable)
		return r.quantity.kind == total.quantity.kind && r.Unit == total.Unit && r.name != "" && !open
	}) {
		parts += max(0, r.Last-r.First)
	}
	return parts >= max(total.growth, total.Last-total.First)/2
}

func (f *findings) namedTables(named []resource) {
	sum, all := 0.0, f.tableGrowth()
	for _, r := range named {
		if r.Unit == Entries {
			sum += r.Trend.Slope
		}
	}
	slices.SortFunc(named, func(a, b resource) int {
		return cmp.Compare(b.Trend.Slope*b.Unit.cost(), a.Trend.Slope*a.Unit.cost())
	})
	for i, r := range named {
		switch {
		case r.name == intelStore:
			f.grows(KindIntel, "intelligence: Intel::data_store", r,
				"It must not grow after start-up. A feed that is only added to, or items that never expire: set Intel::item_expiration, or shorten the feed.")
		case i < maxTables:
			f.grows(KindScriptTable, "script state: "+share(r, max(sum, all)), r,
				"Give it &create_expire, &read_expire or &write_expire, or delete from it what is done with.")
			f.expiry(r)
		case i == maxTables:
			f.note(KindScriptTable, Leak, fmt.Sprintf("script state: %d more tables grow", len(named)-i), "")
		}
	}
}

// expiry adds to a table's finding how long the table keeps its entries.
func (f *findings) expiry(r resource) {
	if r.expiry == 0 {
		return
	}
	last := &f.list[len(f.list)-1]
	last.Text += ", and it keeps entries for " + duration(r.expiry)
	if r.level == Leak {
		last.Advice = "Older entries should have expired: look at its &expire_func, and for code that inserts the same keys over and over."
	}
}

// tableGrowth returns by how many entries an hour all tables together grow.
func (f *findings) tableGrowth() float64 {
	for _, r := range f.all(func(r resource) bool { return r.quantity.name == tableEntries }) {
		return r.Trend.Slope
	}
	return 0
}

// share says how much of the growth of all tables is one table's.
func share(r resource, all float64) string {
	if r.Unit != Entries || all <= 0 {
		return r.Name
	}
	return fmt.Sprintf("%s (%s of the growth of all tables)", r.Name, percent(r.Trend.Slope/all))
}

func (f *findings) connections() {
	for _, r := range f.growing(KindConnsHeld) {
		f.grows(KindConnsHeld, "connections: what is held outside the session table (current minus sessions)", r,
			"Scripts, timers or tables keep connection records after their end: look for tables of `connection` and for `when` and `schedule` with a connection.")
	}
	for _, r := range f.growing(KindSessions) {
		f.grows(KindSessions, "connections: the session table", r,
			"Connections do not expire: tcp_inactivity_timeout and the like, one-sided traffic, a lossy tap, or network time that stands still. The rate of new connections does not explain it.")
	}
	for _, r := range f.growing(KindConnMemory) {
		f.grows(KindConnMemory, "connections: memory per connection", r,
			"Scripts add to the connection record without end, or an analyzer buffers.")
		f.list[len(f.list)-1].weight *= f.connectionsNow()
	}
	for _, r := range f.growing(KindReassembler) {
		f.grows(KindReassembler, "connections: data held by reassemblers", r,
			"Gaps that are never filled: packet loss or one-sided traffic. See tcp_max_initial_window and capture_loss.log.")
	}
}

// until returns when a suspicion will be decided.
func (f *findings) until(level Level) time.Time {
	if level != Suspected {
		return time.Time{}
	}
	return f.look.decided()
}

func hoursLong(hours float64) time.Duration { return time.Duration(hours * float64(time.Hour)) }

func (f *findings) connectionsNow() float64 {
	for _, r := range f.all(func(r resource) bool { return r.quantity.kind == KindSessions }) {
		return r.Max
	}
	return 0
}

func (f *findings) timers() {
	byName := f.all(func(r resource) bool {
		return r.level >= Suspected && r.quantity.kind == KindTimers && r.name != ""
	})
	held := f.has(KindSessions)
	for _, r := range byName {
		switch {
		case r.name == "TriggerTimer":
			f.grows(KindTriggers, "script state: outstanding when statements (TriggerTimer)", r,
				"A `when` waits for what never comes: give it a timeout.")
		case ofConnection(r.name):
			// goes with the session table, which is judged itself
		default:
			f.grows(KindTimers, "timers: "+r.name, r,
				"ScheduleTimer: a script schedules more than is run. TableValTimer: tables are made at run time. Connection timers: connections that do not expire.")
		}
	}
	if len(byName) > 0 || held {
		return
	}
	for _, r := range f.growing(KindTimers) {
		if f.partsCover(r) {
			continue
		}
		f.grows(KindTimers, "timers: their number", r, "No single type stands out.")
	}
}

// ofConnection reports whether each connection has timers of that type.
func ofConnection(timer string) bool {
	return strings.HasPrefix(timer, "Connection") || strings.HasPrefix(timer, "TCP") || strings.HasPrefix(timer, "UDP")
}

func (f *findings) dns() {
	if d := &f.run.dns; d.stuck() {
		f.list = append(f.list, Finding{
			Kind: KindDNSStuck, Level: Stuck, Onset: seconds(d.since), weight: 1,
			Text: fmt.Sprintf("DNS: %d lookups are pending since %s and none is answered; that is the limit, so no other is sent",
				maxDNSPending, clockTime(seconds(d.since))),
			Advice: "The resolver does not answer, or the answers are lost (zeek/zeek#3273). Scripts that wait for lookup_addr and the like hang. Check the resolver, then restart.",
		})
	}
	for _, r := range f.growing(KindDNSCache) {
		f.note(KindDNSCache, Note, "DNS: the cache of names "+growth(r.Resource), "Scripts look up ever new names, and Bro drops none.", r.Name)
	}
}

func (f *findings) memory() {
	r, growing := f.growingMemory()
	if !growing {
		return
	}
	explained := 0.0
	for _, x := range f.list {
		if x.Level >= Suspected {
			explained += x.weight
		}
	}
	if r.Trend.Slope <= explained {
		f.grows(KindMemory, r.Name, r, "Mend the other findings first.")
		last := &f.list[len(f.list)-1]
		last.Text += "; what else grows may explain it"
		last.weight = min(r.Trend.Slope, explained/2)
		return
	}
	f.grows(KindCore, "core: memory", r, "What scripts hold in tables is not it. Look at global vectors, strings and records that scripts only add to, then at Bro itself: plugins, analyzers, the packet source. Heap profiles (jemalloc, gperftools) show who allocates.")
	text := " while tables, connections, timers and queues do not"
	if explained > 0 {
		text = ", far more than what else grows can take"
	}
	f.list[len(f.list)-1].Text += text
}

// growingMemory returns the memory that grows. Of those that are measured the last says most: what
// is resident now can fall, and what is allocated is not what the heap or its peak holds.
func (f *findings) growingMemory() (resource, bool) {
	measured := f.all(func(r resource) bool { return r.quantity.kind == KindCore && r.judged })
	if len(measured) == 0 {
		return resource{}, false
	}
	last := measured[len(measured)-1]
	if whole := measured[0]; last.to-last.from < (whole.to-whole.from)/2 {
		last = whole
	}
	return last, last.level >= Suspected
}

func (f *findings) has(kind Kind) bool {
	return slices.ContainsFunc(f.list, func(x Finding) bool { return x.Kind == kind })
}

func (f *findings) note(kind Kind, level Level, text, advice string, about ...string) {
	note := Finding{Kind: kind, Level: level, Text: text, Advice: advice, Resources: about}
	if len(about) > 0 {
		note.Resource = about[0]
	}
	f.list = append(f.list, note)
}

// steps tells the jumps of what should not jump.
func (f *findings) steps() {
	stepped := f.all(func(r resource) bool {
		return len(r.Steps) > 0 && r.name == intelStore
	})
	for _, r := range stepped {
		s := r.Steps[len(r.Steps)-1]
		f.note(KindStep, Note, fmt.Sprintf("intelligence: %s jumped by %s at %s, as when a feed is reloaded",
			r.Name, r.Unit.Format(s.Size), clockTime(s.Time)), "", r.Name)
	}
}

func (f *findings) names() {
	if f.run.odd > 0 {
		f.note(KindNotMeasured, Note, fmt.Sprintf("%s left out: the time stamps do not fit to those before and after",
			english.Plural(f.run.odd, "snapshot is", "snapshots are")), "A clock was set, or was wrong when the sensor started.")
	}
	if f.run.left > 0 {
		f.note(KindNotMeasured, Note, fmt.Sprintf("more than %d names of threads, tables and timers: the rest was not looked at", maxSeries), "")
	}
}

// answer returns what the last run's is, unless an earlier one was worse.
func answer(runs []Run, findings []Finding) Answer {
	worst := NoLevel
	for _, f := range findings {
		worst = max(worst, f.Level)
	}
	switch {
	case worst >= Suspected:
		return Answer(worst.String())
	case len(runs) > 0:
		return runs[len(runs)-1].Answer
	default:
		return CannotTell
	}
}

// general returns what concerns all runs.
func general(runs []Run) (list []Finding) {
	if len(runs) > 1 {
		list = append(list, Finding{Kind: KindRestarts, Level: Note, Run: len(runs) - 1,
			Text: fmt.Sprintf("the process started %d times; each run was judged by itself", len(runs))})
	}
	if f, young := youngRun(runs); young {
		list = append(list, f)
	}
	expensive := 0
	var longest time.Duration
	for _, r := range runs {
		expensive += r.Expensive
		longest = max(longest, r.To.Sub(r.From))
	}
	if expensive == 0 && longest > 30*time.Minute {
		list = append(list, Finding{Kind: KindNotMeasured, Level: Note, Run: len(runs) - 1,
			Text:   "tables were never measured, so nothing can be said of them",
			Advice: "Set profiling's expensive_profiling_multiple to 20 (its default)."})
	}
	return list
}

// youngRun reports whether the last run ended too early for what grew in it to be judged.
func youngRun(runs []Run) (f Finding, young bool) {
	if len(runs) == 0 {
		return f, false
	}
	last := runs[len(runs)-1]
	f.Kind, f.Level, f.Run = KindYoung, Note, len(runs)-1
	f.Advice = "Whatever expires grows as steadily as a leak until its time has passed. Look again at a log of some hours."
	if last.Snapshots < minPoints {
		f.Text = fmt.Sprintf("%s too few to say what grows", english.Plural(last.Snapshots, "snapshot is", "snapshots are"))
		return f, true
	}
	for _, r := range last.Resources {
		if r.Verdict == Unsettled {
			f.Resources = append(f.Resources, r.Name)
		}
	}
	if len(f.Resources) > 0 {
		f.Resource = f.Resources[0]
	}
	f.Text = fmt.Sprintf("the process was seen for %s only: what grows may still be filling", duration(last.To.Sub(last.From).Hours()))
	return f, len(f.Resources) > 0
}

func sortFindings(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(b.weight, a.weight),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Text, b.Text))
	})
}
