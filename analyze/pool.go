package analyze

import (
	"fmt"
	"time"
)

// fewRuns is how many runs of a process must agree to show more than each of them.
const fewRuns = 3

// pool compares the findings in several runs of a process. A process that restarts each night is never old
// enough for a sure answer about one run. But a leak grows in each of them; chance and traffic do not. So
// pool makes one finding of those that most runs share, and drops a suspicion that most runs since the first
// do not share. A table that fills does so in each run, so it stays suspected.
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

// alikeOf returns how many runs, from the first of a group on, lasted at least half as long as the shortest
// of the group.
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

// inEach returns one finding for the runs of a group: the newest one, at the median rate.
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
	f.Text += fmt.Sprintf("; it did so in %d of %d runs since %s", len(group), alikeOf(runs, group), Clock(runs[group[0].Run].From))
	return f
}
