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
	// Speed is how many times as fast as in the log time passes: 1 if it is 0. Numbers stay as they
	// are, so counters rise that much faster.
	Speed float64
	// Interval is the time between two blocks, if it is not 0, whatever the log says.
	Interval time.Duration
	// Loop plays the logs again and again.
	Loop bool
}

// Open opens a prof.log from its beginning.
type Open func() (io.ReadCloser, error)

// Play plays logs into dir/prof.log: one run of the process after the other, each starting as a
// process does. A log that holds several runs, each with its command line, does the same. It
// returns when the last one has ended, when ctx is done, with its error, or when something cannot
// be read or written.
//
// Time stamps are now and further apart as the log's are, divided by Speed. Those of 0, before the
// first packet, stay 0. Fields such as real= and lag= stay what they are.
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

// run is a process that is played, and started again and again.
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
	for block, err := range Split(log) {
		if err != nil {
			return err
		}
		if err := r.block(block, starts || block.First); err != nil {
			return err
		}
		starts = false
	}
	return r.ctx.Err()
}

func (r *run) block(block Block, starts bool) error {
	if starts {
		r.clock.restart()
		block.Text = block.own()
	}
	text := r.clock.restamped(block)
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

func (r *run) start() (err error) {
	r.stop()
	r.process, err = Start(r.dir)
	return err
}

func (r *run) stop() {
	if r.process != nil {
		_ = r.process.Stop()
		r.process = nil
	}
}

// wait returns the error of ctx if that is done first.
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

// clock tells when blocks are due.
type clock struct {
	speed    float64
	interval time.Duration

	due   time.Time     // when the block was due
	gap   time.Duration // before that
	time  float64       // the log's, of the last block that has one
	old   string        // the time stamp of the last block in the log
	stamp string        // and as it was written
}

// restart begins with another run: one block's time later.
func (c *clock) restart() { c.time, c.old, c.stamp = 0, "", "" }

// restamped lets the clock go on to a block and returns its text with the time stamps of then.
func (c *clock) restamped(b Block) string {
	c.advance(b)
	before, after := c.old, c.stamp
	c.old, c.stamp = b.stamp, stampOf(c.due.UnixMicro())
	var text strings.Builder
	for line := range strings.Lines(b.Text) {
		text.WriteString(c.lineOf(b, line, before))
	}
	// A stamp also stands in the middle of a line: behind a Comm line without newline.
	replace := []string{}
	for _, pair := range [][2]string{{b.stamp, c.stamp}, {before, after}} {
		if !isZero(pair[0]) {
			replace = append(replace, pair[0], pair[1])
		}
	}
	return strings.NewReplacer(replace...).Replace(text.String())
}

func (c *clock) advance(b Block) {
	gap := c.until(b)
	c.due = c.due.Add(gap)
	if gap > 0 {
		c.gap = gap
	}
	if b.Time > 0 {
		c.time = b.Time
	}
}

// until returns the time from the last block to b.
func (c *clock) until(b Block) time.Duration {
	switch {
	case c.old == "": // b is a run's first
		return c.gap
	case c.interval > 0:
		return c.interval
	case c.time > 0 && b.Time > c.time:
		return time.Duration((b.Time - c.time) / c.speed * float64(time.Second))
	default:
		return 0
	}
}

// lineOf restamps a line that begins with another time stamp than its block and the one before, as
// lines of scripts and of segment profiling do.
func (c *clock) lineOf(b Block, line, before string) string {
	n := parse.Stamp([]byte(line))
	stamp := line[:n]
	if n == 0 || stamp == b.stamp || stamp == before || isZero(stamp) || b.Time == 0 {
		return line
	}
	at, _ := strconv.ParseFloat(stamp, 64)
	return stampOf(c.due.UnixMicro()+int64((at-b.Time)/c.speed*1e6)) + line[n:]
}

// isZero says that a time stamp is that of no packet, or none.
func isZero(stamp string) bool { return strings.Trim(stamp, "0.") == "" }
