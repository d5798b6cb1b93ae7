package render

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bro_exporter/analyze"
)

// element is a start tag of a page.
type element struct {
	name  string
	attrs map[string]string
}

// elements reads a page as a browser does, but fails at an error.
func elements(t *testing.T, page string) []element {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(page))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var found []element
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			e := element{start.Name.Local, map[string]string{}}
			for _, a := range start.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			found = append(found, e)
		}
	}
}

func TestPageLoadsNothing(t *testing.T) {
	allowed := strings.Fields("html head meta title style body header main section h1 h2 h3 h4 p dl dt dd table caption thead tbody tr th td a span strong code br ol li details summary div figure figcaption svg desc g path text")
	for name, reports := range cases() {
		page := rendered(t, HTML, reports...)
		for _, e := range elements(t, page) {
			if !slices.Contains(allowed, e.name) {
				t.Errorf("%s: element %s", name, e.name)
			}
			for key, value := range e.attrs {
				if strings.HasPrefix(key, "on") || key == "src" || key == "srcset" || key == "href" && !strings.HasPrefix(value, "#") {
					t.Errorf("%s: %s %s=%q", name, e.name, key, value)
				}
			}
		}
		for _, load := range []string{"url(", "@import", "@font-face", "http://", "https://"} {
			if strings.Contains(page, load) {
				t.Errorf("%s: %s", name, load)
			}
		}
	}
}

func TestPageRefersToWhatIsThere(t *testing.T) {
	all := elements(t, rendered(t, HTML, cluster()...))
	ids := map[string]bool{}
	for _, e := range all {
		id := e.attrs["id"]
		if id != "" && ids[id] {
			t.Errorf("id %s twice", id)
		}
		ids[id] = true
	}
	refs := 0
	for _, e := range all {
		for _, ref := range strings.Fields(strings.TrimPrefix(e.attrs["href"], "#") + " " + e.attrs["aria-labelledby"]) {
			refs++
			if !ids[ref] {
				t.Errorf("%s refers to %s", e.name, ref)
			}
		}
		if e.name == "svg" && e.attrs["aria-labelledby"] == "" {
			t.Error("a plot without a name")
		}
	}
	if refs < 40 {
		t.Errorf("%d references, want one for each process, section and two for each plot", refs)
	}
}

func TestPlotsWearThePagesColours(t *testing.T) {
	day, night := schemes(t)
	own := regexp.MustCompile(`#[0-9A-Fa-f]{3,8}\b|font-family|rgb\(`)
	property := regexp.MustCompile(`var\((--[a-z0-9-]+)\)`)
	used := map[string]bool{}
	for _, f := range figuresOf(t, leakingTable(), crowded()) {
		inner, _, err := f.draw()
		if err != nil {
			t.Fatal(err)
		}
		if m := own.FindString(inner); m != "" {
			t.Errorf("%s in a plot", m)
		}
		for _, m := range property.FindAllStringSubmatch(inner, -1) {
			used[m[1]] = true
			if day[m[1]] == "" || night[m[1]] == "" {
				t.Errorf("%s is no colour of day and night", m[1])
			}
		}
	}
	for _, want := range []string{"--ink", "--grid", "--line-1", "--line-4"} {
		if !used[want] {
			t.Errorf("no plot has %s", want)
		}
	}
}

// TestContrast holds the colours of text and plots to WCAG 2.2 AA.
func TestContrast(t *testing.T) {
	day, night := schemes(t)
	for name, scheme := range map[string]map[string]string{"day": day, "night": night} {
		for _, on := range []string{"--page", "--panel"} {
			for _, text := range []string{"--ink", "--faint", "--link", "--leak", "--stuck", "--suspected", "--note", "--fine", "--line-1", "--line-2", "--line-3", "--line-4"} {
				if c := contrast(t, scheme[text], scheme[on]); c < 4.5 {
					t.Errorf("%s: %s on %s: %.1f", name, text, on, c)
				}
			}
		}
		for _, badge := range []string{"--leak", "--stuck", "--suspected", "--note", "--fine", "--line-1", "--line-2", "--line-3", "--line-4"} {
			if c := contrast(t, scheme["--on-badge"], scheme[badge]); c < 4.5 {
				t.Errorf("%s: text on %s: %.1f", name, badge, c)
			}
		}
	}
}

