package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/maruel/natural"
	"github.com/prometheus/common/version"

	"bro_exporter/analyze"
	"bro_exporter/collector"
	"bro_exporter/spool"
	"bro_exporter/verdict"
)

// profilingLines turn profiling on.
const profilingLines = "@load misc/profiling\nredef profiling_interval = 15 secs;"

// fleet is the page of all processes.
type fleet struct {
	Host, Headline, Filter, Now, Version string
	Links                                []link
	Rows                                 []row
	Causes                               []string // why there is no prof.log
	NoProfiling                          bool
	ProfilingLines                       string
	Searched                             []searched
	Unreadable                           []spool.Unreadable
}

type link struct{ Address, Text string }

// row is a process.
type row struct {
	Name                      string
	State                     collector.State
	Verdict                   analyze.Answer // empty if there is none
	Words                     string
	Age, Memory               string
	Spark                     string // the path of memory's course
	Connections, Waiting, CPU string
	rank                      int
}

type searched struct {
	Pattern string
	Matches int
	Result  string
}

// newFleet returns the page of what status holds, as far as it matches the filter.
func newFleet(status collector.Status, verdicts map[string]verdict.Verdict, judging bool, filter string, now time.Time) fleet {
	f := fleet{Filter: filter, Now: now.UTC().Format(time.DateTime) + " UTC", Version: name + " " + version.Info(), ProfilingLines: profilingLines}
	f.Host, _ = os.Hostname()
	var rows []row
	for i := range status.Processes {
		p := &status.Processes[i]
		v, judged := verdicts[p.Name]
		r := newRow(p, now)
		switch {
		case judged:
			r.judge(&v, now)
		case judging && r.Words == "":
			r.Words = "Its prof.log is being read."
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(b.rank, a.rank), natural.Compare(a.Name, b.Name)) })
	f.Headline = headline(rows)
	for _, r := range rows {
		if r.matches(filter) {
			f.Rows = append(f.Rows, r)
		}
	}
	f.Causes, f.NoProfiling = causes(status.Found)
	for _, s := range status.Found.Searched {
		f.Searched = append(f.Searched, searched{s.Pattern.String(), s.Matches, s.String()})
	}
	f.Unreadable = status.Found.Unreadable()
	return f
}

// The ranks of rows: how much trouble they are. Those of down come on top of the others.
const (
	calm = iota
	suspected
	stuck
	leaking
	down
)

func newRow(p *collector.Process, now time.Time) row {
	r := row{Name: p.Name, State: p.State, Words: trouble(p, now)}
	if p.State != collector.Up {
		r.rank = down
	}
	if !p.Changed.IsZero() && p.Newest != nil {
		r.Age = analyze.Duration(now.Sub(p.Changed))
	}
	if p.Live != nil {
		r.Memory = analyze.Bytes.Number(p.Live.Resident)
	}
	s := p.Newest
	if s == nil {
		return r
	}
	if r.Memory == "" && s.Memory.Total.Measured {
		r.Memory = analyze.Bytes.Number(float64(s.Memory.Total.Value))
	}
	if s.Conns.Current.Measured {
		r.Connections = analyze.Count(float64(s.Conns.Current.Value))
	}
	waiting := uint64(0)
	for i := range s.Threads.List {
		waiting += s.Threads.List[i].PendingIn + s.Threads.List[i].PendingOut
	}
	r.Waiting = analyze.Count(float64(waiting))
	if p.CPU >= 0 {
		r.CPU = fmt.Sprintf("%.0f %%", 100*p.CPU)
	}
	return r
}

