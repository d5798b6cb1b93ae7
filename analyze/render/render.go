// Package render turns an analysis into text for a terminal, JSON for programs, and one HTML page for
// everybody else.
//
// Text and HTML hold the same: of each process the answer, the findings, what is healthy beside them,
// and its state now; then of its last run, and of each run with a finding, a row for each resource
// that moves, that a finding names, or that the others are measured by, such as memory. Other
// resources are only counted.
package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"bro_exporter/analyze"
)

// Options adds what the reports do not know.
type Options struct {
	// MemoryLimit returns how many bytes of memory a process may use, 0 if that is unknown. It tells
	// when growing memory is used up. A nil MemoryLimit knows no limit.
	MemoryLimit func(r *analyze.Report) float64
}

func (o Options) memoryLimit(r *analyze.Report) float64 {
	if o.MemoryLimit == nil {
		return 0
	}
	return o.MemoryLimit(r)
}

// process is what is shown of one report.
type process struct {
	analyze.Report
	Class    string // of its answer, in CSS
	Meaning  string // of its answer: until when nothing can be told, which leak would have been seen
	Facts    string
	Findings []finding
	UsedUp   string // when memory is, if it grows
	Healthy  string // what does not grow in the last run
	State    []fact
	Shown    []run
	Others   string // about the runs that are not shown
}

type finding struct {
	analyze.Finding
	Level   string
	Details string // onset, interval, kind and run
}

// fact is a line about the state of a process.
type fact struct{ Name, Text string }

type run struct {
	Title    string
	Rows     []row
	NotShown string // the resources without a row
}

// row is a line of a run's table.
type row struct {
	Name, First, Last, Growth, Interval, Verdict string
}

// processes returns what is shown, the worst first.
func processes(reports []analyze.Report, o Options) []process {
	shown := make([]process, 0, len(reports))
	for _, r := range reports {
		limit := o.memoryLimit(&r)
		shown = append(shown, newProcess(printableReport(r), limit))
	}
	slices.SortStableFunc(shown, func(a, b process) int { return cmp.Compare(gravity(a.Answer), gravity(b.Answer)) })
	return shown
}

// gravity orders answers, the worst first.
func gravity(a analyze.Answer) int {
	return slices.Index([]analyze.Answer{analyze.AnswerLeak, analyze.AnswerStuck, analyze.AnswerSuspected, analyze.CannotTell, analyze.Fine}, a)
}

func newProcess(r analyze.Report, memoryLimit float64) process {
	p := process{Report: r, Class: class(r.Answer), Facts: facts(&r), Meaning: meaning(&r), UsedUp: usedUp(&r, memoryLimit)}
	for _, f := range r.Findings {
		if f.Kind == analyze.KindYoung && p.Meaning != "" {
			continue // the answer's meaning tells that too little was logged, and how much is needed
		}
		p.Findings = append(p.Findings, finding{f, f.Level.String(), details(&f, &r)})
	}
	if last := lastRun(&r); last != nil {
		p.State = state(&last.State)
		p.Healthy = healthyBeside(&r)
	}
	for i := range r.Runs {
		if isShown(&r, i) {
			p.Shown = append(p.Shown, newRun(&r, i))
		}
	}
	if others := len(r.Runs) - len(p.Shown); others > 0 {
		p.Others = plural(others, "other run") + " without findings"
	}
	return p
}

// class returns an answer as a class of CSS.
func class(a analyze.Answer) string { return strings.ReplaceAll(string(a), " ", "-") }

func lastRun(r *analyze.Report) *analyze.Run {
	if len(r.Runs) == 0 {
		return nil
	}
	return &r.Runs[len(r.Runs)-1]
}

// isShown reports whether a run has a table: the last one, and each with a finding.
func isShown(r *analyze.Report, i int) bool {
	return i == len(r.Runs)-1 || slices.ContainsFunc(r.Findings, func(f analyze.Finding) bool { return f.Run == i })
}

func facts(r *analyze.Report) string {
	if r.Snapshots == 0 {
		return "no snapshots"
	}
	facts := []string{period(r.From, r.To), plural(r.Snapshots, "snapshot"), plural(len(r.Runs), "run")}
	if len(r.Runs) == 1 {
		facts = runFacts(&r.Runs[0])
	}
	return strings.Join(facts, ", ")
}

