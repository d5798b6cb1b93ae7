package stack

import (
	"context"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"time"

	"bro_exporter/parse"
	"bro_exporter/replay"
)

// feed writes a log into a spool directory: at once what its process had written before, and then the rest
// as it goes on, some times as fast. Time stamps are moved so that the log ends at the time it is fed to its
// end: its history is of the hours before now, and nothing is of the future.
type feed struct {
	log    io.ReadCloser
	dir    string
	speed  int
	live   time.Duration // what is written as it goes on
	before time.Duration // the age of the process up to which the log is history
	until  time.Duration // if not 0, it falls silent after this time of the log

	grows *regexp.Regexp // what leaks; the empty one is nothing

	process *replay.Process
	next    func() (replay.Snapshot, error, bool)
	stop    func()
	waiting string        // the first snapshot that is not history
	at      time.Duration // and its age
	shift   float64       // of time stamps, in seconds
}

// history writes what is there before the exporter starts, which is now, and tells where to go on.
func (f *feed) history(now time.Time) (err error) {
	if f.process, err = replay.Start(f.dir); err != nil {
		return err
	}
	next, stop := iter.Pull2(replay.Split(f.log))
	f.stop = stop
	f.next = func() (replay.Snapshot, error, bool) { return next() }
	// The rest takes live/speed, and ends at that time.
	begin := now.Add(f.live/time.Duration(f.speed) - f.live - f.before)
	var text strings.Builder
	for {
		s, err, ok := f.next()
		if err != nil || !ok {
			return fmt.Errorf("%s: the log has no %s of history: %w", f.dir, f.before, err)
		}
		age, err := age(s)
		if err != nil {
			return fmt.Errorf("%s: %w", f.dir, err)
		}
		if f.shift == 0 && s.Time > 0 {
			f.shift = float64(begin.Add(age).UnixMicro())/1e6 - s.Time
		}
		moved := f.moved(s, age)
		if age > f.before {
			f.waiting, f.at = moved, age
			return f.process.Write(text.String())
		}
		text.WriteString(moved)
	}
}

// run writes the rest until it ends or ctx is done.
func (f *feed) run(ctx context.Context) error {
	defer f.close()
	begin := time.Now()
	for {
		if f.until > 0 && f.at > f.before+f.until {
			return nil
		}
		due := begin.Add((f.at - f.before) / time.Duration(f.speed))
		timer := time.NewTimer(time.Until(due))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		if err := f.process.Write(f.waiting); err != nil {
			return err
		}
		s, err, ok := f.next()
		if err != nil || !ok {
			return err
		}
		if f.at, err = age(s); err != nil {
			return err
		}
		f.waiting = f.moved(s, f.at)
	}
}

func (f *feed) close() {
	f.stop()
	_ = f.process.Stop()
	_ = f.log.Close()
}

// moved is the text of a snapshot with its time stamps moved, and with what leaks. The time stamp of the
// snapshot before stands in it, too: its Comm line comes with the next separator.
func (f *feed) moved(s replay.Snapshot, age time.Duration) string {
	stamp := s.Text[:parse.Stamp([]byte(s.Text))]
	own := fmt.Sprintf("%.6f", s.Time)
	pairs := []string{own, fmt.Sprintf("%.6f", s.Time+f.shift)}
	if stamp != own && stamp != "" {
		if t, err := strconv.ParseFloat(stamp, 64); err == nil && t > 0 {
			pairs = append(pairs, stamp, fmt.Sprintf("%.6f", t+f.shift))
		}
	}
	return grow(strings.NewReplacer(pairs...).Replace(s.Text), f.grows, age)
}

// grow makes a number larger, the more the older its process is.
func grow(text string, number *regexp.Regexp, age time.Duration) string {
	if number.String() == "" {
		return text
	}
	return number.ReplaceAllStringFunc(text, func(s string) string {
		m := number.FindStringSubmatch(s)
		n, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return s
		}
		return fmt.Sprintf("%s%.0f", m[1], n*(1+growth*age.Hours()))
	})
}

var realTime = regexp.MustCompile(` real=([\d.]+)`)

// age is how long the process had run that wrote a snapshot.
func age(s replay.Snapshot) (time.Duration, error) {
	m := realTime.FindStringSubmatch(s.Text)
	if m == nil {
		return 0, fmt.Errorf("a snapshot without real=: %.200q", s.Text)
	}
	seconds, err := strconv.ParseFloat(m[1], 64)
	return time.Duration(seconds * float64(time.Second)), err
}
