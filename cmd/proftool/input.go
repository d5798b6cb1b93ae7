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
	cmd.Flag("quiet", "Show no progress. It is only shown on a terminal, and if reading takes long.").Short('q').BoolVar(&in.quiet)
	in.declare(cmd)
}

func (in *inputs) declare(cmd *kingpin.CmdClause) {
	cmd.Arg("log", "prof.logs to read: a file, plain or compressed with gzip; a directory, for every prof*.log and prof*.log.gz in it and below; "+
		"a pattern in quotes; or - for standard input. NAME is the process's name instead of its directory's; "+
		"several logs that are given one name are that process's history, in their order.").
		PlaceHolder("[NAME=]LOG").Required().StringsVar(&in.arguments)
}

// find returns the logs that the arguments name, and says which name none.
func (in *inputs) find(p *program) []logs.Log {
	for i, argument := range in.arguments {
		if argument == "" {
			in.arguments[i] = "-" // so kingpin hands it on
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

// maxFaults is how many lines of one log are named that could not be read.
const maxFaults = 10

// blocks yields the blocks of a log. It says which lines could not be read, and where and why
// reading ended early.
func (p *program) blocks(ctx context.Context, log logs.Log) iter.Seq[*parse.Snapshot] {
	return converted(ctx, p, log, (*parse.Snapshot).Clone)
}

// converted yields what convert makes of each block of a log, as logs.Map does, and says what
// blocks does.
func converted[T any](ctx context.Context, p *program, log logs.Log, convert func(*parse.Snapshot) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		blocks, faults := 0, 0
		for block, err := range logs.Map(ctx, log, convert) {
			var fault *parse.SyntaxError
			switch {
			case err == nil:
				blocks++
				if !yield(block) {
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
		if blocks == 0 {
			p.fail(noBlock(log))
		}
	}
}

func noBlock(log logs.Log) error {
	return fmt.Errorf("%s: it holds no block: is it a prof.log, written with '@load misc/profiling'?", log.Path)
}