// meaning tells what the answer means for this process, a sentence.
func meaning(r *analyze.Report) string {
	last := lastRun(r)
	if last == nil {
		return "The log holds nothing to judge."
	}
	switch r.Answer {
	case analyze.CannotTell:
		if last.UndecidedUntil.IsZero() {
			return "Too little was logged to call it fine."
		}
		return "Nothing grows that matters yet, but too little was logged to call it fine: that takes a log up to " + analyze.Clock(last.UndecidedUntil) + "."
	case analyze.AnswerSuspected:
		if last.UndecidedUntil.IsZero() {
			return ""
		}
		return "It grows, and something healthy could still explain that: a log up to " + analyze.Clock(last.UndecidedUntil) + " would decide."
	case analyze.Fine:
		return detectable(last)
	default:
		return ""
	}
}

// detectable tells which leaks would have been seen.
func detectable(r *analyze.Run) string {
	var leaks []string
	if r.Detectable > 0 {
		leaks = append(leaks, analyze.Bytes.PerHour(r.Detectable)+" of memory")
	}
	for _, a := range r.DetectableOf {
		if a.Value > 0 && a.Unit != analyze.Bytes {
			leaks = append(leaks, analyze.Count(a.Value)+"/h of "+a.Resource)
		}
	}
	if len(leaks) == 0 {
		return ""
	}
	return "A leak of " + enumerated(leaks, "or") + ", or a faster one, would have been seen."
}

// usedUp tells when growing memory is used up.
func usedUp(r *analyze.Report, limit float64) string {
	at := r.Exhaustion(limit)
	if at.IsZero() {
		return ""
	}
	left := at.Sub(lastRun(r).To)
	if left <= 0 {
		return "It has used all the memory it may have (" + analyze.Bytes.Format(limit) + ")."
	}
	by := analyze.Clock(at)
	if left > 3*24*time.Hour {
		by = at.UTC().Format(time.DateOnly)
	}
	return fmt.Sprintf("At this rate it has used all the memory it may have (%s) by %s, %s after the end of the log.",
		analyze.Bytes.Format(limit), by, analyze.Duration(left))
}

// details tells what a finding's sentence does not.
func details(f *analyze.Finding, r *analyze.Report) string {
	var details []string
	if !f.Onset.IsZero() {
		onset := "since " + analyze.Clock(f.Onset)
		if f.OnsetError > 0 {
			onset += " ± " + analyze.Duration(f.OnsetError)
		}
		details = append(details, onset)
	}
	if interval := interval(f.Growth, f.Unit, judged(f, r)); interval != analyze.None {
		details = append(details, "95 % interval "+interval)
	}
	if !f.Until.IsZero() {
		details = append(details, "known by "+analyze.Clock(f.Until))
	}
	details = append(details, "kind "+string(f.Kind))
	if len(r.Runs) > 1 && f.Run >= 0 && f.Run < len(r.Runs) {
		details = append(details, fmt.Sprintf("run %d of %d", f.Run+1, len(r.Runs)))
	}
	return strings.Join(details, "; ")
}

// judged returns for how long a finding's growth was seen: as its sentence has it, for the time of the
// culprit's trend.
func judged(f *analyze.Finding, r *analyze.Report) time.Duration {
	if f.Run < 0 || f.Run >= len(r.Runs) {
		return 0
	}
	run := &r.Runs[f.Run]
	for i := range run.Resources {
		if t := &run.Resources[i].Trend; run.Resources[i].Name == f.Resource && t.Judged {
			return t.To.Sub(t.From)
		}
	}
	if f.Onset.IsZero() {
		return 0
	}
	return run.To.Sub(f.Onset)
}

// interval returns the confidence interval of a growth that was seen for span, such as
// "13 to 15 MiB/h".
func interval(g analyze.Rate, unit analyze.Unit, span time.Duration) string {
	if g.Low == g.High || !finite(g.Low) || !finite(g.High) {
		return analyze.None
	}
	low, high := unit.Growth(g.Low, span), unit.Growth(g.High, span)
	if low == high {
		return analyze.None // narrower than the growth's own digits
	}
	lowNumber, lowUnit, _ := strings.Cut(low, " ")
	if _, highUnit, _ := strings.Cut(high, " "); lowUnit == highUnit {
		low = lowNumber
	}
	return low + " to " + high
}

