package collector_test

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"bro_exporter/collector"
	"bro_exporter/spool"
)

func ExampleCollector() {
	c, err := collector.New(collector.Config{Patterns: []spool.Pattern{{Glob: "../testdata/7.0.11-cluster/*/prof.log"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Run(ctx)
	}()
	<-c.Ready()
	for _, p := range c.Status().Processes {
		fmt.Println(p.Name, p.Newest.Conns.Total.Value, "connections")
	}
	// Serve this as /metrics.
	_ = promhttp.HandlerForTransactional(c.GatherWith(prometheus.DefaultGatherer), promhttp.HandlerOpts{})
	stop()
	<-done
	// Output:
	// manager 0 connections
	// proxy-1 0 connections
	// worker-1 502 connections
	// worker-2 324 connections
}
