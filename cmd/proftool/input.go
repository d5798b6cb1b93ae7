package main

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/alecthomas/kingpin/v2"

	"bro_exporter/logs"
	"bro_exporter/parse"
)

// inputs are the prof.logs that a command reads.
type inputs struct {
	arguments []string
	quiet     bool
}

// declareReading declares the arguments, and how to read what they name.
func (in *inputs) declareReading(cmd *kingpin.CmdClause) {
	cmd.Flag("quiet", "Show no progress. Without this it appears on a terminal when reading takes long.").Short('q').BoolVar(&in.quiet)
	in.declare(cmd)
}

func (in *inputs) declare(cmd *kingpin.CmdClause) {
	cmd.Arg("log", "prof.logs to read: a file, plain or compressed with gzip; a directory, for every prof*.log and prof*.log.gz in it and below; "+
		"a pattern in quotes; or - for standard input. NAME names the process instead of its directory; "+
		"several logs with one NAME are that process's history, in their order.").
		PlaceHolder("[NAME=]LOG").Required().StringsVar(&in.arguments)
}

// find returns the logs that the arguments name, and reports the arguments that name none.
func (in *inputs) find(p *program) []logs.Log {
	for i, argument := range in.arguments {
		if argument == "" {
			in.arguments[i] = "-" // as kingpin passes it on
		}
	}
	files, errs := logs.Find(in.arguments, p.stdin)
	for _, err := range errs {
		p.fail(err)
	}
	if !in.quiet && isTerminal(p.stderr) {
		p.progress = newProgress(p.stderr, files)
	}
	return files
}

// maxFaults is how many unreadable lines of one log are reported one by one.
const maxFaults = 10

// snapshots yields the snapshots of a log, each until the next. It reports the lines that could not
// be read, and where and why reading ended early.
func (p *program) snapshots(ctx context.Context, log logs.Log) iter.Seq[*parse.Snapshot] {
	return reported(ctx, p, log, log.Snapshots(ctx))
}

// converted yields what convert makes of each snapshot of a log, as logs.Map does, and reports what
// snapshots reports.
func converted[T any](ctx context.Context, p *program, log logs.Log, convert func(*parse.Snapshot) T) iter.Seq[T] {
	return reported(ctx, p, log, logs.Map(ctx, log, convert))
}

// reported yields what is read of a log, and reports what snapshots reports.
func reported[T any](ctx context.Context, p *program, log logs.Log, read iter.Seq2[T, error]) iter.Seq[T] {
	return func(yield func(T) bool) {
		snapshots, faults := 0, 0
		for snapshot, err := range read {
			var fault *parse.SyntaxError
			switch {
			case err == nil:
				snapshots++
				if !yield(snapshot) {
					return
				}
			case errors.As(err, &fault):
				if faults++; faults <= maxFaults {
					p.warn(err)
				}
			default:
				if ctx.Err() == nil {
					p.fail(err)
				}
				return
			}
		}
		if faults > maxFaults {
			p.warn(fmt.Errorf("%s: %d more lines could not be read", log.Path, faults-maxFaults))
		}
		if snapshots == 0 {
			p.fail(noSnapshot(log))
		}
	}
}

func noSnapshot(log logs.Log) error {
	return fmt.Errorf("%s: it holds no snapshot: is it a prof.log, written with '@load misc/profiling'?", log.Path)
}
