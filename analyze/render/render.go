// Package render turns what an analysis has found into text for a terminal, JSON for programs
// and one HTML page for everybody else.
//
// Text and HTML show the same rows: of each process its last run and each run that a finding is
// about; of a run each resource that moves, that a finding names, or that the others are
// measured by, such as its memory. What is flat, goes with the load or could not be judged is
// only counted.
package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"bro_exporter/analyze"
)

// process is what is shown of one report.
type process struct {
	analyze.Report
	Worst    string
	Facts    string
	Findings []finding
	Shown    []run
	Others   string // what is said of the runs that are not shown
}

type finding struct {
	analyze.Finding
	Severity string
	About    string // kind, run and time
}

type run struct {
	Title string
	Rows  []row
	Dull  string // what is said of the resources that have no row
}

// row is a line of a run's table.
type row struct {
	Name, First, Last, Slope, Confidence, Verdict string
}

const aboutConfidence = "Confidence: how sure it is that it rises at all; \"-\" where nothing rises or nothing was judged."

// processes returns what is shown, the worst first.
func processes(reports []analyze.Report) []process {
	shown := make([]process, 0, len(reports))
	for _, r := range printableReports(reports) {
		shown = append(shown, newProcess(r))
	}
	slices.SortStableFunc(shown, func(a, b process) int { return cmp.Compare(b.Report.Worst(), a.Report.Worst()) })
	return shown
}

func newProcess(r analyze.Report) process {
	p := process{Report: r, Worst: worst(&r), Facts: facts(&r)}
	for _, f := range r.Findings {
		p.Findings = append(p.Findings, finding{f, f.Level.String(), about(f, len(r.Runs))})
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

// isShown says whether a run has a table: the last one, and each that a finding is about.
func isShown(r *analyze.Report, i int) bool {
	return i == len(r.Runs)-1 || slices.ContainsFunc(r.Findings, func(f analyze.Finding) bool { return f.Run == i })
}

func facts(r *analyze.Report) string {
	if r.Snapshots == 0 {
		return "no blocks"
	}
	facts := []string{period(r.From, r.To), plural(r.Snapshots, "block"), plural(len(r.Runs), "run")}
	if len(r.Runs) == 1 {
		facts = runFacts(&r.Runs[0])
	}
	return strings.Join(facts, ", ")
}

func about(f analyze.Finding, runs int) string {
	about := []string{string(f.Kind)}
	if runs > 1 && f.Run >= 0 && f.Run < runs {
		about = append(about, fmt.Sprintf("run %d of %d", f.Run+1, runs))
	}
	if !f.Onset.IsZero() {
		about = append(about, "since "+clock(f.Onset)+" UTC")
	}
	return strings.Join(about, ", ")
}

func newRun(r *analyze.Report, i int) run {
	shown := run{Title: runTitle(r, i)}
	resources := byGroup(r.Runs[i].Resources)
	told, totals := findingsOf(r, i), totalsOf(resources)
	dull := map[kind]int{}
	for _, resource := range resources {
		_, isTold := told[resource.Name]
		if isTold || totals[resource.Name] || !isDull(resource.Verdict) {
			shown.Rows = append(shown.Rows, newRow(&resource))
			continue
		}
		dull[kind{resource.Verdict, resource.Group}]++
	}
	shown.Dull = dullText(dull)
	return shown
}

// kind is what resources without a row are counted by.
type kind struct {
	verdict analyze.Verdict
	group   analyze.Group
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

// totalsOf returns the names of what the others are to be seen beside: the first judged resource
// of each group, such as all timers. DNS and queues have none.
func totalsOf(resources []analyze.Resource) map[string]bool {
	names := map[string]bool{}
	seen := map[analyze.Group]bool{analyze.DNSGroup: true, analyze.QueuesGroup: true}
	for i := range resources {
		r := &resources[i]
		if r.Verdict != analyze.Unknown && !seen[r.Group] {
			seen[r.Group] = true
			names[r.Name] = true
		}
	}
	return names
}

// isDull says whether a resource is only counted: it does not grow by itself.
func isDull(v analyze.Verdict) bool {
	return v == analyze.Flat || v == analyze.WithLoad || v == analyze.Unknown
}

// groups returns all groups in the order of a report.
func groups() []analyze.Group {
	return []analyze.Group{
		analyze.MemoryGroup, analyze.TablesGroup, analyze.ConnectionsGroup,
		analyze.TimersGroup, analyze.DNSGroup, analyze.QueuesGroup,
	}
}

func byGroup(resources []analyze.Resource) []analyze.Resource {
	order := groups()
	sorted := slices.Clone(resources)
	slices.SortStableFunc(sorted, func(a, b analyze.Resource) int {
		return cmp.Compare(slices.Index(order, a.Group), slices.Index(order, b.Group))
	})
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
	facts := []string{period(r.From, r.To), plural(r.Snapshots, "block")}
	if r.Expensive > 0 {
		facts = append(facts, count(float64(r.Expensive))+" with tables")
	}
	if r.StartUp > 0 {
		facts = append(facts, "start-up of "+duration(r.StartUp)+" left out")
	}
	return facts
}

func newRow(r *analyze.Resource) row {
	shown := row{Name: r.Name, First: none, Last: none, Slope: none, Confidence: none, Verdict: string(r.Verdict)}
	if r.Verdict != analyze.Unknown {
		shown.First, shown.Last = amount(r.First, r.Unit), amount(r.Last, r.Unit)
	}
	if r.Trend.Judged {
		shown.Slope, shown.Confidence = rate(r.Trend.Slope, r.Unit), confidence(r.Trend)
	}
	return shown
}

// dullText says how many resources have no row, as in "Flat: 41 queues, 3 timers."
func dullText(dull map[kind]int) string {
	var sentences []string
	for _, verdict := range []analyze.Verdict{analyze.Flat, analyze.WithLoad, analyze.Unknown} {
		var counts []string
		for _, group := range groups() {
			if n := dull[kind{verdict, group}]; n > 0 {
				counts = append(counts, plural(n, noun(group)))
			}
		}
		if len(counts) > 0 {
			sentences = append(sentences, capital(string(verdict))+": "+strings.Join(counts, ", ")+".")
		}
	}
	return strings.Join(sentences, " ")
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
	return fmt.Sprintf("%s to %s UTC (%s)", clock(from), clock(to), duration(to.Sub(from)))
}

func clock(t time.Time) string { return t.UTC().Format(time.DateTime) }

// worst returns the level of a report's worst finding.
func worst(r *analyze.Report) string {
	if level := r.Worst(); level > analyze.NoLevel {
		return level.String()
	}
	return string(analyze.Fine)
}
