// Command bro_exporter serves the newest block of every Bro or Zeek process's prof.log as
// Prometheus metrics.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"
	webflag "github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"bro_exporter/collector"
	"bro_exporter/spool"
)

const name = "bro_exporter"

func main() {
	kingpin.ManPageTemplate = page().Man()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// config is what the flags say.
type config struct {
	patterns      []string
	collector     collector.Config
	once          bool
	web           *web.FlagConfig
	telemetryPath string
	maxRequests   int
	noSelfMetrics bool
	log           promslog.Config
}

// run is the program: it returns the exit code when ctx is done, or before if it cannot serve.
func run(ctx context.Context, args []string) int {
	cfg, err := parseFlags(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v; see --help\n", name, err)
		return 2
	}
	log := promslog.New(&cfg.log)
	cfg.collector.Logger = log
	c, err := collector.New(cfg.collector)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v; see --help\n", name, err)
		return 2
	}
	limitProcessors()
	if os.Geteuid() == 0 {
		log.Warn("Running as root is not needed: a user who may read the prof.logs will do")
	}
	if cfg.once {
		return once(c, os.Stdout, log)
	}
	return serve(ctx, c, cfg, log)
}

func parseFlags(args []string) (*config, error) {
	cfg := &config{}
	app := kingpin.New(name, "Prometheus exporter for the prof.log of Bro and Zeek (2.0 to 9.0).")
	app.Version(version.Print(name)).UsageWriter(os.Stdout).UsageTemplate(page().Usage())
	app.HelpFlag.Short('h')
	app.Flag("prof.path", "prof.logs to follow, as [NAME=]GLOB; repeatable. NAME is the process's name instead of its directory's. "+
		"By default all usual spool directories and ./prof.log.").PlaceHolder("[NAME=]GLOB").StringsVar(&cfg.patterns)
	enabled := map[string]*bool{}
	for _, topic := range collector.Topics() {
		enabled[topic.Name] = app.Flag("collector."+topic.Name, fmt.Sprintf("Expose the %s metrics.", topic.Name)).Default("true").Bool()
	}
	app.Flag("collector.discovery-interval", "How often to look for new prof.logs.").Default("15s").DurationVar(&cfg.collector.DiscoveryInterval)
	app.Flag("collector.stale-after", "bro_up is 0 when a prof.log was not written to for so long.").Default("2m").DurationVar(&cfg.collector.StaleAfter)
	app.Flag("collector.forget-after", "How long bro_up 0 stays when a prof.log is gone.").Default("1h").DurationVar(&cfg.collector.ForgetAfter)
	app.Flag("collector.max-threads", "Series for at most so many threads of a process; the busiest stay, the rest is added up as thread=\"other\".").Default("500").IntVar(&cfg.collector.Limits.Threads)
	app.Flag("collector.max-globals", "The same for its globals, of which the largest stay.").Default("500").IntVar(&cfg.collector.Limits.Globals)
	app.Flag("tail.poll-interval", "How often to look at each prof.log.").Default("1s").DurationVar(&cfg.collector.PollInterval)
	app.Flag("once", "Print the metrics and exit; with 1 if no prof.log could be read.").BoolVar(&cfg.once)
	cfg.web = webflag.AddFlags(app, ":10147")
	app.Flag("web.telemetry-path", "Path of the metrics.").Default("/metrics").StringVar(&cfg.telemetryPath)
	app.Flag("web.disable-exporter-metrics", "Expose nothing of the exporter itself but bro_exporter_build_info.").BoolVar(&cfg.noSelfMetrics)
	app.Flag("web.max-requests", "How many scrapes to answer at the same time, 0 for any number.").Default("40").IntVar(&cfg.maxRequests)
	promslogflag.AddFlags(app, &cfg.log)
	if _, err := app.Parse(args); err != nil {
		return nil, err
	}
	return cfg, cfg.resolve(enabled)
}

