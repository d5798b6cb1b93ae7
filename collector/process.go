package collector

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/procfs"
)

// processTopic is the running process behind a prof.log, as /proc shows it now.
func processTopic() Topic {
	row := func(name, help string, kind prometheus.ValueType, value func(*LiveProcess) (float64, bool)) Metric {
		return Metric{Name: name, Help: help, Line: "/proc", Type: kind, source: ofProcess,
			created: func(v *view) time.Time {
				if v.live == nil {
					return time.Time{}
				}
				return v.live.Start
			},
			ofView: func(v *view, emit emit) {
				if v.live == nil {
					return
				}
				if value, known := value(v.live); known {
					emit(value)
				}
			}}
	}
	const of = " of the process that .pid beside prof.log names, if it runs."
	return Topic{Name: "process", Metrics: []Metric{
		row("bro_process_resident_memory_bytes", "Resident memory now"+of, prometheus.GaugeValue,
			func(p *LiveProcess) (float64, bool) { return p.Resident, true }),
		row("bro_process_virtual_memory_bytes", "Virtual memory"+of, prometheus.GaugeValue,
			func(p *LiveProcess) (float64, bool) { return p.Virtual, true }),
		row("bro_process_cpu_seconds_total", "User and system CPU seconds"+of, prometheus.CounterValue,
			func(p *LiveProcess) (float64, bool) { return p.CPU, true }),
		row("bro_process_open_fds", "Open file descriptors"+of+" Only where the exporter may see them.", prometheus.GaugeValue,
			func(p *LiveProcess) (float64, bool) { return float64(p.FDs), p.FDs >= 0 }),
		row("bro_process_start_time_seconds", "Start, in Unix seconds,"+of, prometheus.GaugeValue,
			func(p *LiveProcess) (float64, bool) { return float64(p.Start.UnixNano()) / 1e9, true }),
	}}
}

// LiveProcess is what /proc tells about a running process.
type LiveProcess struct {
	PID      int
	Resident float64 // bytes
	Virtual  float64 // bytes
	CPU      float64 // seconds, user and system
	FDs      int     // open file descriptors; -1 if the exporter may not see them
	Start    time.Time
}

// LiveIn returns what /proc tells now about the process that runs in the directory of a prof.log, nil if
// none does.
func LiveIn(dir string) *LiveProcess {
	f := processFinder{dir: dir}
	f.update(time.Now())
	return f.live
}

const (
	// processInterval is how often /proc is asked, and bootInterval how often for the start of
	// the system, which changes only with the clock.
	processInterval = 5 * time.Second
	bootInterval    = time.Minute
	// startSlack is how much later than the .pid file a process may seem to have started: /proc
	// counts from the start of the system, in hundredths of a second.
	startSlack = 2 * time.Second
)

// processFinder finds the process that runs in the directory of a prof.log. zeekctl writes its
// number into .pid just after it has started it.
type processFinder struct {
	dir  string
	live *LiveProcess // nil if none is known to run
	// seen is the last process that ran, 0 before. In a PID namespace of our own no process
	// is ever seen, and nothing is known of it.
	seen int
	died time.Time // when the process seen was noticed to run no more, zero if it does

	asked    time.Time
	pid      pidFile
	dated    time.Time // when start was found out
	start    time.Time
	startsAt uint64 // in ticks after the start of the system
}

// pidFile is what stands in .pid.
type pidFile struct {
	info fs.FileInfo // nil if there is none
	pid  int         // 0 if it names none
}

// update asks /proc, now and then and when the process has gone.
func (f *processFinder) update(now time.Time) {
	gone := f.live != nil && ended(f.live.PID)
	if !gone && now.Sub(f.asked) < processInterval {
		return
	}
	f.asked = now
	f.pid.read(filepath.Join(f.dir, ".pid"))
	f.live = f.find(now)
	switch {
	case f.live != nil:
		f.seen, f.died = f.live.PID, time.Time{}
	case f.seen == 0 || f.pid.pid != f.seen:
		f.died = time.Time{}
	case f.died.IsZero():
		f.died = now
	}
}

// ended reports whether no process has this number any more.
func ended(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = p.Release() }()
	return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// deadSince reports whether the process that .pid names is known to be dead, and no other one
// writes the prof.log, which has changed last at that time.
func (f *processFinder) deadSince(changed time.Time) bool {
	return !f.died.IsZero() && !changed.After(f.died)
}

// find returns the process that .pid names, nil if it does not run. A process with that number
// that is no Bro or Zeek, or has started later than .pid was written, is another one.
func (f *processFinder) find(now time.Time) *LiveProcess {
	if f.pid.pid == 0 {
		return nil
	}
	proc, err := procfs.NewProc(f.pid.pid)
	if err != nil {
		return nil
	}
	stat, err := proc.Stat()
	if err != nil || !isBro(stat.Comm) || stat.State == "Z" {
		return nil
	}
	if stat.Starttime != f.startsAt || now.Sub(f.dated) >= bootInterval {
		seconds, err := stat.StartTime()
		if err != nil {
			return nil
		}
		hundredths := int64(seconds * 100)
		f.start = time.Unix(hundredths/100, hundredths%100*int64(10*time.Millisecond))
		f.startsAt, f.dated = stat.Starttime, now
	}
	if f.start.After(f.pid.info.ModTime().Add(startSlack)) {
		return nil
	}
	live := &LiveProcess{
		PID:      f.pid.pid,
		Resident: float64(stat.ResidentMemory()),
		Virtual:  float64(stat.VirtualMemory()),
		CPU:      stat.CPUTime(),
		FDs:      -1,
		Start:    f.start,
	}
	if n, err := proc.FileDescriptorsLen(); err == nil {
		live.FDs = n
	}
	if f.live != nil && *live == *f.live {
		return f.live
	}
	return live
}

// read reads the number in the file at path, unless the file is the one it was.
func (p *pidFile) read(path string) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 64 {
		*p = pidFile{}
		return
	}
	if p.info != nil && os.SameFile(p.info, info) && p.info.ModTime().Equal(info.ModTime()) && p.info.Size() == info.Size() {
		return
	}
	*p = pidFile{info: info}
	b, err := os.ReadFile(path)
	if err != nil {
		p.info = nil // to be tried again
		return
	}
	if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && pid > 0 {
		p.pid = pid
	}
}

// isBro reports whether a command is Bro's or Zeek's. The main thread of one may have a name of its
// own, such as zeek.main.
func isBro(command string) bool {
	command, _, _ = strings.Cut(command, ".")
	return command == "bro" || command == "zeek"
}
