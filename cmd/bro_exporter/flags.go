package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/alecthomas/units"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"
	webflag "github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"bro_exporter/collector"
	"bro_exporter/spool"
)

// config is the command line.
type config struct {
	patterns  []string
	collector collector.Config
	analysis  analysisConfig
	once      bool
	web       webConfig
	log       promslog.Config
}

// analysisConfig is the part of it that concerns the live analysis.
type analysisConfig struct {
	interval    time.Duration // 0: none
	memoryLimit units.Base2Bytes
}

// webConfig is the part of it that concerns the web server.
type webConfig struct {
	*web.FlagConfig
	telemetryPath string
	maxRequests   int
	noSelfMetrics bool
	pprof         bool
}

func parseFlags(args []string) (*config, error) {
	cfg := &config{}
	app := kingpin.New(name, "Prometheus exporter for the prof.log of Bro and Zeek (2.0 to 9.0).")
	app.Version(version.Print(name)).UsageWriter(os.Stdout).UsageTemplate(handbook().Usage())
	app.HelpFlag.Short('h')
	app.Flag("prof.path", "Follow the prof.logs that match [NAME=]GLOB. Repeatable. NAME replaces the directory's name as the name of the process. "+
		"Default: all usual spool directories, and ./prof.log.").PlaceHolder("[NAME=]GLOB").StringsVar(&cfg.patterns)
	enabled := map[string]*bool{}
	for _, topic := range collector.Topics() {
		enabled[topic.Name] = app.Flag("collector."+topic.Name, fmt.Sprintf("Expose the %s metrics.", topic.Name)).Default("true").Bool()
	}
	app.Flag("collector.discovery-interval", "Look for new prof.logs this often.").Default("15s").DurationVar(&cfg.collector.DiscoveryInterval)
	app.Flag("collector.stale-after", "Report bro_up 0 when a prof.log has not been written to for this long.").Default("2m").DurationVar(&cfg.collector.StaleAfter)
	app.Flag("collector.forget-after", "Keep reporting bro_up 0 for this long after a prof.log is gone.").Default("1h").DurationVar(&cfg.collector.ForgetAfter)
	app.Flag("collector.max-threads", "Expose at most this many threads of a process: the busiest. The rest is summed as thread=\"other\".").Default("500").IntVar(&cfg.collector.Limits.Threads)
	app.Flag("collector.max-globals", "Expose at most this many globals of a process: the largest. The rest is summed as global=\"other\".").Default("500").IntVar(&cfg.collector.Limits.Globals)
	app.Flag("tail.poll-interval", "Check each prof.log for new text this often.").Default("1s").DurationVar(&cfg.collector.PollInterval)
	app.Flag("analysis.interval", "Judge each process this often and expose what leaks as bro_finding; 0s switches the analysis off.").Default("10m").DurationVar(&cfg.analysis.interval)
	app.Flag("analysis.memory-limit", "Tell when the processes together reach this much memory, such as 64GB. Default: what is left in their cgroups and on the host.").
		PlaceHolder("BYTES").BytesVar(&cfg.analysis.memoryLimit)
	app.Flag("once", "Print the metrics and exit. Exit with 1 if no prof.log could be read.").BoolVar(&cfg.once)
	cfg.web.addFlags(app)
	promslogflag.AddFlags(app, &cfg.log)
	if _, err := app.Parse(args); err != nil {
		return nil, err
	}
	return cfg, cfg.resolve(enabled)
}

func (cfg *webConfig) addFlags(app *kingpin.Application) {
	cfg.FlagConfig = webflag.AddFlags(app, ":10147")
	app.Flag("web.telemetry-path", "Serve the metrics under this path.").Default("/metrics").StringVar(&cfg.telemetryPath)
	app.Flag("web.disable-exporter-metrics", "Leave out the metrics of the exporter's own runtime (go_*, process_*, promhttp_*).").BoolVar(&cfg.noSelfMetrics)
	app.Flag("web.max-requests", "Answer at most this many scrapes at a time; 0 means no limit.").Default("40").IntVar(&cfg.maxRequests)
	app.Flag("web.enable-pprof", "Serve Go's profiles of the exporter under /debug/pprof/.").BoolVar(&cfg.pprof)
}

// resolve checks the flags and completes the collector's configuration.
func (cfg *config) resolve(enabled map[string]*bool) error {
	for _, d := range []time.Duration{cfg.collector.DiscoveryInterval, cfg.collector.PollInterval, cfg.collector.StaleAfter, cfg.collector.ForgetAfter} {
		if d <= 0 {
			return errors.New("intervals must be longer than 0s")
		}
	}
	if cfg.analysis.interval < 0 || cfg.analysis.memoryLimit < 0 {
		return errors.New("--analysis.interval and --analysis.memory-limit must not be below 0")
	}
	if cfg.collector.Limits.Threads < 1 || cfg.collector.Limits.Globals < 1 {
		return errors.New("--collector.max-threads and --collector.max-globals must be at least 1")
	}
	if err := checkTelemetryPath(cfg.web.telemetryPath); err != nil {
		return err
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

// checkTelemetryPath refuses paths that no scrape could ask for as they are, and those of the
// exporter's other pages.
func checkTelemetryPath(path string) error {
	if !regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$`).MatchString(path) {
		return fmt.Errorf("--web.telemetry-path %q: write it as /metrics or /zeek/metrics, of letters, digits and - . _ ~", path)
	}
	for _, own := range []string{"/-", "/debug", "/process", "/style.css", "/filter.js", "/report.css"} {
		if path == own || strings.HasPrefix(path, own+"/") {
			return fmt.Errorf("--web.telemetry-path %q: the exporter serves something else under %s; choose another path, such as /metrics", path, own)
		}
	}
	return nil
}
