package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/alecthomas/units"
	"golang.org/x/sync/errgroup"

	"bro_exporter/analyze"
	"bro_exporter/analyze/render"
	"bro_exporter/collector"
	"bro_exporter/logs"
	"bro_exporter/verdict"
)

// diagnosis is "proftool analyze".
type diagnosis struct {
	inputs
	format      string
	since       moment
	until       moment
	failOn      string
	memoryLimit units.Base2Bytes
}

func (d *diagnosis) declare(app *kingpin.Application) *kingpin.CmdClause {
	cmd := app.Command("analyze", "Tell what leaks, how fast, since when and how surely. The answer for each process is leak, stuck, suspected, cannot tell or fine. "+
		"Exit status: 1 if one is leak, stuck or suspected (see --fail-on), even if something could not be read; else 2 if something could not be read; else 0.")
	cmd.Flag("format", "text, json, or html: one file with plots.").Default("text").EnumVar(&d.format, "text", "json", "html")
	cmd.Flag("since", "Leave out snapshots before this packet time: 2006-01-02T15:04:05Z, or 2006-01-02 15:04 (UTC).").PlaceHolder("TIME").SetValue(&d.since)
	cmd.Flag("until", "Leave out snapshots after this packet time.").PlaceHolder("TIME").SetValue(&d.until)
	cmd.Flag("fail-on", "The least finding that makes the exit status 1: leak, stuck, suspected, note or never.").
		Default("suspected").EnumVar(&d.failOn, "leak", "stuck", "suspected", "note", "never")
	cmd.Flag("memory-limit", "How much memory a process may use, such as 16GB: the report tells when a leak has used it. "+
		"The default, for a process that runs on this host, is what its cgroup and the host have left.").PlaceHolder("SIZE").BytesVar(&d.memoryLimit)
	d.declareReading(cmd)
	return cmd
}

func (d *diagnosis) run(ctx context.Context, p *program) error {
	// Most of what reading leaves is garbage, so half as many collections cost few megabytes.
	defer debug.SetGCPercent(debug.SetGCPercent(200))
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
	_ = work.Wait() // errors are reported where they happen
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

// byProcess groups the logs by process, in the order of the first log of each.
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

// analyze analyzes the logs of one process, in their order.
func (d *diagnosis) analyze(ctx context.Context, p *program, files []logs.Log) analyze.Report {
	process := analyze.New(d.since.Time, d.until.Time)
	read := false
	for _, log := range files {
		for snapshot := range p.snapshots(ctx, log) {
			read = true
			process.Add(snapshot)
		}
	}
	report := process.Report(files[0].Process, files[0].Path)
	if read && report.Snapshots == 0 {
		p.fail(fmt.Errorf("%s: no snapshot is from --since to --until", files[0].Path))
	}
	return report
}

func (d *diagnosis) print(w io.Writer, reports []analyze.Report) error {
	options := render.Options{MemoryLimit: d.limitOf}
	switch d.format {
	case "json":
		return render.JSON(w, reports, options)
	case "html":
		return render.HTML(w, reports, options)
	default:
		return render.Text(w, reports, options)
	}
}

// limitOf returns how much memory a process may use: what the user gives, or what a live process of this
// host has and can get, 0 if neither is known.
func (d *diagnosis) limitOf(r *analyze.Report) float64 {
	if d.memoryLimit > 0 {
		return float64(d.memoryLimit)
	}
	live := collector.LiveIn(filepath.Dir(r.Path))
	if live == nil {
		return 0
	}
	left := math.Inf(1)
	for _, room := range verdict.HostRooms(collector.Process{Live: live}) {
		left = min(left, room.Left)
	}
	if math.IsInf(left, 1) {
		return 0
	}
	return r.Memory() + left
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
