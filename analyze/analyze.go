package analyze

import (
	"time"

	"bro_exporter/parse"
)

// Process gathers the blocks of one process's prof.log.
type Process struct {
	since, until float64 // Unix seconds; 0: without bound
	quantities   []quantity
	blocks       int
	real         parse.Snapshot // what the block before says about restarts
	current      *run
	runs         []Run
	findings     []Finding
	from, to     float64
}

// New returns a Process that looks at blocks from since to until, packet time; the zero Time
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

// Add adds the next block. It keeps nothing of s.
func (p *Process) Add(s *parse.Snapshot) {
	restarted := p.real.Restarted(s)
	p.real.Runtime = s.Runtime
	if restarted {
		p.end()
	}
	if s.Time < p.since || p.until > 0 && s.Time > p.until {
		return
	}
	if p.current == nil {
		p.current = newRun(p.quantities)
	}
	p.blocks++
	p.current.add(s)
	if s.Time > 0 {
		if p.from == 0 {
			p.from = s.Time
		}
		p.to = s.Time
	}
}

// maxRuns bounds how many runs are kept in all detail.
const maxRuns = 32

// end judges the run that has ended.
func (p *Process) end() {
	r := p.current
	if r == nil {
		return
	}
	p.current = nil
	run := Run{Blocks: r.blocks, Expensive: r.expensive}
	if r.clock != nil {
		run.From, run.To = seconds(r.first), seconds(r.last)
		run.StartUp = time.Duration(r.startUp() * float64(time.Second))
		run.Resources = r.resources()
	}
	findings := judgeRun(r, &run)
	for i := range findings {
		findings[i].Run = len(p.runs)
	}
	p.findings = append(p.findings, findings...)
	p.runs = append(p.runs, run)
	p.forget()
}

// forget drops the details of old runs, those without findings first.
func (p *Process) forget() {
	telling := map[int]bool{len(p.runs) - 1: true}
	for i := len(p.findings) - 1; i >= 0 && len(telling) < maxRuns; i-- {
		telling[p.findings[i].Run] = true
	}
	for i := range p.runs {
		if !telling[i] {
			p.runs[i].Resources = nil
		}
	}
}

// Report ends the last run and says what is to be said. The Process cannot be used afterwards.
func (p *Process) Report(name, path string) Report {
	p.end()
	p.findings = append(p.findings, p.general()...)
	sortFindings(p.findings)
	r := Report{Process: name, Path: path, Blocks: p.blocks, Runs: p.runs, Findings: p.findings}
	if p.from > 0 {
		r.From, r.To = seconds(p.from), seconds(p.to)
	}
	return r
}
