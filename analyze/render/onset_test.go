package render

import (
	"strings"
	"testing"

	"bro_exporter/analyze"
)

// The onset of what is more than a note stands on the plot of its culprit, where only growing lines have
// a trend.
func TestOnsetsAndTrendsOnPlots(t *testing.T) {
	for level, marks := range map[analyze.Level]int{analyze.Note: 0, analyze.Suspected: 1, analyze.Stuck: 1, analyze.Leak: 1} {
		t.Run(level.String(), func(t *testing.T) {
			r := leakingTable()
			r.Findings = r.Findings[:1]
			r.Findings[0].Level = level
			for _, f := range figuresOf(t, r) {
				for _, l := range f.Lines {
					want := 0
					if l.Name == "table Scan::distinct_peers" {
						want = marks
					}
					if len(l.Onsets) != want {
						t.Errorf("%s has %d onsets, want %d", l.Name, len(l.Onsets), want)
					}
					if grows := !strings.Contains(l.Name, "SSL::") && !strings.Contains(l.Name, "Intel::") && l.Group != analyze.ConnectionsGroup; (len(l.Trends) > 0) != grows {
						t.Errorf("%s has %d trends", l.Name, len(l.Trends))
					}
				}
			}
		})
	}
}

// A page may forbid styles within elements, as that of the exporter does.
func TestNoStyleAttributes(t *testing.T) {
	for name, reports := range cases() {
		t.Run(name, func(t *testing.T) {
			for _, e := range elements(t, rendered(t, Body, reports...)) {
				if _, found := e.attrs["style"]; found || e.name == "style" || e.name == "script" {
					t.Errorf("element %s %v", e.name, e.attrs)
				}
			}
		})
	}
}
