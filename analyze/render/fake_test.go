package render

import (
	"fmt"
	"math"
	"time"

	"bro_exporter/analyze"
)

func start() time.Time { return time.Date(2026, 3, 1, 4, 20, 0, 0, time.UTC) }

// shape is a resource's value after a part of the run, from 0 to 1.
type shape func(part float64) float64

func level(v float64) shape       { return func(float64) float64 { return v } }
func rise(from, to float64) shape { return func(part float64) float64 { return from + (to-from)*part } }

func daily(low, high, days float64) shape {
	return func(part float64) float64 {
		return low + (high-low)*(1+math.Sin(2*math.Pi*days*part))/2
	}
}

func jump(low, high, at float64) shape {
	return func(part float64) float64 {
		if part < at {
			return low
		}
		return high
	}
}

// span is a run's time.
type span struct {
	from time.Time
	long time.Duration
}

func (s span) to() time.Time { return s.from.Add(s.long) }

// resource returns one that was measured each five minutes, with some noise.
func (s span) resource(name string, group analyze.Group, unit analyze.Unit, verdict analyze.Verdict, v shape) analyze.Resource {
	r := analyze.Resource{Name: name, Group: group, Unit: unit, Verdict: verdict, Min: math.Inf(1), Max: math.Inf(-1)}
	n := int(s.long / (5 * time.Minute))
	for i := range n + 1 {
		mean := v(float64(i) / float64(n))
		noise := mean * .004 * (1 + math.Sin(float64(i*i)))
		p := analyze.Point{Time: s.from.Add(time.Duration(i) * 5 * time.Minute), Mean: mean, Min: mean - noise, Max: mean + 2*noise}
		r.Points = append(r.Points, p)
		r.Min, r.Max = min(r.Min, p.Min), max(r.Max, p.Max)
	}
	r.First, r.Last = v(0), v(1)
	hours := s.long.Hours() * .9
	slope := (v(1) - v(.1)) / hours
	r.Trend = analyze.Trend{
		Slope: slope, Low: slope * .9, High: slope * 1.1, P: .42,
		From: s.from.Add(s.long / 10), To: s.to(), Start: v(.1), Judged: verdict != analyze.Unknown,
	}
	if verdict == analyze.Grows {
		r.Trend.P = 1e-9
	}
	if verdict == analyze.Stepped {
		r.Trend.Slope = 0
		r.Steps = []analyze.Step{{Time: s.from.Add(s.long / 2), Size: v(1) - v(0)}}
	}
	return r
}

func (s span) run(resources ...analyze.Resource) analyze.Run {
	snapshots := int(s.long / (15 * time.Second))
	memory := 0.0
	if len(resources) > 0 {
		memory = resources[0].Last
	}
	return analyze.Run{
		From: s.from, To: s.to(), Snapshots: snapshots, Expensive: snapshots / 20,
		StartUp: min(time.Hour, s.long/4), Span: s.long - min(time.Hour, s.long/4), Answer: analyze.Fine, Resources: resources,
		Detectable: 1.25 * mib, DetectableOf: []analyze.Amount{{Resource: "entries of all tables", Unit: analyze.Entries, Value: 40}},
		State: analyze.State{
			Memory:  []analyze.Amount{{Resource: "memory (total)", Unit: analyze.Bytes, Value: memory}, {Resource: "memory (malloced)", Unit: analyze.Bytes, Value: .8 * memory}},
			Tables:  []analyze.Amount{{Resource: "table Weird::did_log", Unit: analyze.Entries, Value: 120}},
			Readers: []analyze.Reader{{Thread: "/opt/zeek/intel/x.dat/Input::READER_ASCII", Reads: 76527, Writes: 76527}},
		},
	}
}

const mib, gib = 1 << 20, 1 << 30

