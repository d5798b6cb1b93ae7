package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kingpin/v2"

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
	all := backfill.New(h.limits, labels...)
	defer func() { _ = all.Close() }()
	for _, log := range h.find(p) {
		if err := h.add(ctx, p, all.Process(log.Process), log); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return all.Write(ctx, p.stdout)
}

func (h *history) add(ctx context.Context, p *program, process *backfill.Process, log logs.Log) error {
	before := process.OutOfOrder
	for snapshot := range p.snapshots(ctx, log) {
		if err := process.Add(snapshot); err != nil {
			return err
		}
	}
	if n := process.OutOfOrder - before; n > 0 {
		p.warn(fmt.Errorf("%s: %d blocks are left out, since they are older than others of %s: give the logs of a process in their order", log.Path, n, log.Process))
	}
	return nil
}
