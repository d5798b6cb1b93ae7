package main

import (
	"io"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"

	"bro_exporter/collector"
)

// newHandler returns the exporter's pages: metrics, health, and one that links to them.
func newHandler(c *collector.Collector, cfg *config, log *slog.Logger) (http.Handler, error) {
	processes := prometheus.NewRegistry()
	if err := processes.Register(c); err != nil {
		return nil, err
	}
	self := selfRegistry(c, cfg.noSelfMetrics)
	metrics := promhttp.HandlerFor(prometheus.Gatherers{processes, self}, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelError),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: cfg.maxRequests,
		EnableOpenMetrics:   true,
	})
	if !cfg.noSelfMetrics {
		metrics = promhttp.InstrumentMetricHandler(self, metrics)
	}
	landing, err := web.NewLandingPage(web.LandingConfig{
		Name:        "Bro/Zeek exporter",
		Description: "What every Bro or Zeek process of this host says of itself in its prof.log.",
		Version:     version.Info(),
		Links: []web.LandingLinks{
			{Address: cfg.telemetryPath, Text: "Metrics"},
			{Address: "/-/healthy", Text: "Healthy", Description: "the exporter runs"},
			{Address: "/-/ready", Text: "Ready", Description: "every prof.log has been looked at"},
		},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(cfg.telemetryPath, metrics)
	mux.Handle("/", landing)
	mux.HandleFunc("/-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, name+" is healthy.\n")
	})
	mux.HandleFunc("/-/ready", func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-c.Ready():
			io.WriteString(w, name+" is ready.\n")
		default:
			http.Error(w, name+" has not looked at every prof.log yet.", http.StatusServiceUnavailable)
		}
	})
	return mux, nil
}