// dull returns what a healthy process has.
func (s span) dull() []analyze.Resource {
	days := s.long.Hours() / 24
	resources := []analyze.Resource{
		s.resource("memory (total)", analyze.MemoryGroup, analyze.Bytes, analyze.Flat, level(1.21*gib)),
		s.resource("sessions", analyze.ConnectionsGroup, analyze.Connections, analyze.WithLoad, daily(8000, 24000, days)),
		s.resource("connections held outside the session table", analyze.ConnectionsGroup, analyze.Connections, analyze.Flat, level(13)),
		s.resource("timers", analyze.TimersGroup, analyze.Timers, analyze.WithLoad, daily(40000, 90000, days)),
		s.resource("timer ConnectionInactivityTimer", analyze.TimersGroup, analyze.Timers, analyze.WithLoad, daily(8000, 24000, days)),
		s.resource("DNS cache", analyze.DNSGroup, analyze.Entries, analyze.Flat, level(0)),
		s.resource("table Weird::did_log", analyze.TablesGroup, analyze.Entries, analyze.Unknown, level(120)),
		s.resource("entries of all tables", analyze.TablesGroup, analyze.Entries, analyze.Flat, level(31250)),
	}
	for i := range 4 {
		for _, way := range []string{"in", "out"} {
			name := fmt.Sprintf("log%d/Log::WRITER_ASCII pending %s", i, way)
			resources = append(resources, s.resource(name, analyze.QueuesGroup, analyze.Messages, analyze.Flat, level(0)))
		}
	}
	return resources
}

// with returns the resources of a healthy process, some of them replaced, others added.
func (s span) with(changed ...analyze.Resource) []analyze.Resource {
	resources := s.dull()
	for _, c := range changed {
		at := -1
		for i := range resources {
			if resources[i].Name == c.Name {
				at = i
			}
		}
		if at < 0 {
			resources = append(resources, c)
			continue
		}
		resources[at] = c
	}
	return resources
}

func report(process string, findings []analyze.Finding, runs ...analyze.Run) analyze.Report {
	r := analyze.Report{Process: process, Path: "/opt/zeek/spool/" + process + "/prof.log", Runs: runs, Findings: findings}
	for _, run := range runs {
		r.Snapshots += run.Snapshots
	}
	answers := map[analyze.Level]analyze.Answer{
		analyze.Leak: analyze.AnswerLeak, analyze.Stuck: analyze.AnswerStuck, analyze.Suspected: analyze.AnswerSuspected,
		analyze.Note: analyze.Fine, analyze.NoLevel: analyze.Fine,
	}
	r.Answer = answers[r.Worst()]
	if len(runs) > 0 {
		r.From, r.To = runs[0].From, runs[len(runs)-1].To
	}
	return r
}

func days(n float64) span { return span{start(), time.Duration(n * 24 * float64(time.Hour))} }

func healthy(process string) analyze.Report {
	s := days(2)
	return report(process, nil, s.run(s.dull()...))
}

// leakingTable is a worker with a table that never expires.
func leakingTable() analyze.Report {
	s := days(2)
	findings := []analyze.Finding{
		{
			Kind: analyze.KindScriptTable, Level: analyze.Leak, Onset: s.from.Add(5 * time.Hour), OnsetError: 40 * time.Minute,
			Resource: "table Scan::distinct_peers", Unit: analyze.Entries, Growth: analyze.Rate{PerHour: 1200, Low: 1150, High: 1260},
			Resources: []string{"table Scan::distinct_peers", "entries of all tables"},
			Text:      "The table Scan::distinct_peers grows by 1,200 entries/h, from 31,250 to 88,850, without an end in sight.",
			Advice:    "Look at how entries leave it: give the table a &read_expire or &create_expire, and check that whatever deletes entries of it is called also for connections that end early.",
		},
		{
			Kind: analyze.KindMemory, Level: analyze.Leak, Onset: s.from.Add(4 * time.Hour), OnsetError: 2 * time.Hour,
			Resource: "memory (total)", Resources: []string{"memory (total)"}, Unit: analyze.Bytes,
			Growth: analyze.Rate{PerHour: 14 * mib, Low: 13 * mib, High: 15 * mib},
			Text:   "Memory grows with it, by 14 MiB/h.",
			Advice: "Mend the other findings first.",
		},
	}
	return report("worker-3", findings, s.run(s.with(
		s.resource("memory (total)", analyze.MemoryGroup, analyze.Bytes, analyze.Grows, rise(1.21*gib, 1.87*gib)),
		s.resource("memory (malloced)", analyze.MemoryGroup, analyze.Bytes, analyze.Grows, rise(.9*gib, 1.57*gib)),
		s.resource("table Scan::distinct_peers", analyze.TablesGroup, analyze.Entries, analyze.Grows, rise(31250, 88850)),
		s.resource("entries of all tables", analyze.TablesGroup, analyze.Entries, analyze.Grows, rise(62500, 120100)),
		s.resource("table SSL::recent_certs", analyze.TablesGroup, analyze.Entries, analyze.Filling, func(part float64) float64 {
			return 5000 * (1 - math.Exp(-4*part))
		}),
		s.resource("table Intel::matches", analyze.TablesGroup, analyze.Entries, analyze.Stepped, jump(2000, 3400, .5)),
	)...))
}

