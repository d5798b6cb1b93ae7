package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/alecthomas/units"
	"github.com/dustin/go-humanize/english"

	"bro_exporter/backfill"
	"bro_exporter/collector"
	"bro_exporter/logs"
	"bro_exporter/verdict"
)

// history is "proftool backfill".
type history struct {
	inputs
	labels      []string
	limits      collector.Limits
	interval    time.Duration
	memoryLimit units.Base2Bytes
}

func (h *history) declare(app *kingpin.Application) *kingpin.CmdClause {
	cmd := app.Command("backfill", "Print the history of logs as OpenMetrics, with the metrics, findings and labels of bro_exporter, for 'promtool tsdb create-blocks-from openmetrics'. "+
		"What does not fit into memory waits in a temporary file, smaller than the logs.")
	cmd.Flag("label", "Label that every series gets, such as job=zeek and instance=sensor1:10147, to match what Prometheus scrapes; repeatable.").PlaceHolder("NAME=VALUE").StringsVar(&h.labels)
	cmd.Flag("max-threads", "As --collector.max-threads of bro_exporter.").Default("500").IntVar(&h.limits.Threads)
	cmd.Flag("max-globals", "As --collector.max-globals of bro_exporter.").Default("500").IntVar(&h.limits.Globals)
	cmd.Flag("analysis-interval", "As --analysis.interval of bro_exporter, in packet time: judge each process this often; 0s leaves the findings out.").Default("10m").DurationVar(&h.interval)
	cmd.Flag("memory-limit", "How much memory a process may use, such as 16GB, to tell when a leak has used it.").PlaceHolder("SIZE").BytesVar(&h.memoryLimit)
	h.declareReading(cmd)
	return cmd
}

func (h *history) run(ctx context.Context, p *program) (err error) {
	if h.limits.Threads < 1 || h.limits.Globals < 1 {
		return errors.New("--max-threads and --max-globals must be at least 1")
	}
	if h.interval < 0 {
		return errors.New("--analysis-interval must not be below 0")
	}
	var labels []backfill.Label
	for _, text := range h.labels {
		label, err := backfill.ParseLabel(text, verdict.Metrics())
		if err != nil {
			return fmt.Errorf("--label: %w", err)
		}
		labels = append(labels, label)
	}
	config := backfill.Config{Labels: labels, Limits: h.limits}
	if h.interval > 0 {
		config.Judged = verdict.Metrics()
		config.NewJudge = func() backfill.Judge { return verdict.NewPast(h.interval, float64(h.memoryLimit)) }
	}
	all := backfill.New(config)
	defer func() { _ = all.Close() }()
	for _, files := range byProcess(h.find(p)) {
		process := all.Process(files[0].Process)
		for i, log := range files {
			if err := h.add(ctx, p, process, log, i == len(files)-1); err != nil {
				return err
			}
		}
		if process.Snapshots > 0 && process.Points == 0 && ctx.Err() == nil {
			p.warn(fmt.Errorf("%s has no history: none of its %s has a time, so the process saw no packet", files[0].Process, english.Plural(process.Snapshots, "snapshot", "")))
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return all.Write(ctx, p.stdout)
}

func (h *history) add(ctx context.Context, p *program, process *backfill.Process, log logs.Log, last bool) error {
	outliers, outOfOrder := process.Outliers, process.OutOfOrder
	for snapshot := range p.snapshots(ctx, log) {
		if err := process.Add(snapshot); err != nil {
			return err
		}
	}
	if last {
		if err := process.End(); err != nil {
			return err
		}
	}
	if n := process.Outliers - outliers; n > 0 {
		p.warn(fmt.Errorf("%s: %s left out: time stamps far from those around them", log.Path, english.Plural(n, "snapshot", "")))
	}
	if n := process.OutOfOrder - outOfOrder; n > 0 {
		p.warn(fmt.Errorf("%s: %s left out: older than others of %s; give the logs of a process in their order", log.Path, english.Plural(n, "snapshot", ""), log.Process))
	}
	return nil
}
