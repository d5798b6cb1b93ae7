package render

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"bro_exporter/analyze"
)

// A plot is as wide as a phone, and a wider window shows several side by side. So its text is always about
// as large as the page's.
const (
	plotWidth  = 440
	plotHeight = 230
	textSize   = 13
	edge       = 10 // room for the last labels where the reader's font is wider than the one measured
)

// The plot's colours are the page's, which differ by day and night: they stand for the custom
// properties in pageColours.
func inkColour() color.Color       { return color.RGBA{R: 0x11, A: 0xFF} }
func gridColour() color.Color      { return color.RGBA{R: 0x22, A: 0xFF} }
func lineColour(i int) color.Color { return color.RGBA{R: 0x33, B: uint8(i), A: 0xFF} }
func bandColour(i int) color.Color { return color.RGBA{R: 0x44, B: uint8(i), A: 0xFF} }

// pageColours gives a plot the colours and the font of the page.
func pageColours() *strings.Replacer {
	pairs := []string{
		"\n\t", " ",
		"font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;", "",
		hex(inkColour()), "var(--ink)",
		hex(gridColour()), "var(--grid)",
	}
	for i := range linesPerFigure {
		name := fmt.Sprintf("var(--line-%d)", i+1)
		pairs = append(pairs, hex(lineColour(i)), name, hex(bandColour(i)), name+";fill-opacity:.2")
	}
	return strings.NewReplacer(pairs...)
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02X%02X%02X", r>>8, g>>8, b>>8)
}

// draw returns the content of the figure's svg element, and the title above it.
func (f *figure) draw() (inner, title string, err error) {
	low, high := f.bounds()
	scale, steps := axisScale(high, f.Lines[0].Unit)
	p := newPlot()
	p.X.Min, p.X.Max = seconds(f.From), seconds(f.To)
	p.Y.Min, p.Y.Max = low/scale, high/scale
	p.X.Label.Text = "UTC, from " + f.From.UTC().Format("2 Jan 2006 15:04")
	p.X.Tick.Marker = timeTicks{}
	d := drawing{p, scale}
	d.grid()
	for _, mark := range f.Marks {
		d.mark(mark)
	}
	for i := range f.Lines {
		d.band(i, &f.Lines[i])
		d.onsets(i, &f.Lines[i])
	}
	for i := range f.Lines {
		d.line(i, &f.Lines[i])
	}
	d.numbers(f.Lines)
	inner, err = inSVG(p)
	return inner, axisTitle(f.Lines[0].Group, f.Lines[0].Unit, steps), err
}

// bounds returns the range of the vertical axis. It begins at 0 if that is not far, and is at least a tenth
// of the greatest value: noise should not look like mountains.
func (f *figure) bounds() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, l := range f.Lines {
		for _, points := range l.Segments {
			for _, p := range points {
				low, high = min(low, p.Min), max(high, p.Max)
			}
		}
	}
	if low >= 0 && low < high*2/3 {
		low = 0
	}
	if high <= low {
		high = low + 1
	}
	if missing := high/10 - (high - low); missing > 0 {
		low, high = low-missing/2, high+missing/2
	}
	return low, high
}

// axisScale returns what the vertical axis counts in, and its name.
func axisScale(high float64, unit analyze.Unit) (scale float64, name string) {
	if unit == analyze.Bytes {
		scale = 1
		names := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
		for high >= scale*1024 && len(names) > 1 {
			scale, names = scale*1024, names[1:]
		}
		return scale, names[0]
	}
	switch {
	case high >= 2e6:
		return 1e6, "million"
	case high >= 2e4:
		return 1e3, "thousand"
	default:
		return 1, ""
	}
}

// axisTitle returns such as "Memory, GiB", "Tables, thousand entries" and "Connections, millions".
func axisTitle(group analyze.Group, unit analyze.Unit, steps string) string {
	title := capital(string(group))
	if group == analyze.DNSGroup {
		title = "DNS"
	}
	switch {
	case unit == analyze.Bytes:
		return title + ", " + steps
	case string(unit) != string(group):
		return title + ", " + strings.TrimSpace(steps+" "+string(unit))
	case steps != "":
		return title + ", " + steps + "s"
	default:
		return title
	}
}

