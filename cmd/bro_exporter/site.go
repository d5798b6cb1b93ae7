package main

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"bro_exporter/analyze"
	"bro_exporter/analyze/render"
	"bro_exporter/collector"
	"bro_exporter/parse"
	"bro_exporter/verdict"
)

//go:embed site
var siteFiles embed.FS

// site serves the pages for people. They work without scripts, load nothing from elsewhere, and show
// whatever a log names as text.
type site struct {
	collector *collector.Collector
	live      *verdict.Live // nil if nothing is judged
	links     []link
	templates *template.Template
	log       *slog.Logger
	// reports limits how many reports are made at a time.
	reports chan struct{}
}

func newSite(c *collector.Collector, live *verdict.Live, links []link, log *slog.Logger) (*site, error) {
	s := &site{collector: c, live: live, links: links, log: log, reports: make(chan struct{}, 2)}
	var err error
	s.templates, err = template.New("").Funcs(template.FuncMap{
		"count": func(n uint64) string { return analyze.Count(float64(n)) },
	}).ParseFS(siteFiles, "site/*.html")
	return s, err
}

// register adds the pages to a mux.
func (s *site) register(mux *http.ServeMux) {
	mux.HandleFunc("/{$}", s.fleet)
	mux.HandleFunc("/process", s.process)
	mux.HandleFunc("/style.css", file("style.css", "text/css"))
	mux.HandleFunc("/filter.js", file("filter.js", "text/javascript"))
	mux.HandleFunc("/report.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		io.WriteString(w, render.Style())
	})
}

func file(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := siteFiles.ReadFile("site/" + name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", kind+"; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(b) // the client may be gone
	}
}

func (s *site) verdicts() map[string]verdict.Verdict {
	if s.live == nil {
		return nil
	}
	return s.live.Verdicts()
}

// fleet serves the page of all processes.
func (s *site) fleet(w http.ResponseWriter, r *http.Request) {
	f := newFleet(s.collector.Status(), s.verdicts(), s.live != nil, r.FormValue("filter"), time.Now())
	f.Links = s.links
	s.write(w, http.StatusOK, "fleet", f)
}

// process serves the page of one process.
func (s *site) process(w http.ResponseWriter, r *http.Request) {
	name := r.FormValue("name")
	status := s.collector.Status()
	i := slices.IndexFunc(status.Processes, func(p collector.Process) bool { return p.Name == name })
	if i < 0 {
		s.write(w, http.StatusNotFound, "unknown", name)
		return
	}
	page := newProcessPage(&status.Processes[i], time.Now())
	select {
	case s.reports <- struct{}{}:
		defer func() { <-s.reports }()
	case <-r.Context().Done():
		return
	}
	var err error
	if page.Report, err = s.report(name); err != nil {
		s.log.Error("Cannot render a report", "process", name, "err", err)
		page.Report = "<p>The report of this process cannot be shown; the exporter's log tells why.</p>"
	}
	s.write(w, http.StatusOK, "process", page)
}

// report returns the report of what has been analyzed of a process so far; empty if nothing was.
func (s *site) report(name string) (template.HTML, error) {
	if s.live == nil {
		return "", nil
	}
	report, ok := s.live.Report(name)
	if !ok || report.Snapshots == 0 {
		return "<p>The prof.log of this process is being read: load this page again in a moment.</p>", nil
	}
	var b bytes.Buffer
	err := render.Body(&b, []analyze.Report{report}, render.Options{})
	return template.HTML(b.String()), err //nolint:gosec // the renderer escapes what the log names
}

// write sends a page.
func (s *site) write(w http.ResponseWriter, code int, page string, data any) {
	var b bytes.Buffer
	if err := s.templates.ExecuteTemplate(&b, page, data); err != nil {
		s.log.Error("Cannot write a page", "page", page, "err", err)
		http.Error(w, "This page cannot be shown; the exporter's log tells why.", http.StatusInternalServerError)
		return
	}
	const policy = "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = printable{w}.Write(b.Bytes()) // the client may be gone, or a terminal
}

// processPage is the page of one process.
type processPage struct {
	Name          string
	State         collector.State
	Down          string // why nothing new is known
	Facts         []fact
	Report        template.HTML
	Threads       []parse.Thread
	Tables        []table
	TablesCaption string
}

type fact struct{ Name, Value string }

type table struct{ Name, Entries, EntriesRecursive, Size string }

func newProcessPage(p *collector.Process, now time.Time) processPage {
	page := processPage{Name: p.Name, State: p.State, Down: trouble(p, now), Facts: facts(p, now)}
	if s := p.Newest; s != nil {
		page.Threads = slices.Clone(s.Threads.List)
		slices.SortStableFunc(page.Threads, func(a, b parse.Thread) int {
			return cmp.Or(cmp.Compare(b.PendingIn+b.PendingOut, a.PendingIn+a.PendingOut), cmp.Compare(b.In+b.Out, a.In+a.Out))
		})
	}
	if s := p.Expensive; s != nil {
		page.TablesCaption = "Tables and other globals in the newest snapshot that measured them, the largest first"
		page.Tables = tables(s.Globals.List)
	}
	return page
}

func tables(globals []parse.Global) (list []table) {
	globals = slices.Clone(globals)
	slices.SortStableFunc(globals, func(a, b parse.Global) int {
		return cmp.Or(cmp.Compare(b.Size.Value, a.Size.Value), cmp.Compare(b.Entries.Value, a.Entries.Value))
	})
	for _, g := range globals {
		list = append(list, table{
			Name: g.Name, Entries: measured(g.Entries, analyze.Entries),
			EntriesRecursive: measured(g.EntriesRecursive, analyze.Entries), Size: measured(g.Size, analyze.Bytes),
		})
	}
	return list
}

// measured returns a value in its unit, empty if it was not measured.
func measured(v parse.Opt[uint64], unit analyze.Unit) string {
	if !v.Measured {
		return ""
	}
	return unit.Number(float64(v.Value))
}

// facts are what is known about a process and its file.
func facts(p *collector.Process, now time.Time) (list []fact) {
	add := func(name, value string) { list = append(list, fact{name, value}) }
	add("prof.log", p.Path)
	if p.Err != "" {
		add("last error", p.Err)
	}
	if !p.Changed.IsZero() {
		add("written to", analyze.Duration(now.Sub(p.Changed))+" ago")
		add("size", analyze.Bytes.Number(float64(p.Size)))
	}
	if !p.Started.IsZero() {
		add("started", fmt.Sprintf("%s, %s ago", analyze.Clock(p.Started), analyze.Duration(now.Sub(p.Started))))
	}
	if s := p.Newest; s != nil {
		add("text of", s.Releases.String())
		if s.Time > 0 {
			add("newest snapshot", time.Unix(int64(s.Time), 0).UTC().Format(time.DateTime)+" UTC, packet time")
		}
	}
	if l := p.Live; l != nil {
		add("process", fmt.Sprintf("%d, resident memory %s", l.PID, analyze.Bytes.Number(l.Resident)))
	}
	if p.CPU >= 0 {
		add("CPU", fmt.Sprintf("%.0f %%", 100*p.CPU))
	}
	add("since the exporter follows it", fmt.Sprintf("%s snapshots, %d restarts, %d read errors, %s lines that no rule knows",
		analyze.Count(float64(p.Snapshots)), p.Restarts, p.ReadErrors, analyze.Count(float64(p.Unparsed))))
	return list
}
