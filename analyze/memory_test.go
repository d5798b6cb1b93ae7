package analyze

import (
	"testing"
	"time"
)

func TestExhaustion(t *testing.T) {
	end := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	report := func(growth float64, memory ...Amount) *Report {
		return &Report{
			Runs: []Run{{}, {To: end, State: State{Memory: memory}}},
			Findings: []Finding{
				{Kind: KindCore, Run: 0, Growth: Rate{PerHour: 99}},
				{Kind: KindScriptTable, Run: 1, Growth: Rate{PerHour: 1e6}},
				{Kind: KindMemory, Run: 1, Growth: Rate{PerHour: growth}},
			},
		}
	}
	total, resident := Amount{Resource: "memory (total)", Value: 900}, Amount{Resource: residentMemory, Value: 600}
	for _, test := range []struct {
		name   string
		report *Report
		limit  float64
		want   time.Time
	}{
		{name: "no runs", report: &Report{}, limit: 1000},
		{name: "no growth", report: report(0, total), limit: 1000},
		{name: "no limit", report: report(10, total)},
		{name: "growth of the total", report: report(10, total), limit: 1000, want: end.Add(10 * time.Hour)},
		{name: "resident memory goes before the total", report: report(10, total, resident), limit: 1000, want: end.Add(40 * time.Hour)},
		{name: "used up already", report: report(10, total), limit: 500, want: end},
		{name: "too far ahead", report: report(0.001, total), limit: 1000},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.report.Exhaustion(test.limit); !got.Equal(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
