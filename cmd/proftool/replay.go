package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/alecthomas/kingpin/v2"

	"bro_exporter/logs"
	"bro_exporter/replay"
)

// play is "proftool replay".
type play struct {
	inputs
	spool  string
	player replay.Player
}

func (r *play) declare(app *kingpin.Application) *kingpin.CmdClause {
	cmd := app.Command("replay", "Play logs into a spool directory as their processes wrote them, with fresh time stamps, to try the exporter, dashboards and alerts. "+
		"Each process gets a directory with a prof.log and writes it line by line. Several logs with one name, and each command line within a log, are its restarts. "+
		"Numbers stay as they are: at a higher speed counters rise as much faster, but alerts wait as long as ever.")
	cmd.Flag("spool", "Directory to play into. It is made if need be, and must not hold a prof.log of these processes.").PlaceHolder("DIR").Required().StringVar(&r.spool)
	cmd.Flag("speed", "How many times as fast as in the log time passes.").Default("1").Float64Var(&r.player.Speed)
	cmd.Flag("interval", "Time between two snapshots, whatever the log says.").PlaceHolder("15s").DurationVar(&r.player.Interval)
	cmd.Flag("loop", "Start again at the end, as a process that restarts, until stopped. A prof.log that somebody else has put in place is never overwritten.").BoolVar(&r.player.Loop)
	r.inputs.declare(cmd)
	return cmd
}

func (r *play) run(ctx context.Context, p *program) error {
	if r.player.Speed <= 0 || r.player.Interval < 0 {
		return errors.New("--speed and --interval must be more than 0")
	}
	nodes := byDirectory(r.find(p))
	for dir, files := range nodes {
		if err := r.check(dir, files); err != nil {
			return err
		}
	}
	var playing sync.WaitGroup
	for dir, files := range nodes {
		playing.Go(func() {
			if err := r.play(ctx, dir, files); err != nil && ctx.Err() == nil {
				p.fail(err)
			}
		})
	}
	playing.Wait()
	return nil
}

// byDirectory groups logs by the directory that their process gets in the spool directory.
func byDirectory(files []logs.Log) map[string][]logs.Log {
	nodes := map[string][]logs.Log{}
	for _, log := range files {
		dir := strings.ReplaceAll(log.Process, "/", "-") // a directory below would not be found
		nodes[dir] = append(nodes[dir], log)
	}
	return nodes
}

func (r *play) check(dir string, files []logs.Log) error {
	if dir == "." || dir == ".." {
		return fmt.Errorf("%q cannot be the name of a process's directory", dir)
	}
	path := filepath.Join(r.spool, dir, "prof.log")
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s exists: remove it, or choose another --spool", path)
	}
	for _, log := range files {
		if log.IsStdin() && r.player.Loop {
			return errors.New("standard input cannot be read again: give a file, or leave out --loop")
		}
	}
	return nil
}

func (r *play) play(ctx context.Context, dir string, files []logs.Log) error {
	var runs []replay.Open
	for _, log := range files {
		runs = append(runs, log.Open)
	}
	return r.player.Play(ctx, filepath.Join(r.spool, dir), runs...)
}
