// Command generate writes the Grafana dashboards, or prints the queries of their panels.
//
//	go run ./dashboards/generate [-dir dashboards]
//	go run ./dashboards/generate queries [-job zeek] [-instance sensor1:10147] [-process worker-1] [-range 1h]
//
// A panel stands in one place: in the file of its dashboard.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/common/model"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "queries" {
		return printQueries(args[1:], out)
	}
	flags := flag.NewFlagSet("generate", flag.ExitOnError)
	dir := flags.String("dir", "dashboards", "where to write the dashboards")
	runbooks := flags.String("runbooks", "dashboards/RUNBOOKS.md", "the runbooks, which become a dashboard")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected %q", flags.Arg(0))
	}
	text, err := os.ReadFile(*runbooks)
	if err != nil {
		return err
	}
	for _, d := range append(dashboards(), runbookDashboard(string(text))) {
		b, err := encode(build(d))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(*dir, d.file), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// dashboards returns those that ask Prometheus.
func dashboards() []dashboard {
	return []dashboard{fleet(), overview(), process(), queues(), leakHunt()}
}

func printQueries(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("queries", flag.ExitOnError)
	s := settings{shown: model.Duration(time.Hour)}
	flags.StringVar(&s.job, "job", "zeek", "value of $job where a dashboard takes one")
	flags.StringVar(&s.cluster, "cluster", ".*", "value of $cluster")
	flags.StringVar(&s.sensor, "sensor", ".*", "value of $sensor")
	flags.StringVar(&s.instance, "instance", "sensor1:10147", "value of $instance where a dashboard takes one")
	flags.StringVar(&s.process, "process", "worker-1", "value of $process where a dashboard takes one")
	flags.Func("range", "the time range (default 1h)", s.shown.Set)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected %q", flags.Arg(0))
	}
	var all []asked
	for _, d := range dashboards() {
		all = append(all, d.ask(s)...)
	}
	b, err := encode(all)
	if err != nil {
		return err
	}
	_, err = out.Write(b)
	return err
}

// encode writes JSON for people: < and > stay what they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}