// state tells what the newest snapshots show.
func state(s *analyze.State) []fact {
	var facts []fact
	add := func(name string, items []string, none string) {
		if text := strings.Join(items, ", "); text != "" {
			facts = append(facts, fact{name, text})
		} else if none != "" {
			facts = append(facts, fact{name, none})
		}
	}
	var memory, readers []string
	for _, m := range s.Memory {
		name := strings.TrimSuffix(strings.TrimPrefix(m.Resource, "memory ("), ")")
		memory = append(memory, m.Unit.Format(m.Value)+" "+name)
	}
	for _, r := range s.Readers {
		text := fmt.Sprintf("%s %s of %s", r.Thread, analyze.Count(float64(r.Reads)), analyze.Count(float64(r.Writes)))
		if r.Reads == r.Writes {
			text += ": one to one"
		}
		readers = append(readers, text)
	}
	add("Memory", memory, "not measured")
	add("Largest tables", amounts(s.Tables), "")
	add("Fullest queues", amounts(s.Queues), "no message waits")
	add("Input readers", readers, "")
	return facts
}

func amounts(list []analyze.Amount) []string {
	var texts []string
	for _, a := range list {
		texts = append(texts, strings.TrimPrefix(a.Resource, "table ")+" "+a.Unit.Format(a.Value))
	}
	return texts
}

func newRun(r *analyze.Report, i int) run {
	shown := run{Title: runTitle(r, i)}
	resources := byGroup(r.Runs[i].Resources)
	named, totals := findingsOf(r, i), totalsOf(resources)
	var others []analyze.Resource
	for _, resource := range resources {
		_, isNamed := named[resource.Name]
		if isNamed || totals[resource.Name] || !isDull(resource.Verdict) {
			shown.Rows = append(shown.Rows, newRow(&resource))
			continue
		}
		others = append(others, resource)
	}
	shown.NotShown = counted(others)
	return shown
}

// findingsOf returns the place, among a report's findings, of the worst one about each resource
// of a run.
func findingsOf(r *analyze.Report, run int) map[string]int {
	places := map[string]int{}
	for i, f := range r.Findings {
		if f.Run != run {
			continue
		}
		for _, name := range f.Resources {
			if _, worse := places[name]; !worse {
				places[name] = i
			}
		}
	}
	return places
}

// totalsOf returns the names of what the others are to be seen beside: of each group the first that was
// judged.
func totalsOf(resources []analyze.Resource) map[string]bool {
	names := map[string]bool{}
	seen := map[analyze.Group]bool{}
	for i := range resources {
		r := &resources[i]
		if isTotal(r.Name) && r.Verdict != analyze.Unknown && !seen[r.Group] {
			seen[r.Group] = true
			names[r.Name] = true
		}
	}
	return names
}

// isTotal reports whether a resource is what others are parts of. DNS and queues have none.
func isTotal(name string) bool {
	return slices.Contains([]string{"memory (total)", "memory (resident)", "entries of all tables", "size of all globals", "sessions", "timers"}, name)
}

// isDull reports whether a resource is only counted: it does not grow by itself.
func isDull(v analyze.Verdict) bool { return isHealthy(v) || v == analyze.Unknown }

// isHealthy reports whether a resource was judged and does not grow by itself.
func isHealthy(v analyze.Verdict) bool { return v == analyze.Flat || v == analyze.WithLoad }

// healthyBeside names what does not grow in the last run of a process that has a finding there.
func healthyBeside(r *analyze.Report) string {
	last := len(r.Runs) - 1
	if !slices.ContainsFunc(r.Findings, func(f analyze.Finding) bool { return f.Run == last && f.Level >= analyze.Suspected }) {
		return ""
	}
	named := findingsOf(r, last)
	var healthy []analyze.Resource
	for _, resource := range byGroup(r.Runs[last].Resources) {
		if _, isNamed := named[resource.Name]; !isNamed && isHealthy(resource.Verdict) {
			healthy = append(healthy, resource)
		}
	}
	if len(healthy) == 0 {
		return ""
	}
	return "Healthy beside it: " + strings.Join(namedOrCounted(healthy), ", ") + "."
}

