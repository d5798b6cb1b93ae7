package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"golang.org/x/sync/errgroup"

	"bro_exporter/analyze"
	"bro_exporter/analyze/render"
	"bro_exporter/logs"
)

// diagnosis is "proftool analyze".
type diagnosis struct {
	inputs
	format string
	since  moment
	until  moment
	failOn string
}

func (d *diagnosis) declare(app *kingpin.Application) *kingpin.CmdClause {
	cmd := app.Command("analyze", "Say what leaks, how fast and how surely. Exit code 0: nothing does; 1: something leaks, is stuck or is suspected to leak; 2: something could not be read.")
	cmd.Flag("format", "text, json, or html: one file with plots.").Default("text").EnumVar(&d.format, "text", "json", "html")
	cmd.Flag("since", "Leave out blocks before this packet time: 2006-01-02T15:04:05Z, or 2006-01-02 15:04 (UTC).").PlaceHolder("TIME").SetValue(&d.since)
	cmd.Flag("until", "Leave out blocks after this packet time.").PlaceHolder("TIME").SetValue(&d.until)
	cmd.Flag("fail-on", "The least finding that makes the exit code 1: leak, stuck, suspected, note or never.").
		Default("suspected").EnumVar(&d.failOn, "leak", "stuck", "suspected", "note", "never")
	d.declareReading(cmd)
	return cmd
}

func (d *diagnosis) run(ctx context.Context, p *program) error {
	processes := byProcess(d.find(p))
	reports := make([]analyze.Report, len(processes))
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, files := range processes {
		work.Go(func() error {
			reports[i] = d.analyze(ctx, p, files)
			return nil
		})
	}
	_ = work.Wait() // what goes wrong is told where it does
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.progress.clear()
	reports = slices.DeleteFunc(reports, func(r analyze.Report) bool { return r.Snapshots == 0 })
	if len(reports) == 0 {
		return nil
	}
	if err := d.print(p.stdout, reports); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	for _, r := range reports {
		if r.Worst() >= d.threshold() {
			p.found()
		}
	}
	return nil
}

// byProcess joins the logs of each process, in the order of their first ones.
func byProcess(files []logs.Log) (processes [][]logs.Log) {
	at := map[string]int{}
	for _, log := range files {
		i, known := at[log.Process]
		if !known {
			i = len(processes)
			at[log.Process] = i
			processes = append(processes, nil)
		}
		processes[i] = append(processes[i], log)
	}
	return processes
}

// analyze analyzes the logs of one process, which follow each other.
func (d *diagnosis) analyze(ctx context.Context, p *program, files []logs.Log) analyze.Report {
	process := analyze.New(d.since.Time, d.until.Time)
	for _, log := range files {
		for block := range p.blocks(ctx, log) {
			process.Add(block)
		}
	}
	return process.Report(files[0].Process, files[0].Path)
}

func (d *diagnosis) print(w io.Writer, reports []analyze.Report) error {
	switch d.format {
	case "json":
		return render.JSON(w, reports)
	case "html":
		return render.HTML(w, reports)
	default:
		return render.Text(w, reports)
	}
}

func (d *diagnosis) threshold() analyze.Level {
	switch d.failOn {
	case "leak":
		return analyze.Leak
	case "stuck":
		return analyze.Stuck
	case "suspected":
		return analyze.Suspected
	case "note":
		return analyze.Note
	default:
		return analyze.Leak + 1
	}
}

// moment is a time given as a flag.
type moment struct{ time.Time }

// Set implements kingpin.Value.
func (m *moment) Set(text string) error {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			m.Time = t
			return nil
		}
	}
	return fmt.Errorf("not a time: %q; write 2006-01-02T15:04:05Z or 2006-01-02 15:04 (UTC)", text)
}

// String implements kingpin.Value.
func (m *moment) String() string {
	if m.IsZero() {
		return ""
	}
	return m.Format(time.RFC3339)
}