// resolve checks what the flags say and makes of it what the collector takes.
func (cfg *config) resolve(enabled map[string]*bool) error {
	for _, d := range []time.Duration{cfg.collector.DiscoveryInterval, cfg.collector.PollInterval, cfg.collector.StaleAfter, cfg.collector.ForgetAfter} {
		if d <= 0 {
			return errors.New("intervals must be longer than 0s")
		}
	}
	if cfg.collector.Limits.Threads < 1 || cfg.collector.Limits.Globals < 1 {
		return errors.New("--collector.max-threads and --collector.max-globals must be at least 1")
	}
	if cfg.telemetryPath == "" || cfg.telemetryPath[0] != '/' || cfg.telemetryPath == "/" {
		return fmt.Errorf("--web.telemetry-path %q: it must begin with a slash and be longer", cfg.telemetryPath)
	}
	cfg.collector.Patterns = spool.DefaultPatterns()
	if len(cfg.patterns) > 0 {
		cfg.collector.Patterns = nil
	}
	for _, text := range cfg.patterns {
		p, err := spool.ParsePattern(text)
		if err != nil {
			return fmt.Errorf("--prof.path: %w", err)
		}
		cfg.collector.Patterns = append(cfg.collector.Patterns, p)
	}
	cfg.collector.Topics = []collector.Topic{}
	for _, topic := range collector.Topics() {
		if *enabled[topic.Name] {
			cfg.collector.Topics = append(cfg.collector.Topics, topic)
		}
	}
	return nil
}

// limitProcessors keeps the exporter small on hosts with many cores, where a scrape would
// otherwise wake them all up; the environment's GOMAXPROCS overrides it.
func limitProcessors() {
	const enough = 4
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) > enough {
		runtime.GOMAXPROCS(enough)
	}
}

// once prints the metrics of Bro's processes to w.
func once(c *collector.Collector, w io.Writer, log *slog.Logger) int {
	if c.Look() == 0 {
		warnNothing(c, log)
		return 1
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		log.Error("Cannot collect", "err", err)
		return 1
	}
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
			log.Error("Cannot print", "err", err)
			return 1
		}
	}
	return 0
}

func warnNothing(c *collector.Collector, log *slog.Logger) {
	if c.Processes() > 0 {
		log.Warn("No prof.log could be read: run as a user who may, such as the one Zeek runs as")
		return
	}
	log.Warn("No prof.log found: give its path with --prof.path, run as a user who may read the spool directory, and let Zeek write one with '@load misc/profiling' in local.zeek")
}

// serve serves the metrics until ctx is done.
func serve(ctx context.Context, c *collector.Collector, cfg *config, log *slog.Logger) int {
	log.Info("Starting "+name, "version", version.Info())
	handler, err := newHandler(c, cfg, log)
	if err != nil {
		log.Error("Cannot serve", "err", err)
		return 1
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
	}
	ctx, stop := context.WithCancel(ctx)
	collecting := make(chan struct{})
	go func() {
		defer close(collecting)
		c.Run(ctx)
	}()
	go func() {
		select {
		case <-ctx.Done():
		case <-c.Ready():
			if c.Processes() == 0 {
				warnNothing(c, log)
			}
		}
	}()
	failed := make(chan error, 1)
	go func() { failed <- web.ListenAndServe(server, cfg.web, log) }()
	code := 0
	select {
	case err := <-failed:
		log.Error("Cannot serve: choose another address with --web.listen-address if this one is taken", "err", err)
		code = 1
	case <-ctx.Done():
		log.Info("Stopping")
	}
	stop()
	shutdown(server, collecting)
	return code
}

// shutdown lets scrapes end that have begun. A file that hangs does not keep it.
func shutdown(server *http.Server, collecting <-chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close()
	}
	select {
	case <-collecting:
	case <-ctx.Done():
	}
}

// selfRegistry returns the metrics of the exporter itself.
func selfRegistry(c *collector.Collector, only bool) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(versioncollector.NewCollector(name))
	if only {
		return registry
	}
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(c.Self()...)
	return registry
}