// groups returns all groups in the order of a report.
func groups() []analyze.Group {
	return []analyze.Group{
		analyze.MemoryGroup, analyze.TablesGroup, analyze.ConnectionsGroup,
		analyze.TimersGroup, analyze.DNSGroup, analyze.QueuesGroup,
	}
}

// byGroup returns resources in the order of a report: by group, totals before their parts.
func byGroup(resources []analyze.Resource) []analyze.Resource {
	order := groups()
	place := func(r *analyze.Resource) int {
		place := 2 * slices.Index(order, r.Group)
		if !isTotal(r.Name) {
			place++
		}
		return place
	}
	sorted := slices.Clone(resources)
	slices.SortStableFunc(sorted, func(a, b analyze.Resource) int { return cmp.Compare(place(&a), place(&b)) })
	return sorted
}

// runTitle tells a run from the others, if there are any.
func runTitle(r *analyze.Report, i int) string {
	if len(r.Runs) == 1 {
		return ""
	}
	return fmt.Sprintf("Run %d of %d: %s", i+1, len(r.Runs), strings.Join(runFacts(&r.Runs[i]), ", "))
}

func runFacts(r *analyze.Run) []string {
	facts := []string{period(r.From, r.To), plural(r.Snapshots, "snapshot")}
	if r.Expensive > 0 {
		facts = append(facts, analyze.Count(float64(r.Expensive))+" with tables")
	}
	if r.StartUp > 0 {
		facts = append(facts, "start-up of "+analyze.Duration(r.StartUp)+" left out")
	}
	return facts
}

func newRow(r *analyze.Resource) row {
	shown := row{Name: r.Name, First: analyze.None, Last: analyze.None, Growth: analyze.None, Interval: analyze.None, Verdict: string(r.Verdict)}
	if r.Verdict != analyze.Unknown {
		shown.First, shown.Last = r.Unit.Number(r.First), r.Unit.Number(r.Last)
	}
	if hasTrend(r) {
		t := r.Trend
		span := t.To.Sub(t.From)
		shown.Growth = r.Unit.Growth(t.Slope, span)
		shown.Interval = interval(analyze.Rate{PerHour: t.Slope, Low: t.Low, High: t.High}, r.Unit, span)
	}
	return shown
}

// counted tells how many resources have no row, as in "Flat: 41 queues, 3 timers."
func counted(resources []analyze.Resource) string {
	var sentences []string
	for _, verdict := range []analyze.Verdict{analyze.Flat, analyze.WithLoad, analyze.Unknown} {
		of := slices.DeleteFunc(slices.Clone(resources), func(r analyze.Resource) bool { return r.Verdict != verdict })
		if len(of) > 0 {
			sentences = append(sentences, capital(string(verdict))+": "+strings.Join(namedOrCounted(of), ", ")+".")
		}
	}
	return strings.Join(sentences, " ")
}

// namedOrCounted returns the names of the few, and the number of the many, of each group.
func namedOrCounted(resources []analyze.Resource) []string {
	const few = 2
	var texts []string
	for _, group := range groups() {
		var names []string
		for _, r := range resources {
			if r.Group == group {
				names = append(names, r.Name)
			}
		}
		if len(names) > few {
			names = []string{plural(len(names), noun(group))}
		}
		texts = append(texts, names...)
	}
	return texts
}

func noun(g analyze.Group) string {
	switch g {
	case analyze.MemoryGroup:
		return "memory figure"
	case analyze.TablesGroup:
		return "table"
	case analyze.ConnectionsGroup:
		return "connection figure"
	case analyze.TimersGroup:
		return "timer"
	case analyze.DNSGroup:
		return "DNS figure"
	default:
		return "queue"
	}
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func period(from, to time.Time) string {
	if from.IsZero() {
		return "without a packet's time"
	}
	if !to.After(from) {
		return analyze.Clock(from)
	}
	return fmt.Sprintf("%s to %s (%s)", minute(from), analyze.Clock(to), analyze.Duration(to.Sub(from)))
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