func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color = inkColour()
		axis.Padding = 0
		axis.Tick.Length = 4
		axis.Tick.Color = inkColour()
		axis.Tick.Label.Color = inkColour()
		axis.Tick.Label.Font = textFont()
		axis.Label.TextStyle.Color = inkColour()
		axis.Label.TextStyle.Font = textFont()
		axis.Label.Padding = 4
	}
	p.Y.Tick.Marker = valueTicks{}
	return p
}

func textFont() font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, textSize)
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// drawing draws on a plot whose vertical axis counts in steps of scale.
type drawing struct {
	plot  *plot.Plot
	scale float64
}

func (d drawing) at(t time.Time, v float64) plotter.XY {
	return plotter.XY{X: seconds(t), Y: v / d.scale}
}

func (d drawing) grid() {
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColour(), gridColour()
	d.plot.Add(grid)
}

func (d drawing) stroke(points plotter.XYs, style draw.LineStyle) {
	d.plot.Add(&plotter.Line{XYs: points, LineStyle: style})
}

// mark shows that the process started.
func (d drawing) mark(t time.Time) {
	x := seconds(t)
	points := plotter.XYs{{X: x, Y: d.plot.Y.Min}, {X: x, Y: d.plot.Y.Max}}
	d.stroke(points, draw.LineStyle{Color: inkColour(), Width: 1, Dashes: []vg.Length{1, 3}})
}

// onsets marks when the findings about a line began, and how far that may be off.
func (d drawing) onsets(i int, l *line) {
	p := d.plot
	at := func(t time.Time) float64 { return min(max(seconds(t), p.X.Min), p.X.Max) }
	for _, o := range l.Onsets {
		from, to := at(o.Time.Add(-o.Error)), at(o.Time.Add(o.Error))
		if from < to {
			corners := plotter.XYs{{X: from, Y: p.Y.Min}, {X: from, Y: p.Y.Max}, {X: to, Y: p.Y.Max}, {X: to, Y: p.Y.Min}}
			p.Add(&plotter.Polygon{XYs: []plotter.XYs{corners}, Color: bandColour(i)})
		}
		x := at(o.Time)
		d.stroke(plotter.XYs{{X: x, Y: p.Y.Min}, {X: x, Y: p.Y.Max}}, draw.LineStyle{Color: lineColour(i), Width: 2})
	}
}

// band shows how far a line's values go.
func (d drawing) band(i int, l *line) {
	for _, points := range l.Segments {
		if !slices.ContainsFunc(points, func(p analyze.Point) bool { return p.Min < p.Max }) {
			continue
		}
		var outline plotter.XYs
		for _, p := range points {
			outline = append(outline, d.at(p.Time, p.Max))
		}
		for _, p := range slices.Backward(points) {
			outline = append(outline, d.at(p.Time, p.Min))
		}
		d.plot.Add(&plotter.Polygon{XYs: []plotter.XYs{outline}, Color: bandColour(i)})
	}
}

func (d drawing) line(i int, l *line) {
	for _, points := range l.Segments {
		var means plotter.XYs
		for _, p := range points {
			means = append(means, d.at(p.Time, p.Mean))
		}
		d.stroke(means, draw.LineStyle{Color: lineColour(i), Width: 1.5})
	}
	for _, t := range l.Trends {
		ends := plotter.XYs{d.at(t.From, t.Start), d.at(t.To, t.End())}
		d.stroke(ends, draw.LineStyle{Color: inkColour(), Width: 1.5, Dashes: []vg.Length{6, 6}})
	}
	var steps plotter.XYs
	for _, s := range l.Steps {
		steps = append(steps, d.at(s.Time, s.Mean))
	}
	glyph := draw.GlyphStyle{Color: lineColour(i), Radius: 5, Shape: draw.PyramidGlyph{}}
	d.plot.Add(&plotter.Scatter{XYs: steps, GlyphStyle: glyph})
}