// coreLeak is one that nothing of the log explains.
func coreLeak() analyze.Report {
	s := days(9)
	findings := []analyze.Finding{{
		Kind: analyze.KindCore, Level: analyze.Leak, Resource: "memory (total)", Resources: []string{"memory (total)"}, Onset: s.from.Add(20 * time.Hour), OnsetError: 11 * time.Hour,
		Unit: analyze.Bytes, Growth: analyze.Rate{PerHour: 22 * mib, Low: 21.2 * mib, High: 22.9 * mib},
		Text:   "Memory grows by 22 MiB/h, and no table, connection, timer or queue does.",
		Advice: "That is a leak in the core or in a plugin. Compare with a release before, switch plugins off one after the other, and run a copy under jemalloc's heap profiler.",
	}}
	return report("worker-1", findings, s.run(s.with(
		s.resource("memory (total)", analyze.MemoryGroup, analyze.Bytes, analyze.Grows, rise(2.1*gib, 6.8*gib)),
	)...))
}

// stuckThread is a logger with a writer that no longer reads its queue.
func stuckThread() analyze.Report {
	s := days(.25)
	thread := "/opt/zeek/logs/current/http_eth0/Log::WRITER_KAFKAWRITER"
	findings := []analyze.Finding{{
		Kind: analyze.KindThreadStuck, Level: analyze.Stuck, Resource: thread + " pending in", Resources: []string{thread + " pending in"}, Onset: s.from.Add(3 * time.Hour),
		Text:   "The thread " + thread + " has taken nothing from its queue for 3 h, while 10,800 messages were put into it.",
		Advice: "Look at what it writes to: a broker that does not answer, a full disk.",
	}}
	return report("logger", findings, s.run(s.with(
		s.resource(thread+" pending in", analyze.QueuesGroup, analyze.Messages, analyze.Grows, func(part float64) float64 {
			return max(0, part-.5) * 21600
		}),
	)...))
}

// suspected is a worker whose table grows for eight hours.
func suspected() analyze.Report {
	s := days(1. / 3)
	until := s.from.Add(30 * time.Hour)
	findings := []analyze.Finding{{
		Kind: analyze.KindScriptTable, Level: analyze.Suspected, Onset: s.from.Add(time.Hour), OnsetError: 10 * time.Minute,
		Resource: "table Known::hosts", Resources: []string{"table Known::hosts"}, Unit: analyze.Entries,
		Growth: analyze.Rate{PerHour: 900, Low: 850, High: 950}, Until: until,
		Text:   "The table Known::hosts grows by 900 entries/h, from 30,000 to 37,200.",
		Advice: "A table that keeps its entries for a day grows for a day. Look again then.",
	}}
	r := report("worker-4", findings, s.run(s.with(
		s.resource("table Known::hosts", analyze.TablesGroup, analyze.Entries, analyze.Grows, rise(30000, 37200)),
	)...))
	r.Runs[0].Answer, r.Runs[0].UndecidedUntil = analyze.AnswerSuspected, until
	return r
}

// young is a manager that has just been started.
func young() analyze.Report {
	s := span{start(), 10 * time.Minute}
	r := report("manager", nil, s.run(s.dull()...))
	r.Answer, r.Runs[0].Answer = analyze.CannotTell, analyze.CannotTell
	r.Runs[0].UndecidedUntil, r.Runs[0].Detectable, r.Runs[0].DetectableOf = s.from.Add(26*time.Hour), 0, nil
	return r
}