// trouble tells why nothing new is known of a process and what to do; empty if all is well.
func trouble(p *collector.Process, now time.Time) string {
	switch {
	case p.State == collector.Unreadable:
		return capital(p.Err) + "."
	case p.State == collector.Gone:
		return "The prof.log is gone: the process has stopped, or its directory was moved."
	case p.State == collector.Waiting:
		return "The prof.log has not been read yet: its disk may not answer."
	case p.State == collector.Dead:
		return "The process has died: see its directory for a core file and its stderr.log, then zeekctl diag."
	case p.State == collector.Stale:
		return fmt.Sprintf("The process has written nothing for %s: check that it runs and sees traffic.", analyze.Duration(now.Sub(p.Changed)))
	case p.Newest == nil:
		return "The file holds no snapshot yet: see whether it is a prof.log."
	default:
		return ""
	}
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// judge adds the verdict on the process to its row.
func (r *row) judge(v *verdict.Verdict, now time.Time) {
	run := v.Run()
	if run == nil {
		return
	}
	r.Verdict, r.Spark = run.Answer, spark(v.Course)
	switch run.Answer {
	case analyze.AnswerLeak:
		r.rank += leaking
	case analyze.AnswerStuck:
		r.rank += stuck
	case analyze.AnswerSuspected:
		r.rank += suspected
	}
	r.Words = strings.TrimSpace(r.Words + " " + words(v, now))
}

// words tells the worst finding of a verdict, or what it rests on.
func words(v *verdict.Verdict, now time.Time) string {
	run := v.Run()
	if current := v.Current(); len(current) > 0 && current[0].Level >= analyze.Suspected {
		text := capital(current[0].Text) + "."
		if !v.Exhausted.IsZero() {
			text += " Memory is used up about " + analyze.Clock(v.Exhausted) + "."
		}
		return text
	}
	switch {
	case run.Answer == analyze.CannotTell && run.UndecidedUntil.After(now):
		return "The judge can say more from " + analyze.Clock(run.UndecidedUntil) + " on."
	case run.Answer == analyze.CannotTell && !run.UndecidedUntil.IsZero():
		return "A log up to " + analyze.Clock(run.UndecidedUntil) + " would tell more."
	case run.Answer == analyze.Fine && run.Detectable > 0:
		return "A leak of " + analyze.Bytes.PerHour(run.Detectable) + " of memory would have been seen."
	default:
		return ""
	}
}

// matches reports whether the row holds all words of the filter.
func (r *row) matches(filter string) bool {
	text := strings.ToLower(fmt.Sprint(r.Name, " ", r.State, " ", r.Verdict, " ", r.Words))
	for _, word := range strings.Fields(strings.ToLower(filter)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// headline tells how the fleet is.
func headline(rows []row) string {
	if len(rows) == 0 {
		return "No prof.log is followed."
	}
	counts := map[int]int{}
	for _, r := range rows {
		counts[min(r.rank, down)]++
	}
	var parts []string
	for _, of := range []struct {
		rank     int
		one, all string
	}{
		{down, "is down", "are down"}, {leaking, "leaks", "leak"}, {stuck, "is stuck", "are stuck"}, {suspected, "may leak", "may leak"},
	} {
		switch n := counts[of.rank]; {
		case n == 1:
			parts = append(parts, "1 "+of.one)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", n, of.all))
		}
	}
	text := fmt.Sprintf("%d processes", len(rows))
	if len(rows) == 1 {
		text = "1 process"
	}
	if len(parts) == 0 {
		return text + ", none in trouble."
	}
	return text + ": " + strings.Join(parts, ", ") + "."
}

// spark returns the path of a course in a box of 60 x 16; empty if there is none.
func spark(course []float64) string {
	if len(course) < 2 {
		return ""
	}
	low, high := slices.Min(course), slices.Max(course)
	if low > 0.8*high { // flat is to look flat
		low = 0.8 * high
	}
	if high == low {
		return ""
	}
	var b strings.Builder
	for i, v := range course {
		lead := " "
		if i == 0 {
			lead = "M"
		}
		fmt.Fprintf(&b, "%s%d %d", lead, i*60/(len(course)-1), int(15-14*(v-low)/(high-low)))
	}
	return b.String()
}

// causes tells why no prof.log was found, and whether profiling is off; none if one was.
func causes(found spool.Report) (texts []string, noProfiling bool) {
	var missing []string
	for _, s := range found.Searched {
		switch {
		case s.Matches > 0:
			return nil, false
		case len(s.Unreadable) > 0:
			texts = append(texts, capital(s.String())+".")
		case s.Missing, s.Root == ".":
			missing = append(missing, s.Pattern.Glob)
		default:
			noProfiling = true
			texts = append(texts, fmt.Sprintf("%s holds no prof.log: profiling is off, or no process has started since it was turned on.", s.Root))
		}
	}
	if len(texts) == 0 {
		texts = append(texts, "Nothing is there: "+strings.Join(missing, ", ")+". Name the spool directory, as in --prof.path='/opt/zeek/spool/*/prof.log'.")
	}
	return texts, noProfiling
}
