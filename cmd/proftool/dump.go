package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/alecthomas/kingpin/v2"

	"bro_exporter/logs"
	"bro_exporter/parse"
)

// dump is "proftool dump".
type dump struct {
	inputs
	last bool
}

func (d *dump) declare(app *kingpin.Application) *kingpin.CmdClause {
	cmd := app.Command("dump", "Print every block as a line of JSON. A field that was not measured is absent. Sizes are in bytes, times in seconds.")
	cmd.Flag("last", "Print only the newest block of each log. It has no line number then.").BoolVar(&d.last)
	d.declareReading(cmd)
	return cmd
}

func (d *dump) run(ctx context.Context, p *program) error {
	d.quiet = d.quiet || isTerminal(p.stdout) // where the blocks show how far it is
	for _, log := range d.find(p) {
		if err := d.dump(ctx, p, log); err != nil {
			return err
		}
	}
	return nil
}

func (d *dump) dump(ctx context.Context, p *program, log logs.Log) error {
	if d.last {
		return dumpNewest(ctx, p, log)
	}
	encode := func(s *parse.Snapshot) []byte { return jsonLine(log, s) }
	for line := range converted(ctx, p, log, encode) {
		if err := write(p.stdout, line); err != nil {
			return err
		}
	}
	return nil
}

func dumpNewest(ctx context.Context, p *program, log logs.Log) error {
	newest, err := log.Newest(ctx)
	switch {
	case err != nil:
		p.fail(err)
	case newest == nil:
		p.fail(noBlock(log))
	}
	if newest == nil {
		return nil
	}
	return write(p.stdout, jsonLine(log, newest))
}

func write(w io.Writer, line []byte) error {
	if _, err := w.Write(line); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	return nil
}

// dumped is what a line of JSON says.
type dumped struct {
	Process string `json:"process"`
	Path    string `json:"path"`
	*parse.Snapshot
}

// jsonLine returns a block as a line of JSON. It makes names valid UTF-8.
func jsonLine(log logs.Log, s *parse.Snapshot) []byte {
	var line bytes.Buffer
	to := json.NewEncoder(&line)
	to.SetEscapeHTML(false)
	// A copy has nil for a list without items, which is left out.
	if err := to.Encode(dumped{log.Process, log.Path, s.Clone()}); err != nil {
		panic(err) // numbers and strings only, and the parser takes neither NaN nor infinity
	}
	return line.Bytes()
}
