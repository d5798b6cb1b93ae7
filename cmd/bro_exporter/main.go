// Command bro_exporter serves the newest snapshot in the prof.log of every Bro or Zeek process as
// Prometheus metrics.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/common/version"

	"bro_exporter/collector"
	"bro_exporter/verdict"
)

const name = "bro_exporter"

// The exit codes; 0 if all went well.
const (
	failed = 1 // nothing could be read or served
	misuse = 2 // the command line is wrong
)

func main() {
	version.Version = cmp.Or(version.Version, "unknown") // go run knows none
	kingpin.ManPageTemplate = handbook().Man()
	// There is nothing to reload: directories are searched all the time, and the web
	// configuration is read at each request.
	signal.Ignore(syscall.SIGHUP)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run is the program. It returns the exit code once ctx is done, or at once if it cannot serve.
func run(ctx context.Context, args []string) int {
	cfg, err := parseFlags(args)
	if err != nil {
		return misused(err)
	}
	log := promslog.New(&cfg.log)
	cfg.collector.Logger = log
	c, err := collector.New(cfg.collector)
	if err != nil {
		return misused(err)
	}
	staySmall()
	if os.Geteuid() == 0 {
		log.Warn("The exporter does not need root: run it as a user who may read the prof.logs")
	}
	if cfg.once {
		return once(c, terminal(os.Stdout), log)
	}
	return serve(ctx, c, newLive(c, &cfg.analysis, log), &cfg.web, log)
}

// newLive returns the live analysis of what c follows, nil if it is switched off.
func newLive(c *collector.Collector, cfg *analysisConfig, log *slog.Logger) *verdict.Live {
	if cfg.interval == 0 {
		return nil
	}
	return verdict.NewLive(verdict.Config{
		Source:      func() []collector.Process { return c.Status().Processes },
		Interval:    cfg.interval,
		MemoryLimit: float64(cfg.memoryLimit),
		Logger:      log,
	})
}

func misused(err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v; see --help\n", name, err)
	return misuse
}

// staySmall leaves processors and memory to Zeek. On a host with many cores a scrape would wake them
// all up. The heap hardly changes, so collecting it earlier costs next to nothing. GOMAXPROCS and
// GOGC in the environment override it.
func staySmall() {
	const processors, heapGrowth = 4, 40
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) > processors {
		runtime.GOMAXPROCS(processors)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
}

// warnNothing tells the admin why there are no metrics of Bro.
func warnNothing(status collector.Status, log *slog.Logger) {
	if len(status.Processes) > 0 {
		log.Warn("No prof.log could be read: run the exporter as a user who may, such as the one Zeek runs as")
		return
	}
	texts, noProfiling := causes(status.Found)
	for _, text := range texts {
		log.Warn("No prof.log found", "cause", text)
	}
	if noProfiling {
		log.Warn("To turn profiling on, add these lines to local.zeek and run zeekctl deploy", "lines", profilingLines)
	}
}
