package replay

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"bro_exporter/parse"
)

// Player plays prof.logs at a pace.
type Player struct {
	// Speed is how many times as fast as in the log time passes; 0 means 1. Numbers stay as they are,
	// so counters rise that much faster.
	Speed float64
	// Interval is the time between two snapshots; 0 means that of the log.
	Interval time.Duration
	// Loop plays the logs again and again.
	Loop bool
}

// Open opens a prof.log at its beginning.
type Open func() (io.ReadCloser, error)

// Play plays logs into dir/prof.log, one run of the process after the other. Each log and each command
// line within a log starts a run, which truncates the file as a process does. A file that somebody
// else has put in its place is not truncated but ends the play with an error.
//
// Play returns when the last run has ended, when ctx is done, with its error, or when something cannot
// be read or written.
//
// Time stamps are those of now, as far apart as the log's but divided by Speed. A time stamp of 0,
// before the first packet, stays 0. Fields such as real= and lag= stay as they are.
func (p Player) Play(ctx context.Context, dir string, logs ...Open) error {
	if len(logs) == 0 {
		return errors.New("no logs to play")
	}
	r := &run{ctx: ctx, dir: dir, clock: clock{speed: p.Speed, interval: p.Interval, due: time.Now()}}
	if r.clock.speed == 0 {
		r.clock.speed = 1
	}
	defer r.stop()
	for {
		for _, open := range logs {
			if err := r.play(open); err != nil {
				return err
			}
		}
		if !p.Loop {
			return nil
		}
	}
}

// run plays one process through its restarts.
type run struct {
	ctx     context.Context
	dir     string
	process *Process // nil before its first start
	clock   clock
}

func (r *run) play(open Open) (err error) {
	log, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	starts := true
	for snapshot, err := range Split(log) {
		if err != nil {
			return err
		}
		if err := r.write(snapshot, starts || snapshot.First); err != nil {
			return err
		}
		starts = false
	}
	return r.ctx.Err()
}

func (r *run) write(snapshot Snapshot, starts bool) error {
	if starts {
		r.clock.restart()
		snapshot.Text = snapshot.own()
	}
	text := r.clock.restamped(snapshot)
	if err := wait(r.ctx, time.Until(r.clock.due)); err != nil {
		return err
	}
	if starts {
		if err := r.start(); err != nil {
			return err
		}
	}
	return r.process.Write(text)
}

func (r *run) start() error {
	next := Start
	if r.process != nil {
		next = r.process.Restart
	}
	process, err := next(r.dir)
	if err != nil {
		return err
	}
	r.process = process
	return nil
}

func (r *run) stop() {
	if r.process != nil {
		_ = r.process.Stop()
		r.process = nil
	}
}

// wait waits for d, or returns the error of ctx if that is done first.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(max(0, d))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ctx.Err()
	}
}

// clock tells when snapshots are due.
type clock struct {
	speed    float64
	interval time.Duration

	due   time.Time     // when the last snapshot was due
	gap   time.Duration // before that
	time  float64       // the log's, of the last snapshot that has one
	old   string        // time stamp of the last snapshot in the log
	stamp string        // and as it was written
}

// restart begins another run, as long after the last snapshot as that was after the one before.
func (c *clock) restart() { c.time, c.old, c.stamp = 0, "", "" }

// restamped advances the clock to a snapshot and returns its text with the time stamps of then.
func (c *clock) restamped(s Snapshot) string {
	c.advance(s)
	before, after := c.old, c.stamp
	c.old, c.stamp = s.stamp, stampOf(c.due.UnixMicro())
	var text strings.Builder
	for line := range strings.Lines(s.Text) {
		text.WriteString(c.restampedLine(s, line, before))
	}
	// A stamp also stands in the middle of a line: behind a Comm line without newline.
	replace := []string{}
	for _, pair := range [][2]string{{s.stamp, c.stamp}, {before, after}} {
		if !isZero(pair[0]) {
			replace = append(replace, pair[0], pair[1])
		}
	}
	return strings.NewReplacer(replace...).Replace(text.String())
}

func (c *clock) advance(s Snapshot) {
	gap := c.until(s)
	c.due = c.due.Add(gap)
	if gap > 0 {
		c.gap = gap
	}
	if s.Time > 0 {
		c.time = s.Time
	}
}

// until returns the time from the last snapshot to s.
func (c *clock) until(s Snapshot) time.Duration {
	switch {
	case c.old == "": // s is a run's first
		return c.gap
	case c.interval > 0:
		return c.interval
	case c.time > 0 && s.Time > c.time:
		return time.Duration((s.Time - c.time) / c.speed * float64(time.Second))
	default:
		return 0
	}
}

// restampedLine restamps a line whose time stamp is neither its snapshot's nor that of the snapshot
// before. Scripts and segment profiling write such lines.
func (c *clock) restampedLine(s Snapshot, line, before string) string {
	n := parse.Stamp([]byte(line))
	stamp := line[:n]
	if n == 0 || stamp == s.stamp || stamp == before || isZero(stamp) || s.Time == 0 {
		return line
	}
	at, _ := strconv.ParseFloat(stamp, 64)
	return stampOf(c.due.UnixMicro()+int64((at-s.Time)/c.speed*1e6)) + line[n:]
}

// isZero reports whether a time stamp is absent or 0, before the first packet.
func isZero(stamp string) bool { return strings.Trim(stamp, "0.") == "" }