// schemes returns the page's colours by day and by night.
func schemes(t *testing.T) (day, night map[string]string) {
	t.Helper()
	css, err := os.ReadFile("page.css")
	if err != nil {
		t.Fatal(err)
	}
	first, second, ok := strings.Cut(string(css), "@media screen and (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("no colours of the night")
	}
	return colours(first), colours(second)
}

func colours(css string) map[string]string {
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`(--[a-z0-9-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
		found[m[1]] = m[2]
	}
	return found
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + .05) / (min(la, lb) + .05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	part := func(shift uint) float64 {
		v := float64(n>>shift&0xFF) / 255
		if v <= .04045 {
			return v / 12.92
		}
		return math.Pow((v+.055)/1.055, 2.4)
	}
	return .2126*part(16) + .7152*part(8) + .0722*part(0)
}

// crowded has more that grows than is plotted.
func crowded() analyze.Report {
	s := days(3)
	var resources []analyze.Resource
	for i := range 12 {
		for _, group := range groups() {
			name := fmt.Sprintf("%s %d", group, i)
			resources = append(resources, s.resource(name, group, analyze.Entries, analyze.Grows, rise(1000, 9000+float64(i))))
		}
	}
	return report("worker-1", nil, s.run(resources...))
}

func figuresOf(t *testing.T, reports ...analyze.Report) []figure {
	t.Helper()
	var figures []figure
	for i := range reports {
		chapters, _ := newChapters(&reports[i], linesPerPage)
		for _, c := range chapters {
			figures = append(figures, c.Figures...)
		}
	}
	if len(figures) == 0 {
		t.Fatal("no plots")
	}
	return figures
}

func TestPageIsNotTooLarge(t *testing.T) {
	reports := slices.Repeat([]analyze.Report{crowded()}, 100)
	page := rendered(t, HTML, reports...)
	if len(page) > 10e6 {
		t.Errorf("%d bytes", len(page))
	}
	if n := strings.Count(page, "<svg"); n > linesPerPage || n < linesPerPage/linesPerFigure {
		t.Errorf("%d plots", n)
	}
	if n := strings.Count(page, "Not plotted: "); n != len(reports) {
		t.Errorf("%d processes say what is not plotted, want all", n)
	}
}

func TestWhatIsNotPlottedIsNamed(t *testing.T) {
	r := crowded()
	chapters, _ := newChapters(&r, linesPerPage)
	plotted := 0
	for _, f := range chapters[0].Figures {
		plotted += len(f.Lines)
		if len(f.Lines) > linesPerFigure {
			t.Errorf("%d lines in a plot", len(f.Lines))
		}
	}
	if want := linesPerGroup * len(groups()); plotted != want {
		t.Errorf("%d lines are plotted, want %d", plotted, want)
	}
	if want := "12 more"; !strings.HasSuffix(chapters[0].NotPlotted, want) {
		t.Errorf("not plotted: %s, want %s", chapters[0].NotPlotted, want)
	}
	if first := chapters[0].Figures[0].Lines[0].Name; first != "memory 11" {
		t.Errorf("%s is first, want what grows most", first)
	}
}

func TestLinesOfOneSizeShareAPlot(t *testing.T) {
	s := days(1)
	grows := func(name string, unit analyze.Unit, to float64) analyze.Resource {
		return s.resource(name, analyze.TablesGroup, unit, analyze.Grows, rise(to/2, to))
	}
	figures := figuresOf(t, report("p", nil, s.run(
		grows("small", analyze.Entries, 100), grows("large", analyze.Entries, 1e6), grows("larger", analyze.Entries, 2e6), grows("bytes", analyze.Bytes, 1e6),
	)))
	var got [][]string
	for _, f := range figures {
		var names []string
		for _, l := range f.Lines {
			names = append(names, l.Name)
		}
		got = append(got, names)
	}
	want := [][]string{{"larger", "large"}, {"bytes"}, {"small"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheWorstFindingIsPlottedFirst(t *testing.T) {
	r := crowded()
	of := func(names ...string) analyze.Finding {
		return analyze.Finding{Level: analyze.Note, Resources: names}
	}
	r.Findings = []analyze.Finding{of("queues 3"), of("timers 5", "queues 3")}
	figures := figuresOf(t, r)
	holds := func(f figure, name string) bool {
		return slices.ContainsFunc(f.Lines, func(l line) bool { return l.Name == name })
	}
	if !holds(figures[0], "queues 3") || !holds(figures[1], "timers 5") {
		t.Errorf("not the worst first: %s, %s", describe(&figures[0]), describe(&figures[1]))
	}
}

func TestNumbersOfLinesStandApart(t *testing.T) {
	flat := func(at float64) analyze.Report {
		s := days(1)
		var resources []analyze.Resource
		for i := range linesPerFigure {
			name := strconv.Itoa(i)
			resources = append(resources, s.resource(name, analyze.QueuesGroup, analyze.Messages, analyze.Falls, rise(1000-at, at+float64(i)/8)))
		}
		r := report("p", nil, s.run(resources...))
		r.Findings = []analyze.Finding{{Level: analyze.Note, Resources: []string{"0", "1", "2", "3"}}}
		return r
	}
	number := regexp.MustCompile(`y="(-[0-9.]+)"[^>]*>([1-4])</text>`)
	for _, at := range []float64{0, 500, 1000} {
		figures := figuresOf(t, flat(at))
		inner, _, err := figures[0].draw()
		if err != nil {
			t.Fatal(err)
		}
		found := number.FindAllStringSubmatch(inner, -1)
		if len(figures) != 1 || len(found) != linesPerFigure {
			t.Fatalf("at %v: %d plots, the first with %d numbers", at, len(figures), len(found))
		}
		before := math.Inf(-1)
		for _, m := range found {
			y, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			if y < before+textSize || y < -plotHeight || y > -textSize {
				t.Errorf("at %v: number %s at %v, the one before at %v", at, m[2], y, before)
			}
			before = y
		}
	}
}

func TestWhatIsFineIsFolded(t *testing.T) {
	for severity, open := range map[analyze.Level]bool{analyze.NoLevel: false, analyze.Note: false, analyze.Stuck: true, analyze.Leak: true} {
		r := healthy("p")
		r.Findings = []analyze.Finding{{Level: severity}}
		sections, err := sections(processes([]analyze.Report{r, r}, Options{}))
		if err != nil {
			t.Fatal(err)
		}
		if sections[0].Open != open {
			t.Errorf("%v: open is %v", severity, sections[0].Open)
		}
	}
}

func TestThinKeepsExtremes(t *testing.T) {
	s := days(30)
	r := s.resource("queue", analyze.QueuesGroup, analyze.Messages, analyze.Flat, level(10))
	r.Points[4000].Max, r.Points[7000].Min = 5000, -3
	r.Points[100].Mean = math.NaN()
	points := thin(r.Points, s.from, s.to())
	if len(points) > pointsPerLine+1 || len(points) < pointsPerLine {
		t.Errorf("%d points of %d", len(points), len(r.Points))
	}
	high, low := points[0].Max, points[0].Min
	for i, p := range points {
		high, low = max(high, p.Max), min(low, p.Min)
		if p.Mean < 9.999 || p.Mean > 10.001 {
			t.Errorf("mean %v, want 10", p.Mean)
		}
		if i > 0 && !p.Time.After(points[i-1].Time) {
			t.Errorf("%v comes after %v", p.Time, points[i-1].Time)
		}
	}
	if high != 5000 || low != -3 {
		t.Errorf("from %v to %v, want from -3 to 5000", low, high)
	}
}

func TestRunsShareAPlotIfTheyFollowEachOther(t *testing.T) {
	at := func(day float64, hours float64) analyze.Run {
		s := span{start().Add(time.Duration(day * 24 * float64(time.Hour))), time.Duration(hours * float64(time.Hour))}
		return s.run()
	}
	for _, c := range []struct {
		name string
		runs []analyze.Run
		told []int
		want [][]int
	}{
		{"restarts", []analyze.Run{at(0, 5), at(.5, 5), at(1, 5)}, nil, [][]int{{0, 1, 2}}},
		{"a second trace of before", []analyze.Run{at(9, 5), at(0, 5)}, []int{0}, [][]int{{0}, {1}}},
		{"a trace of years later", []analyze.Run{at(0, 5), at(900, 5)}, []int{0}, [][]int{{0}, {1}}},
		{"of years before, and fine", []analyze.Run{at(0, 5), at(900, 5)}, nil, [][]int{{1}}},
		{"no time", []analyze.Run{{Snapshots: 1}}, nil, nil},
		{"a moment", []analyze.Run{at(0, 0)}, nil, nil},
	} {
		r := report("p", nil, c.runs...)
		for _, run := range c.told {
			r.Findings = append(r.Findings, analyze.Finding{Run: run})
		}
		if got := chainsOf(&r); !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTimeTicks(t *testing.T) {
	for _, long := range []time.Duration{10 * time.Second, time.Minute, 40 * time.Minute, 5 * time.Hour, 30 * time.Hour, 9 * 24 * time.Hour, 100 * 24 * time.Hour, 4000 * 24 * time.Hour} {
		ticks := timeTicks{}.Ticks(seconds(start()), seconds(start().Add(long)))
		if len(ticks) < 2 || len(ticks) > mostTimeTicks+1 {
			t.Errorf("%v: %d ticks", long, len(ticks))
		}
		before := ""
		for _, tick := range ticks {
			if tick.Label == before {
				t.Errorf("%v: label %q empty or twice", long, tick.Label)
			}
			before = tick.Label
		}
	}
}

func TestAxis(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		group     analyze.Group
		unit      analyze.Unit
		title     string
		from, to  float64
	}{
		{low: 0, high: 0, group: analyze.QueuesGroup, unit: analyze.Messages, title: "Queues, messages", from: 0, to: 1},
		{low: 10, high: 90, group: analyze.ConnectionsGroup, unit: analyze.Connections, title: "Connections", from: 0, to: 90},
		{low: 8e6, high: 9e6, group: analyze.TimersGroup, unit: analyze.Timers, title: "Timers, millions", from: 8e6, to: 9e6},
		{low: 1 * gib, high: 1 * gib, group: analyze.MemoryGroup, unit: analyze.Bytes, title: "Memory, GiB", from: .95 * gib, to: 1.05 * gib},
		{low: 1, high: 30000, group: analyze.DNSGroup, unit: analyze.Entries, title: "DNS, thousand entries", from: 0, to: 30000},
	} {
		points := []analyze.Point{{Min: c.low, Max: c.low}, {Min: c.high, Max: c.high}}
		f := figure{Lines: []line{{Group: c.group, Unit: c.unit, Segments: [][]analyze.Point{points}}}}
		low, high := f.bounds()
		if math.Abs(low-c.from) > 1e-9*c.to || math.Abs(high-c.to) > 1e-9*c.to {
			t.Errorf("%s: from %v to %v, want from %v to %v", c.title, low, high, c.from, c.to)
		}
		_, steps := axisScale(high, c.unit)
		if got := axisTitle(c.group, c.unit, steps); got != c.title {
			t.Errorf("title %q, want %q", got, c.title)
		}
	}
}
