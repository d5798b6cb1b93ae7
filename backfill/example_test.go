package backfill_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"bro_exporter/backfill"
	"bro_exporter/parse"
)

// The history of a process, ready for promtool tsdb create-blocks-from openmetrics.
func ExampleHistory() {
	const log = `1500000005.000000 ------------------------
1500000005.000000 Memory: total=2000K total_adj=0K malloced: 0K
1500000005.000000 Run-time: user+sys=1.5 user=1.0 sys=0.5 real=5.5
1500000020.000000 ------------------------
1500000020.000000 Memory: total=3000K total_adj=1000K malloced: 0K
1500000020.000000 Run-time: user+sys=2.5 user=1.5 sys=1.0 real=20.5
`
	history := backfill.New(backfill.Config{Labels: []backfill.Label{{Name: "job", Value: "zeek"}}})
	defer func() { _ = history.Close() }()
	process := history.Process("worker-1")
	for r := parse.NewReader(strings.NewReader(log), "prof.log"); r.Scan(); {
		if s, ok := r.Record().(*parse.Snapshot); ok {
			if err := process.Add(s); err != nil {
				fmt.Println(err)
			}
		}
	}
	if err := process.End(); err != nil {
		fmt.Println(err)
	}
	var out bytes.Buffer
	if err := history.Write(context.Background(), &out); err != nil {
		fmt.Println(err)
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "bro_memory_total_bytes") {
			fmt.Print(line)
		}
	}
	// Output:
	// bro_memory_total_bytes{process="worker-1",job="zeek"} 2048000 1500000005.000
	// bro_memory_total_bytes{process="worker-1",job="zeek"} 3072000 1500000020.000
}
