package collector

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/procfs"
)

// processTopic is the running process behind a prof.log: what /proc says of it now.
func processTopic() Topic {
	row := func(name, help string, kind prometheus.ValueType, value func(*LiveProcess) (float64, bool)) Metric {
		return Metric{Name: name, Help: help, Type: kind,
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
	const of = " of the process that .pid beside prof.log names, if it runs. From /proc; all releases."
	return Topic{"process", []Metric{
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

// processInterval is how often /proc is asked.
const processInterval = 5 * time.Second

// startSlack is how much later than the .pid file a process may seem to have started: /proc
// counts from the start of the system, in hundredths of a second.
const startSlack = 2 * time.Second

// findProcess returns the process that runs in the directory of a prof.log, nil if there is
// none. zeekctl writes its number into .pid just after it has started it; a process with that
// number that is no Bro or Zeek, or has started later, is another one.
func findProcess(dir string) *LiveProcess {
	pid, written, err := readPid(filepath.Join(dir, ".pid"))
	if err != nil {
		return nil
	}
	proc, err := procfs.NewProc(pid)
	if err != nil {
		return nil
	}
	stat, err := proc.Stat()
	if err != nil || !isBro(stat.Comm) {
		return nil
	}
	started, err := stat.StartTime()
	if err != nil {
		return nil
	}
	seconds := int64(started * 100)
	start := time.Unix(seconds/100, seconds%100*int64(10*time.Millisecond))
	if start.After(written.Add(startSlack)) {
		return nil
	}
	live := &LiveProcess{
		PID:      pid,
		Resident: float64(stat.ResidentMemory()),
		Virtual:  float64(stat.VirtualMemory()),
		CPU:      stat.CPUTime(),
		FDs:      -1,
		Start:    start,
	}
	if n, err := proc.FileDescriptorsLen(); err == nil {
		live.FDs = n
	}
	return live
}

func readPid(path string) (pid int, written time.Time, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, time.Time{}, err
	}
	if !info.Mode().IsRegular() || info.Size() > 64 {
		return 0, time.Time{}, errors.New("not a file with a number: " + path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, time.Time{}, err
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(b)))
	if err == nil && pid <= 0 {
		err = fs.ErrInvalid
	}
	return pid, info.ModTime(), err
}

// isBro says that a command is Bro's or Zeek's; the main thread of one may have a name of its
// own, such as zeek.main.
func isBro(command string) bool {
	command, _, _ = strings.Cut(command, ".")
	return command == "bro" || command == "zeek"
}
