package main

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/alecthomas/kingpin/v2"

	"bro_exporter/logs"
	"bro_exporter/parse"
)

// dump is "proftool dump".
type dump struct {
	inputs
	last     bool
	encoders sync.Pool // of *encoder, whose lines have been written
}

func (d *dump) declare(app *kingpin.Application) *kingpin.CmdClause {
	cmd := app.Command("dump", "Print every snapshot as a line of JSON. A field that was not measured is absent. Sizes are in bytes, times in seconds.")
	cmd.Flag("last", "Print only the newest snapshot of each log, without its line number.").BoolVar(&d.last)
	d.declareReading(cmd)
	return cmd
}

func (d *dump) run(ctx context.Context, p *program) error {
	d.quiet = d.quiet || isTerminal(p.stdout) // the snapshots themselves show how far it is
	for _, log := range d.find(p) {
		if err := d.dump(ctx, p, log); err != nil {
			return err
		}
	}
	return nil
}

func (d *dump) dump(ctx context.Context, p *program, log logs.Log) error {
	if d.last {
		return d.dumpNewest(ctx, p, log)
	}
	encode := func(s *parse.Snapshot) *encoder { return d.encode(log, s) }
	for line := range converted(ctx, p, log, encode) {
		if err := d.write(p.stdout, line); err != nil {
			return err
		}
	}
	return nil
}

func (d *dump) dumpNewest(ctx context.Context, p *program, log logs.Log) error {
	newest, err := log.Newest(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		p.fail(err)
	case newest == nil:
		p.fail(noSnapshot(log))
	}
	if newest == nil {
		return nil
	}
	return d.write(p.stdout, d.encode(log, newest))
}

func (d *dump) encode(log logs.Log, s *parse.Snapshot) *encoder {
	e, _ := d.encoders.Get().(*encoder)
	if e == nil {
		e = &encoder{}
	}
	e.encode(log, s)
	return e
}

func (d *dump) write(w io.Writer, e *encoder) error {
	if _, err := w.Write(e.b); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	d.encoders.Put(e)
	return nil
}
