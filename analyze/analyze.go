package analyze

import (
	"runtime"
	"slices"
	"time"

	"bro_exporter/parse"
)

// Process gathers the snapshots of one process's prof.log.
type Process struct {
	since, until float64 // Unix seconds; 0: without bound
	quantities   []quantity
	snapshots    int
	last         parse.Snapshot // what the newest snapshot holds about restarts
	current      *run
	ended        int           // runs
	judging      []chan judged // of those that have ended and are not in runs
	runs         []Run
	findings     []Finding // of runs
}

// New returns a Process that looks at snapshots from since to until, packet time; the zero Time
// means no bound.
func New(since, until time.Time) *Process {
	p := &Process{quantities: quantities()}
	if !since.IsZero() {
		p.since = unix(since)
	}
	if !until.IsZero() {
		p.until = unix(until)
	}
	return p
}

func unix(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }

// Add adds the next snapshot. It keeps nothing of s.
func (p *Process) Add(s *parse.Snapshot) {
	restarted := p.last.Restarted(s)
	p.last.Runtime = s.Runtime
	if restarted {
		p.end()
	}
	if s.Time < p.since || p.until > 0 && s.Time > p.until {
		return
	}
	if p.current == nil {
		p.current = newRun(p.quantities)
	}
	p.snapshots++
	p.current.add(s)
}

// AddResident adds the present resident memory of the live process, in bytes, measured about
// when the newest snapshot was written. From 2.4 on a prof.log holds the peak only.
func (p *Process) AddResident(bytes float64) {
	if p.current != nil {
		p.current.addResident(bytes)
	}
}

// maxRuns bounds how many runs are kept in all detail.
const maxRuns = 32

// end ends a run. It is judged in a goroutine of its own, as a log may hold hundreds: but no more at a
// time than there are processors, since each holds a run.
func (p *Process) end() {
	if p.current == nil {
		return
	}
	ended, number, done := p.current, p.ended, make(chan judged, 1)
	p.current = nil
	p.ended++
	go func() {
		run, findings := ended.judge(number)
		done <- judged{run, findings}
	}()
	p.judging = append(p.judging, done)
	p.collect(runtime.GOMAXPROCS(0))
}

// judged is a run that was judged and what was found.
type judged struct {
	run      Run
	findings []Finding
}

// collect takes over the runs that have been judged, in their order, until at most left are not.
func (p *Process) collect(left int) {
	for len(p.judging) > left {
		j := <-p.judging[0]
		p.judging = p.judging[1:]
		p.runs, p.findings = append(p.runs, j.run), append(p.findings, j.findings...)
		forget(p.runs, p.findings)
	}
}

// forget drops the details of old runs, those without findings first.
func forget(runs []Run, findings []Finding) {
	telling := map[int]bool{len(runs) - 1: true}
	for i := len(findings) - 1; i >= 0 && len(telling) < maxRuns; i-- {
		telling[findings[i].Run] = true
	}
	for i := range runs {
		if !telling[i] {
			runs[i].Resources = nil
		}
	}
}

// Report returns what is known so far. It does not end the run: it may be called again and again
// between Adds.
func (p *Process) Report(name, path string) Report {
	p.collect(0)
	r := Report{Process: name, Path: path, Snapshots: p.snapshots, Runs: slices.Clone(p.runs), Findings: slices.Clone(p.findings)}
	if p.current != nil {
		run, findings := p.current.judge(len(r.Runs))
		r.Runs, r.Findings = append(r.Runs, run), append(r.Findings, findings...)
		forget(r.Runs, r.Findings)
	}
	r.Findings = append(pool(r.Runs, r.Findings), general(r.Runs)...)
	sortFindings(r.Findings)
	r.Answer = answer(r.Runs, r.Findings)
	for _, run := range r.Runs {
		if !run.From.IsZero() && (r.From.IsZero() || run.From.Before(r.From)) {
			r.From = run.From
		}
		r.To = later(r.To, run.To)
	}
	return r
}