// numbers writes at the end of each line its place in the legend, and keeps the numbers apart. The lines
// are in the order of their ends, from the top.
func (d drawing) numbers(lines []line) {
	if len(lines) < 2 {
		return
	}
	apart := (d.plot.Y.Max - d.plot.Y.Min) / 11
	labels := &plotter.Labels{Offset: vg.Point{X: 4}}
	for i := range lines {
		y := min(lines[i].end()/d.scale, d.plot.Y.Max)
		if i > 0 {
			y = min(y, labels.XYs[i-1].Y-apart)
		}
		labels.XYs = append(labels.XYs, plotter.XY{X: d.plot.X.Max, Y: y})
	}
	lowest := d.plot.Y.Min
	for i := range slices.Backward(lines) {
		labels.XYs[i].Y = max(labels.XYs[i].Y, lowest)
		lowest = labels.XYs[i].Y + apart
	}
	for i := range lines {
		style := d.plot.X.Tick.Label
		style.Color, style.XAlign, style.YAlign = lineColour(i), draw.XLeft, draw.YCenter
		labels.TextStyle = append(labels.TextStyle, style)
		labels.Labels = append(labels.Labels, strconv.Itoa(i+1))
	}
	d.plot.Add(labels)
}

// inSVG draws p and returns the content of the svg element.
func inSVG(p *plot.Plot) (string, error) {
	canvas := vgsvg.New(plotWidth, plotHeight)
	p.Draw(draw.Crop(draw.New(canvas), 0, -edge, 0, -edge))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", err
	}
	_, inner, _ := strings.Cut(b.String(), "<svg")
	_, inner, _ = strings.Cut(inner, ">")
	inner, _, _ = strings.Cut(inner, "</svg>")
	return withoutStyles(pageColours().Replace(strings.TrimSpace(inner))), nil
}

// withoutStyles turns style attributes into the same attributes of SVG: a page may have a policy of
// contents that forbids styles within elements.
func withoutStyles(svg string) string {
	return regexp.MustCompile(` ?style="([^"]*)"`).ReplaceAllStringFunc(svg, func(style string) string {
		var attributes strings.Builder
		style = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(style), `style="`), `"`)
		for property := range strings.SplitSeq(style, ";") {
			if name, value, found := strings.Cut(property, ":"); found {
				fmt.Fprintf(&attributes, ` %s="%s"`, name, value)
			}
		}
		return attributes.String()
	})
}

// valueTicks are a few round numbers.
type valueTicks struct{}

func (valueTicks) Ticks(low, high float64) []plot.Tick {
	ticks := slices.DeleteFunc(plot.DefaultTicks{}.Ticks(low, high), plot.Tick.IsMinor)
	for i := range ticks {
		const exact = 1e9 // the library adds up steps, and writes 2500 as 2500.00
		ticks[i].Label = strconv.FormatFloat(math.Round(ticks[i].Value*exact)/exact, 'f', -1, 64)
	}
	return ticks
}

// timeTicks are round times of the day, or days.
type timeTicks struct{}

const mostTimeTicks = 6

func (timeTicks) Ticks(from, to float64) []plot.Tick {
	step := timeStep(to - from)
	var ticks []plot.Tick
	for x := math.Ceil(from/step) * step; x <= to; x += step {
		ticks = append(ticks, plot.Tick{Value: x, Label: timeLabel(x, step)})
	}
	return ticks
}

func timeStep(span float64) float64 {
	const minute, hour, day = 60, 3600, 86400
	steps := []float64{
		1, 5, 15, minute, 5 * minute, 15 * minute, hour, 3 * hour, 6 * hour, 12 * hour,
		day, 2 * day, 5 * day, 10 * day, 30 * day, 90 * day, 365 * day,
	}
	for _, step := range steps {
		if span/step <= mostTimeTicks {
			return step
		}
	}
	return span / mostTimeTicks
}

func timeLabel(x, step float64) string {
	t := time.Unix(int64(x), 0).UTC()
	midnight := t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0
	switch {
	case step >= 90*86400:
		return t.Format("Jan 2006")
	case step >= 86400 || midnight:
		return t.Format("2 Jan")
	case step >= 60:
		return t.Format("15:04")
	default:
		return t.Format("15:04:05")
	}
}
