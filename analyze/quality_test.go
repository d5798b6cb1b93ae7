package analyze_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"bro_exporter/analyze"
	"bro_exporter/internal/labelled"
	"bro_exporter/parse"
)

var (
	set   = flag.Int("set", 0, "which set of labelled logs to judge")
	every = flag.Int("every", 8, "judge every so manieth of them only")
)

// TestQuality judges labelled logs and counts the leaks that are found, and the healthy logs in
// which something is.
func TestQuality(t *testing.T) {
	cases, err := labelled.Cases(os.DirFS("../testdata"), *set)
	if err != nil {
		t.Fatal(err)
	}
	classes := map[string]*class{}
	var mu sync.Mutex
	var workers sync.WaitGroup
	queue := make(chan labelled.Case)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for c := range queue {
				report, err := judgeCase(&c)
				mu.Lock()
				if err != nil {
					t.Errorf("%s: %v", c.Name, err)
				}
				key := c.Leak + " " + c.Class
				if classes[key] == nil {
					classes[key] = &class{name: c.Class, leak: c.Leak}
				}
				classes[key].add(&c, &report)
				mu.Unlock()
			}
		})
	}
	for i := 0; i < len(cases); i += *every {
		queue <- cases[i]
	}
	close(queue)
	workers.Wait()
	total(t, classes)
}

func judgeCase(c *labelled.Case) (analyze.Report, error) {
	text, err := c.Open()
	if err != nil {
		return analyze.Report{}, err
	}
	defer text.Close()
	p := analyze.New(time.Time{}, time.Time{})
	r := parse.NewReader(text, c.Name)
	for r.Scan() {
		if s, ok := r.Record().(*parse.Snapshot); ok {
			p.Add(s)
		}
	}
	return p.Report(c.Name, c.Name), r.Err()
}

// class is what came of the logs of one class.
type class struct {
	name, leak           string
	logs, right, alarmed int
	wrong                []string
}

func (c *class) add(l *labelled.Case, r *analyze.Report) {
	c.logs++
	found, other := false, ""
	for _, f := range r.Findings {
		switch {
		case f.Level < analyze.Stuck:
		case string(f.Kind) == l.Leak:
			found = true
		case f.Kind != analyze.KindMemory:
			other = string(f.Kind) + ": " + f.Text
		}
	}
	if l.Leak == "" {
		found = r.Worst() < analyze.Stuck
	}
	if found {
		c.right++
	} else {
		c.wrong = append(c.wrong, l.Name+": "+other)
	}
	if other != "" {
		c.alarmed++
		if found {
			c.wrong = append(c.wrong, l.Name+": also "+other)
		}
	}
}

func total(t *testing.T, classes map[string]*class) {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "class\tto find\tlogs\tright\tother findings")
	var healthy, leaking class
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for k := range classes {
			if !yield(k) {
				return
			}
		}
	}) {
		c := classes[key]
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\n", c.name, c.leak, c.logs, c.right, c.alarmed)
		sum := &healthy
		if c.leak != "" {
			sum = &leaking
		}
		sum.logs += c.logs
		sum.right += c.right
		sum.wrong = append(sum.wrong, c.wrong...)
	}
	table.Flush()
	t.Logf("\n%s\nleaks found: %d of %d\nfalse alarms: %d of %d healthy logs", text.String(),
		leaking.right, leaking.logs, healthy.logs-healthy.right, healthy.logs)
	for _, w := range append(leaking.wrong, healthy.wrong...) {
		t.Log(w)
	}
	if missed := leaking.logs - leaking.right; missed*100 > leaking.logs {
		t.Errorf("missed %d leaks of %d", missed, leaking.logs)
	}
	if alarms := healthy.logs - healthy.right; alarms*100 > healthy.logs {
		t.Errorf("%d false alarms in %d healthy logs", alarms, healthy.logs)
	}
}
