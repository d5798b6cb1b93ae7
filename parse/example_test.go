package parse_test

import (
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"bro_exporter/parse"
)

const sample = `1795368063.562356 ------------------------
1795368063.562356 Memory: total=242868K total_adj=0K malloced: 0K
1795368063.562356 Triggers: total=12 pending=many
1795368063.562356 Threads: current=1
1795368063.562356   conn/Log::WRITER_ASCII    in=41 out=20 pending=3/0 (#queue r/w: in=38/41 out=20/20)
1795368078.562356 ------------------------
1795368078.562356 Memory: total=243816K total_adj=948K malloced: 0K
1795368078.562356 Run-time: user+sys=0.1 user=0.1 sys=0.0 real=15.8
`

func ExampleReader() {
	r := parse.NewReader(strings.NewReader(sample), "prof.log")
	for r.Scan() {
		switch rec := r.Record().(type) {
		case *parse.Snapshot:
			fmt.Printf("line %d: %d bytes\n", rec.Line, rec.Memory.Total.Value)
			for _, th := range rec.Threads.List {
				fmt.Printf("%s has %d messages waiting\n", th.Name, th.PendingIn)
			}
			if !rec.Triggers.Pending.Measured {
				fmt.Println("the log does not tell how many triggers wait")
			}
		case *parse.SyntaxError:
			fmt.Println(rec)
		}
	}
	if err := r.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// prof.log:3: not a number: "many"
	// line 2: 248696832 bytes
	// conn/Log::WRITER_ASCII has 3 messages waiting
	// the log does not tell how many triggers wait
	// line 7: 249667584 bytes
	// the log does not tell how many triggers wait
}

func ExampleAssembler() {
	a := parse.NewAssembler("prof.log")
	for _, piece := range []string{sample[:100], sample[100:]} {
		io.WriteString(a, piece)
		for a.Scan() {
			if s, ok := a.Record().(*parse.Snapshot); ok {
				fmt.Printf("complete: line %d\n", s.Line)
			}
		}
		for _, s := range a.Pending() {
			fmt.Printf("so far: line %d, whole: %t\n", s.Line, s.Whole())
		}
	}
	// Output:
	// so far: line 2, whole: false
	// complete: line 2
	// so far: line 7, whole: false
}

func ExampleLatest() {
	f, err := os.Open("../testdata/7.0.11/live/prof.log")
	if err != nil {
		log.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		log.Fatal(err)
	}
	recent, err := parse.Latest(f, info.Size())
	f.Close()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d threads, written by %v\n", len(recent.Newest.Threads.List), recent.Newest.Releases)
	fmt.Printf("%d entries in all tables\n", recent.Expensive.Globals.EntriesRecursive.Value)
	// Output:
	// 21 threads, written by 6.1+
	// 10037 entries in all tables
}
