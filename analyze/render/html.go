package render

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"strings"

	"bro_exporter/analyze"
)

//go:embed page.html page.css
var files embed.FS

// page is what page.html shows.
type page struct {
	Style           template.CSS
	Headline        string
	Processes       []section
	AboutConfidence string
	Width, Height   int
}

// section is one process with its plots.
type section struct {
	process
	Open     bool
	Chapters []chapterPlots
}

type chapterPlots struct {
	chapter
	Plots []svg
}

type svg struct {
	Figure      figure
	Title       string
	Description string
	Inner       template.HTML
}

// HTML writes reports as one page that loads nothing, neither another file nor a script.
func HTML(w io.Writer, reports []analyze.Report) error {
	style, err := files.ReadFile("page.css")
	if err != nil {
		return err
	}
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"capital": capital,
		"inc":     func(i int) int { return i + 1 },
	}).ParseFS(files, "page.html")
	if err != nil {
		return err
	}
	p := page{Style: template.CSS(style), Headline: headline(reports), AboutConfidence: aboutConfidence, Width: plotWidth, Height: plotHeight}
	if p.Processes, err = sections(reports); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

func headline(reports []analyze.Report) string {
	leaks := 0
	for i := range reports {
		if reports[i].Leaks() {
			leaks++
		}
	}
	switch {
	case len(reports) == 0:
		return "No prof.log."
	case leaks == 0:
		return "No leak in " + plural(len(reports), "process") + "."
	default:
		return plural(leaks, "leaking process") + " of " + count(float64(len(reports))) + "."
	}
}

func sections(reports []analyze.Report) ([]section, error) {
	room := linesPerPage
	var sections []section
	for _, p := range processes(reports) {
		s := section{process: p, Open: len(reports) == 1 || p.Report.Worst() > analyze.Note}
		var chapters []chapter
		chapters, room = newChapters(&p.Report, room)
		for _, c := range chapters {
			plots, err := newPlots(c.Figures)
			if err != nil {
				return nil, err
			}
			s.Chapters = append(s.Chapters, chapterPlots{c, plots})
		}
		sections = append(sections, s)
	}
	return sections, nil
}

func newPlots(figures []figure) ([]svg, error) {
	var plots []svg
	for _, f := range figures {
		inner, title, err := f.draw()
		if err != nil {
			return nil, err
		}
		// The plot's only text is numbers and dates: nothing of the log is in it.
		plots = append(plots, svg{f, title, describe(&f), template.HTML(inner)})
	}
	return plots, nil
}

// describe says in words what a plot shows.
func describe(f *figure) string {
	var lines []string
	for i := range f.Lines {
		l := &f.Lines[i]
		text := l.Name + ": from " + amount(l.Segments[0][0].Mean, l.Unit) + " to " + amount(l.end(), l.Unit)
		if l.Rate != "" {
			text += ", trend " + l.Rate
		}
		lines = append(lines, text)
	}
	return period(f.From, f.To) + ". " + strings.Join(lines, "; ") + "."
}
