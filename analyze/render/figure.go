package render

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"bro_exporter/analyze"
)

// What a page plots is bounded: a line takes about 8 KB.
const (
	linesPerFigure  = 4
	linesPerGroup   = 8
	linesPerPage    = 600
	pointsPerLine   = 160 // as many as an eye tells apart
	alike           = 8   // lines share a figure if none is this many times as high as another
	namesNotPlotted = 12
)

// figure is one plot: lines of one group and unit, over time.
type figure struct {
	From, To time.Time
	Lines    []line
	Marks    []time.Time // starts of the process
}

// line is a resource through the runs of a figure.
type line struct {
	Name     string
	Group    analyze.Group
	Unit     analyze.Unit
	Segments [][]analyze.Point // of one run each
	Trends   []analyze.Trend
	Steps    []analyze.Point
	Onsets   []onset
	Rate     string // of the last trend
	place    int    // of the worst finding about it; past all if there is none
	growth   float64
}

// onset is when a finding about a line began, give or take Error.
type onset struct {
	Time  time.Time
	Error time.Duration
}

// chapter is the figures of runs that follow each other, and what is not plotted of them.
type chapter struct {
	Title      string // empty if it is the only one
	Figures    []figure
	NotPlotted string
}

// newChapters returns what to plot of a report with no more than room lines, and how much room is left.
func newChapters(r *analyze.Report, room int) (chapters []chapter, left int) {
	chains := chainsOf(r)
	for _, chain := range chains {
		plotted, others := choose(linesOf(r, chain), room)
		room -= len(plotted)
		c := chapter{Figures: newFigures(r, chain, plotted), NotPlotted: enumerate(others)}
		if len(chains) > 1 {
			c.Title = period(r.Runs[chain[0]].From, r.Runs[chain[len(chain)-1]].To)
		}
		if len(plotted)+len(others) > 0 {
			chapters = append(chapters, c)
		}
	}
	return chapters, room
}

// chainsOf returns the runs that share a time axis: those that have a packet's time and follow each other
// soon. Traces may be read in any order and be years apart. A chain without a run to show is left out.
func chainsOf(r *analyze.Report) [][]int {
	const soon = 24 * time.Hour
	var chains [][]int
	var measured time.Duration // by the chain so far
	var before time.Time
	for i, run := range r.Runs {
		if run.From.IsZero() || !run.To.After(run.From) {
			continue
		}
		span := run.To.Sub(run.From)
		pause := run.From.Sub(before)
		before = run.To
		if len(chains) > 0 && pause >= 0 && pause <= max(soon, measured+span) {
			last := &chains[len(chains)-1]
			*last = append(*last, i)
			measured += span
			continue
		}
		chains = append(chains, []int{i})
		measured = span
	}
	return slices.DeleteFunc(chains, func(chain []int) bool {
		return !slices.ContainsFunc(chain, func(i int) bool { return isShown(r, i) })
	})
}

// linesOf returns the lines worth a plot in the runs of a chain.
func linesOf(r *analyze.Report, chain []int) []line {
	lines := wantedLines(r, chain)
	byName := map[string]*line{}
	for i := range lines {
		byName[lines[i].Name] = &lines[i]
	}
	start, end := r.Runs[chain[0]].From, r.Runs[chain[len(chain)-1]].To
	for _, i := range chain {
		for j := range r.Runs[i].Resources {
			resource := &r.Runs[i].Resources[j]
			if l := byName[resource.Name]; l != nil {
				l.add(resource, start, end, resource.Verdict == analyze.Grows || isCulprit(r, i, resource.Name))
			}
		}
		for _, f := range r.Findings {
			if l := byName[f.Resource]; l != nil && f.Run == i && f.Level >= analyze.Suspected && !f.Onset.IsZero() {
				l.Onsets = append(l.Onsets, onset{f.Onset, f.OnsetError})
			}
		}
	}
	return slices.DeleteFunc(lines, func(l line) bool { return len(l.Segments) == 0 })
}

// wantedLines returns lines, still empty, for what a finding names or what grows in a shown run, and for
// memory and connections, to see the others beside.
func wantedLines(r *analyze.Report, chain []int) []line {
	var lines []line
	index := map[string]int{}
	for _, i := range chain {
		if !isShown(r, i) {
			continue
		}
		resources := byGroup(r.Runs[i].Resources)
		named, totals := findingsOf(r, i), totalsOf(resources)
		for _, resource := range resources {
			place, isNamed := named[resource.Name]
			if !isNamed {
				place = len(r.Findings)
			}
			isContext := totals[resource.Name] && (resource.Group == analyze.MemoryGroup || resource.Group == analyze.ConnectionsGroup)
			if !isNamed && !isContext && !isMoving(resource.Verdict) {
				continue
			}
			at, known := index[resource.Name]
			if !known {
				at = len(lines)
				index[resource.Name] = at
				lines = append(lines, line{Name: resource.Name, Group: resource.Group, Unit: resource.Unit, place: place})
			}
			lines[at].place = min(lines[at].place, place)
		}
	}
	return lines
}

func isMoving(v analyze.Verdict) bool { return !isDull(v) && v != analyze.Falls }

