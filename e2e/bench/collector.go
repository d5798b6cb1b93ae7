package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"bro_exporter/internal/tool"
)

// results are the figures of Go benchmarks: "Scrape/256/gzip/changed" -> "cpu-ns/series" -> 1234.
type results map[string]map[string]float64

// goBenchmarks runs benchmarks of package collector, for figures that the programs do not show.
func goBenchmarks(pattern string) (results, error) {
	test := exec.Command("go", "test", "-run", "^$", "-bench", pattern, "./collector")
	test.Dir, test.Stderr = tool.Root(), os.Stderr
	out, err := test.Output()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	all := results{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i >= 0 { // -2: processors
			name = name[:i]
		}
		units := map[string]float64{}
		for i := 2; i+1 < len(fields); i += 2 {
			if units[fields[i+1]], err = strconv.ParseFloat(fields[i], 64); err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
		}
		all[name] = units
	}
	return all, nil
}

const encodes = "Both encode the same families; the rest is noise of the machine."

func (b *bench) collector() ([]row, error) {
	got, err := goBenchmarks("^Benchmark(Scrape|Poll|Start)$")
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, encoding := range []string{"identity", "gzip"} {
		families := got["Scrape/256/"+encoding+"/families"]["cpu-ns/series"]
		for _, kind := range []string{"unchanged", "changed", "registry", "const"} {
			s := got["Scrape/256/"+encoding+"/"+kind]
			r := row{
				work:     fmt.Sprintf("scrape, %s, %s", encoding, kind),
				measured: fmt.Sprintf("%.2f us a series", s["cpu-ns/series"]/1000),
				anchor:   fmt.Sprintf("families made beforehand: %.2f us", families/1000),
				figure:   s["x-families"], unit: "x families", goal: 1, miss: encodes,
			}
			if kind == "registry" || kind == "const" {
				r.goal = 0 // the exporter does not do it this way
			}
			rows = append(rows, r)
		}
	}
	each := func(processes int) float64 {
		return got[fmt.Sprintf("Scrape/%d/identity/unchanged", processes)]["x-families"]
	}
	return append(rows,
		row{work: "scrape of 64, 256 and 1024 processes", measured: fmt.Sprintf("%.2f, %.2f, %.2f x families", each(64), each(256), each(1024)), anchor: "of 64",
			figure: each(1024) / each(64), unit: "x", goal: 1.25, miss: "The anchor does not grow evenly either."},
		row{work: "allocations of a scrape", anchor: fmt.Sprintf("families made beforehand: %.0f", got["Scrape/256/identity/families"]["allocs/op"]),
			figure: got["Scrape/256/identity/unchanged"]["allocs/op"], unit: "allocations", goal: 1000, miss: "The encoder allocates for each family."},
		row{work: "poll 256 logs each second, none has changed", figure: got["Poll/idle"]["%core-each-second"], unit: "% of a core", goal: 0.3, miss: "256 calls of stat."},
		row{work: "poll 256 logs each second, each has a new snapshot", figure: got["Poll/busy"]["%core-each-second"], unit: "% of a core", goal: 5, miss: "256 snapshots are read."},
		row{work: "first poll of 256 logs of 1 GB", measured: fmt.Sprintf("%.2f s", got["Start"]["cpu-s/start"]), figure: got["Start"]["KiB/log"], unit: "KiB read a log", goal: 256,
			miss: "The newest expensive snapshot lies far from the end."},
	), nil
}
