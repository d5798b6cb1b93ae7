package backfill

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"bro_exporter/analyze"
	"bro_exporter/parse"
	"bro_exporter/verdict"
)

func judging(interval time.Duration, memoryLimit float64) Config {
	return Config{NewJudge: func() Judge { return verdict.NewPast(interval, memoryLimit) }, Judged: verdict.Metrics()}
}

// findings returns the points of verdicts at a time.
func findings(points map[string]map[string]string, at string) map[string]string {
	found := map[string]string{}
	for series, values := range points {
		value, there := values[at]
		if there && (strings.HasPrefix(series, "bro_finding") || strings.HasPrefix(series, "bro_analysis_") ||
			strings.HasPrefix(series, "bro_memory_exhaustion_") || strings.HasPrefix(series, "bro_prof_dropped_series")) {
			found[series] = value
		}
	}
	return found
}

// lastTime returns the time of the last points.
func lastTime(points map[string]map[string]string) (at string) {
	for t := range points[`bro_memory_total_bytes{process="bro"}`] {
		if len(t) > len(at) || len(t) == len(at) && t > at {
			at = t
		}
	}
	return at
}

// At the end of a log the history has what an analysis of the log finds.
func TestFindingsAtTheEnd(t *testing.T) {
	for _, path := range []string{"3.0.14/table-leak/prof.log", "7.0.11/table-leak/prof.log", "7.0.11/live/prof.log", "7.0.11/restart/prof.run1.log"} {
		t.Run(path, func(t *testing.T) {
			const limit = 16 << 30
			h := New(judging(10*time.Minute, limit))
			list := snapshots(t, load(t, path))
			add(t, h, "bro", list)
			points := valid(t, written(t, h))
			at := lastTime(points)
			got := findings(points, at)

			process := analyze.New(time.Time{}, time.Time{})
			for _, s := range list {
				process.Add(s)
			}
			seconds, err := strconv.ParseFloat(at, 64)
			if err != nil {
				t.Fatal(err)
			}
			v := verdict.Verdict{At: time.UnixMilli(int64(seconds * 1000)), Report: process.Report("", "")}
			v.Exhausted = v.Exhaustion(limit)
			n := 0
			v.Series(func(i int, value float64, labels ...string) {
				n++
				m := verdict.Metrics()[i]
				series := seriesName(&metric{name: m.Name, labels: m.Labels}, "bro", labels, nil)
				if want := string(appendValue(nil, value)); got[series] != want {
					t.Errorf("%s is %q, want %s", series, got[series], want)
				}
			})
			if len(got) != n {
				t.Errorf("%d series, want %d: %v", len(got), n, got)
			}
			if n < 3 {
				t.Errorf("a verdict of %d series", n)
			}
		})
	}
}

// A run is judged at its first snapshot, after each interval and at its end; a restart begins again.
func TestTimesOfVerdicts(t *testing.T) {
	h := New(judging(time.Minute, 0))
	var list []*parse.Snapshot
	for i := range 10 {
		list = append(list, snapshot(1e9+15*float64(i), 15*float64(i), i == 0))
	}
	for i := range 3 {
		list = append(list, snapshot(1e9+1000+15*float64(i), 15*float64(i), i == 0))
	}
	add(t, h, "bro", list)
	got := valid(t, written(t, h))[`bro_analysis_timestamp_seconds{process="bro"}`]
	for at, want := range map[string]string{
		"1000000000.000": "1000000000", "1000000045.000": "1000000000",
		"1000000060.000": "1000000060", "1000000105.000": "1000000060",
		"1000000120.000": "1000000120", "1000000135.000": "1000000135",
		"1000001000.000": "1000001000", "1000001015.000": "1000001000", "1000001030.000": "1000001030",
	} {
		if got[at] != want {
			t.Errorf("at %s the verdict is of %q, want %s", at, got[at], want)
		}
	}
}

func TestNoVerdicts(t *testing.T) {
	h := New(Config{})
	add(t, h, "bro", snapshots(t, load(t, "3.0.14/table-leak/prof.log")))
	points := valid(t, written(t, h))
	if got := findings(points, lastTime(points)); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}
