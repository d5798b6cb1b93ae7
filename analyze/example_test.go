package analyze_test

import (
	"fmt"
	"os"
	"time"

	"bro_exporter/analyze"
	"bro_exporter/parse"
)

func ExampleProcess() {
	const path = "../testdata/3.0.14/table-leak/prof.log"
	log, err := os.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer log.Close()
	p := analyze.New(time.Time{}, time.Time{})
	for r := parse.NewReader(log, path); r.Scan(); {
		if s, ok := r.Record().(*parse.Snapshot); ok {
			p.Add(s)
		}
	}
	report := p.Report("worker-1", path)
	fmt.Println(report.Answer)
	for _, f := range report.Findings[:2] {
		fmt.Println(f.Level, f.Kind, f.Resource)
	}
	// Output:
	// suspected
	// suspected script-table table Leak::conns_seen
	// suspected script-table table Leak::nested
}
