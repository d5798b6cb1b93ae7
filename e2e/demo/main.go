// Command demo runs bro_exporter, Prometheus and Alertmanager on a sensor that has run for a day and a half,
// and lets it go on in real time, until it is interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"bro_exporter/e2e/stack"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "bro_exporter-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fmt.Println("Building; the first time this takes minutes ...")
	programs, err := stack.Build(dir)
	if err != nil {
		return err
	}
	s := stack.New(programs, dir)
	s.Speed, s.Live, s.Progress = 1, 4*time.Hour, func(text string) { fmt.Println(text) }
	defer func() { err = errors.Join(err, s.Stop()) }()
	if err := s.Start("", stack.Nodes()); err != nil {
		return err
	}
	tour(s)
	select {
	case <-ctx.Done():
		fmt.Println("\nStopping ...")
		return nil
	case p := <-s.Ended():
		return errors.Join(fmt.Errorf("%s has ended:\n%s", p.Name, p.Log()), p.Err())
	}
}

func tour(s *stack.Stack) {
	fmt.Printf(`
A sensor runs:

  exporter      %s
  alerts        %s/#/alerts
  Prometheus    %s/api/v1/query?query=bro_finding
  prof.logs     %s

`, s.Exporter.URL, s.Alertmanager.URL, s.Prometheus.URL, s.Spool)
	fmt.Println("These alerts come within a minute, and stay for the four hours that its logs go on:")
	for _, n := range stack.Nodes() {
		alert := n.Alert
		switch {
		case alert == "":
			alert = "none: healthy"
		case n.Until > 0:
			alert += ", once it has been silent for 12 minutes"
		}
		fmt.Printf("  %-15s %s\n", n.Process, alert)
	}
	fmt.Printf(`
Prometheus has web pages, too, if PROMETHEUS names the program of a release. A Grafana on this host
shows dashboards/*.json with %s as its data source, and the last day and a half.
Or ask a log itself:

  %s analyze %s/tables/prof.log

Ctrl-C ends it.
`, s.Prometheus.URL, s.Programs.Proftool, s.Spool)
}