// isCulprit reports whether a finding of growth in a run is about a resource.
func isCulprit(r *analyze.Report, run int, name string) bool {
	return slices.ContainsFunc(r.Findings, func(f analyze.Finding) bool {
		return f.Run == run && f.Level >= analyze.Suspected && f.Resource == name
	})
}

// add adds a run's values of the line's resource, and its trend if it grows.
func (l *line) add(r *analyze.Resource, start, end time.Time, grows bool) {
	points := thin(r.Points, start, end)
	if len(points) < 2 {
		return
	}
	l.Segments = append(l.Segments, points)
	for _, step := range r.Steps {
		l.Steps = append(l.Steps, nearest(points, step.Time))
	}
	if !grows || !hasTrend(r) {
		return
	}
	l.Trends = append(l.Trends, r.Trend)
	l.Rate = r.Unit.Growth(r.Trend.Slope, r.Trend.To.Sub(r.Trend.From))
	l.growth = max(l.growth, math.Abs(r.Trend.End()-r.Trend.Start))
}

// hasTrend reports whether a resource's trend is shown: where it is what the verdict means. The line
// through a resource that goes with the load leaves the load out, which a reader does not see.
func hasTrend(r *analyze.Resource) bool {
	t := r.Trend
	moves := r.Verdict == analyze.Grows || r.Verdict == analyze.Unsettled || r.Verdict == analyze.Falls
	return moves && t.Judged && !t.From.IsZero() && finite(t.Slope) && finite(t.Start) && finite(t.End())
}

// thin returns at most pointsPerLine points between start and end. It keeps the extremes.
func thin(points []analyze.Point, start, end time.Time) []analyze.Point {
	width := max(end.Sub(start)/pointsPerLine, 1)
	var thinned []analyze.Point
	var sum float64
	var n int
	for _, p := range points {
		if p.Time.IsZero() || !finite(p.Mean) || !finite(p.Min) || !finite(p.Max) {
			continue
		}
		last := len(thinned) - 1
		if last < 0 || p.Time.Sub(start)/width != thinned[last].Time.Sub(start)/width {
			thinned = append(thinned, p)
			sum, n = p.Mean, 1
			continue
		}
		sum, n = sum+p.Mean, n+1
		t := &thinned[last]
		t.Mean, t.Min, t.Max = sum/float64(n), min(t.Min, p.Min), max(t.Max, p.Max)
	}
	return thinned
}

func nearest(points []analyze.Point, t time.Time) analyze.Point {
	return slices.MinFunc(points, func(a, b analyze.Point) int {
		return cmp.Compare(a.Time.Sub(t).Abs(), b.Time.Sub(t).Abs())
	})
}

// choose returns the lines to plot, those with the worst findings and the most growth first, and the
// lines without room.
func choose(lines []line, room int) (plotted, others []line) {
	slices.SortStableFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(b.growth, a.growth))
	})
	lots := map[analyze.Group]int{}
	for _, l := range lines {
		if len(plotted) >= room || lots[l.Group] >= linesPerGroup {
			others = append(others, l)
			continue
		}
		lots[l.Group]++
		plotted = append(plotted, l)
	}
	return plotted, others
}

// newFigures puts lines of the same group and unit that are about as high together.
func newFigures(r *analyze.Report, chain []int, lines []line) []figure {
	var figures []figure
	for _, l := range lines {
		at := slices.IndexFunc(figures, func(f figure) bool { return f.takes(&l) })
		if at < 0 {
			at = len(figures)
			figures = append(figures, newFigure(r, chain))
		}
		figures[at].Lines = append(figures[at].Lines, l)
	}
	for i := range figures {
		f := &figures[i]
		slices.SortStableFunc(f.Lines, func(a, b line) int { return cmp.Compare(b.end(), a.end()) })
	}
	return figures
}

func newFigure(r *analyze.Report, chain []int) figure {
	f := figure{From: r.Runs[chain[0]].From, To: r.Runs[chain[len(chain)-1]].To}
	for _, i := range chain[1:] {
		f.Marks = append(f.Marks, r.Runs[i].From)
	}
	return f
}

func (f *figure) takes(l *line) bool {
	first := &f.Lines[0]
	if len(f.Lines) >= linesPerFigure || first.Group != l.Group || first.Unit != l.Unit {
		return false
	}
	return !slices.ContainsFunc(f.Lines, func(other line) bool {
		a, b := other.top(), l.top()
		return max(a, b) > alike*min(a, b)
	})
}

func (l *line) top() float64 {
	top := 0.0
	for _, points := range l.Segments {
		for _, p := range points {
			top = max(top, p.Max)
		}
	}
	return top
}

func (l *line) end() float64 {
	points := l.Segments[len(l.Segments)-1]
	return points[len(points)-1].Mean
}

func enumerate(lines []line) string {
	var names []string
	for _, l := range lines[:min(len(lines), namesNotPlotted)] {
		names = append(names, l.Name)
	}
	if more := len(lines) - len(names); more > 0 {
		names = append(names, analyze.Count(float64(more))+" more")
	}
	return strings.Join(names, ", ")
}
