package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kingpin/v2"
	"github.com/dustin/go-humanize/english"

	"bro_exporter/backfill"
	"bro_exporter/collector"
	"bro_exporter/logs"
)

// history is "proftool backfill".
type history struct {
	inputs
	labels []string
	limits collector.Limits
}

func (h *history) declare(app *kingpin.Application) *kingpin.CmdClause {
	cmd := app.Command("backfill", "Print the history of logs as OpenMetrics, with the metrics and labels of bro_exporter, for 'promtool tsdb create-blocks-from openmetrics'. "+
		"What is too much for the memory waits in a temporary file, about as large as the logs.")
	cmd.Flag("label", "Label that every series gets, such as job=zeek and instance=sensor1:10147, to match what Prometheus scrapes; repeatable.").PlaceHolder("NAME=VALUE").StringsVar(&h.labels)
	cmd.Flag("max-threads", "As --collector.max-threads of bro_exporter.").Default("500").IntVar(&h.limits.Threads)
	cmd.Flag("max-globals", "As --collector.max-globals of bro_exporter.").Default("500").IntVar(&h.limits.Globals)
	h.declareReading(cmd)
	return cmd
}

func (h *history) run(ctx context.Context, p *program) (err error) {
	if h.limits.Threads < 1 || h.limits.Globals < 1 {
		return fmt.Errorf("--max-threads and --max-globals must be at least 1")
	}
	var labels []backfill.Label
	for _, text := range h.labels {
		label, err := backfill.ParseLabel(text)
		if err != nil {
			return fmt.Errorf("--label: %w", err)
		}
		labels = append(labels, label)
	}
	all := backfill.New(backfill.Config{Labels: labels, Limits: h.limits})
	defer func() { _ = all.Close() }()
	for _, files := range byProcess(h.find(p)) {
		process := all.Process(files[0].Process)
		for i, log := range files {
			if err := h.add(ctx, p, process, log, i == len(files)-1); err != nil {
				return err
			}
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
