package analyze

import (
	"fmt"
	"time"
)

// fewRuns is how many runs of a process must be alike to tell more than each of them.
const fewRuns = 3

// pool weighs what was found in several runs of a process. A process that is restarted each night is
// never old enough to be sure of one run; but what leaks does so in each of them, and what was chance or
// traffic does not. So a finding of each run becomes one finding of all, and a suspicion that most runs
// since the first do not share is dropped. What may be a table that fills stays a suspicion: it fills
// in each run.
func pool(runs []Run, findings []Finding) []Finding {
	if len(runs) < fewRuns {
		return findings
	}
	type subject struct {
		kind     Kind
		resource string
	}
	groups := map[subject][]Finding{}
	for _, f := range findings {
		if f.Level >= Suspected {
			s := subject{f.Kind, f.Resource}
			groups[s] = append(groups[s], f)
		}
	}
	var pooled []Finding
	for _, f := range findings {
		group := groups[subject{f.Kind, f.Resource}]
		alike := alikeOf(runs, group)
		switch {
		case f.Level < Suspected || alike < fewRuns:
			pooled = append(pooled, f)
		case 3*len(group) >= 2*alike:
			if f.Run == group[len(group)-1].Run {
				pooled = append(pooled, inEach(runs, group))
			}
		case f.Level == Suspected && 2*len(group) <= alike && f.Run < len(runs)-1:
			// chance
		default:
			pooled = append(pooled, f)
		}
	}
	return pooled
}

// alikeOf returns how many runs, from the first that a group of findings is of, lasted at least half
// as long as the shortest of those.
func alikeOf(runs []Run, group []Finding) int {
	if len(group) == 0 {
		return 0
	}
	shortest := time.Duration(1<<63 - 1)
	for _, f := range group {
		shortest = min(shortest, runs[f.Run].length())
	}
	n := 0
	for i := group[0].Run; i < len(runs); i++ {
		if runs[i].length() >= shortest/2 {
			n++
		}
	}
	return n
}

func (r *Run) length() time.Duration { return r.To.Sub(r.From) }

// inEach returns the finding of all runs in a group: the newest one's, at the median rate.
func inEach(runs []Run, group []Finding) Finding {
	f := group[len(group)-1]
	var rates []float64
	for _, g := range group {
		f.Level = max(f.Level, g.Level)
		f.Growth.Low, f.Growth.High = min(f.Growth.Low, g.Growth.Low), max(f.Growth.High, g.Growth.High)
		rates = append(rates, g.Growth.PerHour)
	}
	f.Growth.PerHour = median(rates)
	if f.Kind != KindScriptTable {
		f.Level = max(f.Level, Leak)
	}
	if f.Level == Leak {
		f.Until = time.Time{}
	}
	f.Text += fmt.Sprintf("; so it did in %d of %d runs since %s", len(group), alikeOf(runs, group), Clock(runs[group[0].Run].From))
	return f
}
