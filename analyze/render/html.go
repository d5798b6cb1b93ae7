package render

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"strings"

	"bro_exporter/analyze"
)

//go:embed page.html body.html page.css
var files embed.FS

// page is what page.html shows.
type page struct {
	Style     template.CSS
	Headline  string
	Processes []section
	Legend    []term
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
	Figure        figure
	Title         string
	Description   string
	Inner         template.HTML
	Width, Height int
}

// HTML writes reports as one page that loads nothing, neither another file nor a script.
func HTML(w io.Writer, reports []analyze.Report, o Options) error {
	return writeHTML(w, "page.html", reports, o)
}

// Body writes what the page of HTML has of the processes, for another page: sections with headings of
// the second level and below. It holds no script and no style: that page needs Style.
func Body(w io.Writer, reports []analyze.Report, o Options) error {
	return writeHTML(w, "body.html", reports, o)
}

// Style returns the style sheet of both. It follows the reader's choice of dark and light.
func Style() string {
	style, err := files.ReadFile("page.css")
	if err != nil {
		panic(err) // it is embedded
	}
	return string(style)
}

func writeHTML(w io.Writer, name string, reports []analyze.Report, o Options) error {
	t, err := template.New(name).Funcs(template.FuncMap{
		"capital": capital,
		"inc":     func(i int) int { return i + 1 },
	}).ParseFS(files, "page.html", "body.html")
	if err != nil {
		return err
	}
	shown := processes(reports, o)
	p := page{Style: template.CSS(Style()), Headline: headline(reports), Legend: legend(shown)}
	if p.Processes, err = sections(shown); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// headline counts the answers, the worst first: "2 leak, 1 cannot tell, 17 fine".
func headline(reports []analyze.Report) string {
	if len(reports) == 0 {
		return "No prof.log."
	}
	var counts []string
	for _, answer := range []analyze.Answer{analyze.AnswerLeak, analyze.AnswerStuck, analyze.AnswerSuspected, analyze.CannotTell, analyze.Fine} {
		n := 0
		for i := range reports {
			if reports[i].Answer == answer {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, analyze.Count(float64(n))+" "+string(answer))
		}
	}
	return plural(len(reports), "process") + ": " + strings.Join(counts, ", ") + "."
}

func sections(shown []process) ([]section, error) {
	room := linesPerPage
	var sections []section
	for _, p := range shown {
		s := section{process: p, Open: len(shown) == 1 || p.Worst() > analyze.Note}
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
		plots = append(plots, svg{
			Figure: f, Title: title, Description: describe(&f), Width: plotWidth, Height: plotHeight,
			Inner: template.HTML(inner), // its only text is numbers and dates, nothing of the log
		})
	}
	return plots, nil
}

// describe tells in words what a plot shows.
func describe(f *figure) string {
	var lines []string
	for i := range f.Lines {
		l := &f.Lines[i]
		text := l.Name + ": from " + l.Unit.Number(l.Segments[0][0].Mean) + " to " + l.Unit.Number(l.end())
		if l.Rate != "" {
			text += ", trend " + l.Rate
		}
		lines = append(lines, text)
	}
	return period(f.From, f.To) + ". " + strings.Join(lines, "; ") + "."
}