// restarted is a proxy that leaks until it is killed, again and again, but for its second run.
func restarted() analyze.Report {
	var runs []analyze.Run
	var findings []analyze.Finding
	at := start()
	for i, hours := range []float64{7, 5, 9.5} {
		s := span{at, time.Duration(hours * float64(time.Hour))}
		memory := s.resource("memory (total)", analyze.MemoryGroup, analyze.Bytes, analyze.Grows, rise(300*mib, (300+hours*200)*mib))
		if i == 1 {
			memory = s.resource("memory (total)", analyze.MemoryGroup, analyze.Bytes, analyze.Flat, level(300*mib))
		} else {
			findings = append(findings, analyze.Finding{
				Kind: analyze.KindCore, Level: analyze.Leak, Run: i, Resource: "memory (total)", Resources: []string{"memory (total)"}, Onset: s.from,
				Unit: analyze.Bytes, Growth: analyze.Rate{PerHour: 200 * mib, Low: 180 * mib, High: 220 * mib},
				Text: "Memory grows by 200 MiB/h.", Advice: "See the core.",
			})
		}
		runs = append(runs, s.run(s.with(memory)...))
		at = s.to().Add(12 * time.Minute)
	}
	findings = append(findings, analyze.Finding{
		Kind: analyze.KindRestarts, Level: analyze.Note, Run: 2,
		Text: "The process was started 3 times.", Advice: "Look for crash reports.",
	})
	return report("proxy-1", findings, runs...)
}

// empty has never written a snapshot.
func empty() analyze.Report {
	return analyze.Report{
		Process: "worker-9", Path: "/opt/zeek/spool/worker-9/prof.log", Answer: analyze.CannotTell,
		Findings: []analyze.Finding{{
			Kind: analyze.KindNotMeasured, Level: analyze.Note,
			Text: "There is no snapshot in it.", Advice: "Load misc/profiling.",
		}},
	}
}

const evil = "\"><script>alert('x')</script>\x1b[31m\n\r\x00\x9b2J\xff\xfe{{.}}\u202etxt.exe\u2028\u009b`日本語"

// hostile has names that want to be more than names.
func hostile() analyze.Report {
	s := days(1)
	findings := []analyze.Finding{{
		Kind: analyze.KindBacklogIn, Level: analyze.Stuck, Resource: evil, Resources: []string{evil},
		Text: "The queue of " + evil + " grows.", Advice: "Look at " + evil + ".",
	}}
	r := report("w\x1b]0;owned\x07", findings, s.run(s.with(
		s.resource(evil, analyze.QueuesGroup, analyze.Messages, analyze.Grows, rise(10, 90000)),
	)...))
	r.Path = "/spool/" + evil
	state := &r.Runs[0].State
	state.Tables[0].Resource, state.Readers[0].Thread = evil, evil
	state.Queues = []analyze.Amount{{Resource: evil, Unit: analyze.Messages, Value: 90000}}
	r.Runs[0].DetectableOf[0].Resource = evil
	return r
}

// notNumbers has what JSON has no numbers for.
func notNumbers() analyze.Report {
	s := days(1)
	bad := s.resource("memory per connection", analyze.ConnectionsGroup, analyze.Bytes, analyze.Grows, rise(1, 2))
	bad.First, bad.Last, bad.Min, bad.Max = math.NaN(), math.Inf(1), math.Inf(-1), math.NaN()
	bad.Trend.Slope, bad.Trend.Start, bad.Trend.P = math.Inf(1), math.NaN(), math.NaN()
	bad.Steps = []analyze.Step{{Time: s.from, Size: math.NaN()}}
	for i := range bad.Points {
		bad.Points[i].Mean = math.NaN()
	}
	timeless := analyze.Run{Snapshots: 1, Answer: analyze.CannotTell, Resources: []analyze.Resource{{
		Name: "memory (total)", Group: analyze.MemoryGroup, Unit: analyze.Bytes, Verdict: analyze.Unknown,
		Points: []analyze.Point{{Mean: 1}, {Mean: 2}},
	}}}
	return report("odd", nil, timeless, s.run(bad))
}

// cluster is a sensor of twenty processes, four of them ill.
func cluster() []analyze.Report {
	reports := []analyze.Report{healthy("manager"), stuckThread(), restarted()}
	for i := range 17 {
		switch name := fmt.Sprintf("worker-%d", i+1); name {
		case "worker-1":
			reports = append(reports, coreLeak())
		case "worker-3":
			reports = append(reports, leakingTable())
		case "worker-9":
			reports = append(reports, empty())
		default:
			reports = append(reports, healthy(name))
		}
	}
	return reports
}
