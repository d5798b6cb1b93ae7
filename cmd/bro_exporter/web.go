package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/sync/errgroup"

	"bro_exporter/collector"
	"bro_exporter/verdict"
)

// shutdownTimeout is how long scrapes that have begun may take to end, and a file that hangs.
const shutdownTimeout = 5 * time.Second

// serve serves the metrics until ctx is done and returns the exit code.
func serve(ctx context.Context, c *collector.Collector, live *verdict.Live, cfg *webConfig, log *slog.Logger) int {
	log.Info("Starting "+name, "version", version.Info())
	if err := web.Validate(*cfg.WebConfigFile); err != nil {
		log.Error("Cannot use the web configuration: correct the file or the files that it names", "file", *cfg.WebConfigFile, "err", err)
		return failed
	}
	handler, err := newHandler(c, live, cfg, log)
	if err != nil {
		log.Error("Cannot serve", "err", err)
		return failed
	}
	server := newServer(handler, *cfg.WebConfigFile, log)
	tasks, running := errgroup.WithContext(ctx)
	tasks.Go(func() error { c.Run(running); return nil })
	tasks.Go(func() error {
		err := web.ListenAndServe(server, cfg.FlagConfig, log)
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		logServeError(err, log)
		return err
	})
	tasks.Go(func() error {
		select {
		case <-running.Done():
			return nil
		case <-c.Ready():
		}
		if status := c.Status(); len(status.Processes) == 0 {
			warnNothing(status, log)
		}
		if live != nil { // what the logs hold is read when the first scrape has all it needs
			live.Run(running)
		}
		return nil
	})
	<-running.Done()
	code := 0
	if ctx.Err() == nil { // nobody asked: the server has failed
		code = failed
	}
	log.Info("Stopping")
	stop(server, tasks)
	return code
}

// stop ends the server and waits for all tasks to end, but not for ever.
func stop(server *http.Server, tasks *errgroup.Group) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close()
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = tasks.Wait() // its error has been logged
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

func logServeError(err error, log *slog.Logger) {
	var op *net.OpError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		log.Error("Another program listens on this address: stop it, or choose another address with --web.listen-address", "err", err)
	case errors.Is(err, fs.ErrPermission):
		log.Error("The exporter may not listen on this address: choose a port above 1023 with --web.listen-address", "err", err)
	case errors.As(err, &op) && op.Op == "listen":
		log.Error("The exporter cannot listen on this address: correct --web.listen-address", "err", err)
	default:
		log.Error("Cannot serve", "err", err)
	}
}

// maxConnections is how many connections clients may hold. Each takes about 20 KiB and a file descriptor, and
// the prof.logs need descriptors too.
const maxConnections = 500

// newServer returns a server whose clients cannot hold a connection by doing nothing.
func newServer(handler http.Handler, configFile string, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           readOnly(handler),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(newServerLog(configFile, logger), "", 0),
		ConnState:         newConnections(maxConnections).changed,
	}
}

// readOnly serves only requests that read. It refuses those with a body at once, and closes their
// connection: else net/http would wait for the body before it replies.
func readOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			w.Header().Set("Connection", "close")
		}
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Only GET and HEAD are served here.", http.StatusMethodNotAllowed)
		case r.ContentLength != 0:
			http.Error(w, "No request with a body is served here.", http.StatusBadRequest)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// newHandler returns all that the exporter serves.
func newHandler(c *collector.Collector, live *verdict.Live, cfg *webConfig, log *slog.Logger) (http.Handler, error) {
	links := []link{
		{Address: strings.TrimPrefix(cfg.telemetryPath, "/"), Text: "Metrics"},
		{Address: "-/healthy", Text: "Healthy"},
		{Address: "-/ready", Text: "Ready"},
	}
	if cfg.pprof {
		links = append(links, link{Address: "debug/pprof/", Text: "Profiles"})
	}
	site, err := newSite(c, live, links, log)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(cfg.telemetryPath, newMetrics(c, live, cfg, log))
	site.register(mux)
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
	if cfg.pprof {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return mux, nil
}

// gatherers gathers families of different names. prometheus.Gatherers would check and sort all of them
// at each scrape.
type gatherers []prometheus.Gatherer

// Gather implements prometheus.Gatherer.
func (g gatherers) Gather() (all []*dto.MetricFamily, err error) {
	for _, one := range g {
		families, failed := one.Gather()
		all, err = append(all, families...), errors.Join(err, failed)
	}
	return all, err
}

// newMetrics returns the handler of /metrics: Bro's processes and the exporter itself.
func newMetrics(c *collector.Collector, live *verdict.Live, cfg *webConfig, log *slog.Logger) http.Handler {
	self := prometheus.NewRegistry()
	self.MustRegister(versioncollector.NewCollector(name))
	self.MustRegister(c.Self()...)
	others := gatherers{self}
	if live != nil {
		others = append(others, live)
	}
	metrics := promhttp.HandlerForTransactional(c.GatherWith(tolerant{others, newOccasional(log)}), promhttp.HandlerOpts{
		ErrorLog: newScrapeLog(log),
		// Nothing is worth encoding for a client that has hung up.
		ErrorHandling:       promhttp.HTTPErrorOnError,
		MaxRequestsInFlight: cfg.maxRequests,
		EnableOpenMetrics:   true,
	})
	if cfg.noSelfMetrics {
		return metrics
	}
	self.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.InstrumentMetricHandler(self, metrics)
}
