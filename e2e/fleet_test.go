package e2e_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bro_exporter/e2e/stack"
	"bro_exporter/internal/tool"
)

var (
	sensorsOfFleet   = flag.Int("sensors", 3, "sensors of TestFleet")
	processesOfFleet = flag.Int("processes", 4, "processes of each sensor of TestFleet")
	speedOfFleet     = flag.Int("speed", stack.Fast, "speed of TestFleet: 1 is real time, for figures of a real fleet")
	triesOfFleet     = flag.Int("tries", 1, "how often TestFleet asks each query; the shortest time counts")
	scrapesOfFleet   = flag.Int("scrapes", 10, "how many scrapes of each sensor TestFleet covers")
)

// sensor is a sensor of a fleet.
type sensor struct {
	*stack.Stack
	cluster, name string
	agent         *stack.Process
}

// fleet is a number of sensors. Their agents write to two stores, and each store has all rules.
type fleet struct {
	t       *testing.T
	sensors []*sensor
	// evaluators evaluate the rules on the store of the same name.
	stores, evaluators map[string]*stack.Process
	from, to           time.Time          // what is looked at
	cores              map[string]float64 // that the programs used in that time
}

const (
	inPrometheus = "Prometheus"
	inVictoria   = "VictoriaMetrics"
)

// The example runs for real: agents of sensors write to a Prometheus and to a VictoriaMetrics. Nothing is lost,
// the dashboards' queries have answers in both, and an alert names the cluster, the sensor and the process. Two
// clusters have sensors of the same names. Times and sizes are only reported: "make fleet" gives those of a
// fleet in real time.
func TestFleet(t *testing.T) {
	f := startFleet(t, *sensorsOfFleet)
	f.scrape(*scrapesOfFleet)
	f.complete()
	f.leakIsNamed()
	f.evaluates()
	f.answers("the fleet", "-cluster=.*", "-sensor=.*")
	f.answers("one sensor", "-cluster="+f.sensors[0].cluster, "-sensor="+f.sensors[0].name)
	f.report()
}

func startFleet(t *testing.T, n int) *fleet {
	t.Helper()
	f := &fleet{t: t}
	programs, err := stack.Build(t.TempDir())
	check(t, err)
	center := f.stack(programs)
	f.startStores(center)
	addresses := []string{}
	for _, store := range f.stores {
		addresses = append(addresses, strings.TrimPrefix(store.URL, "http://"))
	}
	logs := spool(t, *processesOfFleet)
	for i := range n {
		s := &sensor{Stack: f.stack(programs), cluster: []string{"site-a", "site-b"}[i%2], name: fmt.Sprintf("sensor%d", i/2+1)}
		_, err := s.Replay("--loop", "--interval="+s.SnapshotInterval(), logs)
		check(t, err)
		var leaks []stack.Node
		if i == 0 {
			leaks = slices.DeleteFunc(stack.Nodes(), func(n stack.Node) bool { return n.Process != "core" })
		}
		check(t, s.StartSensor(leaks))
		s.agent = startAgent(t, s.Stack, s.cluster, s.name, addresses...)
		f.sensors = append(f.sensors, s)
	}
	return f
}

func (f *fleet) stack(programs stack.Programs) *stack.Stack {
	s := stack.New(programs, f.t.TempDir())
	s.Speed = *speedOfFleet
	f.t.Cleanup(func() {
		if f.t.Failed() {
			f.t.Log(tail(s.Logs()))
		}
		if err := s.Stop(); err != nil {
			f.t.Error(err)
		}
	})
	return s
}

// tail is the end of a long text.
func tail(text string) string { return text[max(0, len(text)-5000):] }

// spool makes a directory with the real logs of n processes for proftool replay. Each is a file of its own,
// because proftool reads a file with two names only once.
func spool(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	add := func(process, log string) {
		check(t, os.Mkdir(filepath.Join(dir, process), 0o755))
		write(t, filepath.Join(dir, process, "prof.log"), read(t, "testdata/"+log+"/prof.log"))
	}
	add("manager", "7.0.11-cluster/manager")
	add("proxy-1", "7.0.11-cluster/proxy-1")
	workers := n - 2
	if n > 4 {
		add("logger", "7.0.11/threads")
		workers--
	}
	for i := range workers {
		add(fmt.Sprintf("worker-%d", i+1), fmt.Sprintf("7.0.11-cluster/worker-%d", i%2+1))
	}
	return dir
}

func (f *fleet) startStores(s *stack.Stack) {
	f.t.Helper()
	prometheus := startStore(f.t, s, "127.0.0.1:0")
	program, err := tool.Path("victoriametrics", "victoria-metrics")
	check(f.t, err)
	// New samples show at once, not after 30 s.
	victoria, err := s.Serve(program, "-httpListenAddr=127.0.0.1:0", "-storageDataPath="+s.Dir+"/victoria", "-search.latencyOffset=0s", "-search.disableCache")
	check(f.t, err)
	program, err = tool.Path("victoriametrics", "vmalert")
	check(f.t, err)
	vmalert, err := s.Serve(program, "-httpListenAddr=127.0.0.1:0", "-rule="+s.Dir+"/store/rules/*.yml", "-evaluationInterval="+scrapeInterval(s.Speed),
		"-datasource.url="+victoria.URL, "-remoteRead.url="+victoria.URL, "-remoteWrite.url="+victoria.URL, "-remoteWrite.flushInterval=200ms",
		"-rule.evalDelay=0s", "-notifier.blackhole")
	check(f.t, err)
	f.stores = map[string]*stack.Process{inPrometheus: prometheus, inVictoria: victoria}
	f.evaluators = map[string]*stack.Process{inPrometheus: prometheus, inVictoria: vmalert}
}

// scrape waits until each store has n more scrapes of each sensor.
func (f *fleet) scrape(n int) {
	f.t.Helper()
	await(f.t, f.stores[inPrometheus], `count by (cluster, sensor) (bro_up)`, len(f.sensors))
	f.from = time.Now()
	before := f.cpu()
	for i := range n {
		f.to = time.Now()
		for name, store := range f.stores {
			check(f.t, stack.Await(fmt.Sprintf("for %d scrapes of each sensor in %s", i+1, name), func() error {
				f.to = time.Now()
				series, err := stack.Query(store, f.over("count_over_time(up%s) >= %d", i+1))
				if err == nil && len(series) != len(f.sensors) {
					err = fmt.Errorf("%d sensors", len(series))
				}
				return err
			}))
		}
	}
	f.cores = map[string]float64{}
	for program, seconds := range f.cpu() {
		f.cores[program] = (seconds - before[program]) / time.Since(f.from).Seconds()
	}
}

// cpu returns the seconds of CPU that the programs have used, those of all sensors together.
func (f *fleet) cpu() map[string]float64 {
	f.t.Helper()
	seconds := map[string]float64{}
	for name, p := range f.center() {
		seconds[name] = value(f.t, p, "process_cpu_seconds_total")
	}
	for _, s := range f.sensors {
		seconds["all exporters"] += value(f.t, s.Exporter, "process_cpu_seconds_total")
		seconds["all agents"] += value(f.t, s.agent, "process_cpu_seconds_total")
	}
	return seconds
}

// center returns what runs in the center.
func (f *fleet) center() map[string]*stack.Process {
	return map[string]*stack.Process{inPrometheus: f.stores[inPrometheus], inVictoria: f.stores[inVictoria], "vmalert": f.evaluators[inVictoria]}
}

// over returns an expression with the time of the test in place of its first %s.
func (f *fleet) over(expr string, args ...any) string {
	window := fmt.Sprintf("[%dms] @ %s", f.to.Sub(f.from).Milliseconds(), seconds(f.to))
	return fmt.Sprintf(expr, append([]any{window}, args...)...)
}

// complete waits until both stores have every sample that the agents have scraped.
func (f *fleet) complete() {
	f.t.Helper()
	for name, store := range f.stores {
		for _, s := range f.sensors {
			check(f.t, stack.Await("for all samples of "+s.name+" in "+name, func() error {
				scraped, stored, err := f.count(store, s)
				if err == nil && (stored != scraped || scraped == 0) {
					err = fmt.Errorf("%d of %d samples", stored, scraped)
				}
				return err
			}))
		}
	}
}

// count returns how many samples an agent has scraped from its sensor by its own count, and how many of them
// a store has.
func (f *fleet) count(store *stack.Process, s *sensor) (scraped, stored int, err error) {
	const told = "scrape_samples_post_metric_relabeling"
	expr := fmt.Sprintf(`{job="zeek",cluster=%q,sensor=%q,__name__=~"(bro|process)_.+|%s"}[%dms]`, s.cluster, s.name, told, f.to.Sub(f.from).Milliseconds())
	series, err := f.get(store, "/api/v1/query", url.Values{"query": {expr}, "time": {seconds(f.to)}})
	if err != nil {
		return 0, 0, err
	}
	for _, text := range series {
		var one struct {
			Metric map[string]string
			Values [][2]any
		}
		if err := json.Unmarshal(text, &one); err != nil {
			return 0, 0, err
		}
		// VictoriaMetrics keeps the marks of series that have ended among their values.
		one.Values = slices.DeleteFunc(one.Values, func(v [2]any) bool { return v[1] == "NaN" })
		if one.Metric["__name__"] != told {
			stored += len(one.Values)
			continue
		}
		for _, v := range one.Values {
			n, err := strconv.Atoi(fmt.Sprint(v[1]))
			if err != nil {
				return 0, 0, err
			}
			scraped += n
		}
	}
	return scraped, stored, nil
}

// number asks for the value of the only series of an expression.
func number(store *stack.Process, expr string) (float64, error) {
	series, err := stack.Query(store, expr)
	if err == nil && len(series) != 1 {
		err = fmt.Errorf("%s has %d answers", expr, len(series))
	}
	if err != nil {
		return 0, err
	}
	return series[0].Value, nil
}

// leakIsNamed waits until an alert fires on the process that leaks, and for no namesake of its sensor.
func (f *fleet) leakIsNamed() {
	f.t.Helper()
	s := f.sensors[0]
	for name, evaluator := range f.evaluators {
		check(f.t, stack.Await("for the alert of "+name, func() error {
			alerts, err := stack.Alerts(evaluator)
			if err != nil {
				return err
			}
			firing := slices.DeleteFunc(alerts, func(a stack.Alert) bool { return a.Labels["alertname"] != "BroCoreLeak" || a.State != "firing" })
			if len(firing) == 0 {
				return errors.New("it does not fire")
			}
			for _, a := range firing {
				want := map[string]string{"cluster": s.cluster, "sensor": s.name, "instance": s.name + ":10147", "process": "core"}
				for label, value := range want {
					if a.Labels[label] != value {
						f.t.Errorf("%s: %s is %q, not %q: %v", name, label, a.Labels[label], value, a.Labels)
					}
				}
				text := a.Annotations["description"]
				if !strings.HasPrefix(text, "memory (total) of core on "+s.name+":10147 ("+s.cluster+") grows by ") || !strings.Contains(text, "B an hour") {
					return fmt.Errorf("%q", text)
				}
			}
			return nil
		}))
	}
}

// evaluates checks that every rule can be evaluated by both.
func (f *fleet) evaluates() {
	f.t.Helper()
	for name, evaluator := range f.evaluators {
		failed, err := stack.Failures(evaluator)
		check(f.t, err)
		if len(failed) > 0 {
			f.t.Errorf("%s cannot evaluate %q", name, failed)
		}
	}
}

// answers asks both stores the dashboards' queries. Both have the same samples, so they must answer the same
// queries. VictoriaMetrics extrapolates in another way, so values may differ.
func (f *fleet) answers(of string, choice ...string) {
	f.t.Helper()
	all := queries(f.t, append(choice, "-job=zeek", "-instance="+f.sensors[0].name+":10147", "-process=manager")...)
	answered := map[string]map[string]bool{}
	for name, store := range f.stores {
		answered[name] = map[string]bool{}
		var took []timed
		for _, q := range all {
			begin := time.Now()
			some, err := f.ask(store, q)
			fastest := time.Since(begin)
			if err != nil {
				f.t.Errorf("%s: %s: %s, %s: %v", name, q.Dashboard, q.Panel, q.Ref, err)
			}
			// Other work on the machine may delay one query, but hardly three.
			for range *triesOfFleet - 1 {
				begin = time.Now()
				_, err := f.ask(store, q)
				check(f.t, err)
				fastest = min(fastest, time.Since(begin))
			}
			took = append(took, timed{fastest, q})
			answered[name][q.Dashboard+": "+q.Row+": "+q.Panel+" "+q.Ref] = some
		}
		slices.SortFunc(took, func(a, b timed) int { return cmp.Compare(b.time, a.time) })
		f.t.Logf("%s, %s: %d queries, the slowest: %v", name, of, len(took), took[:3])
	}
	for _, panel := range slices.Sorted(maps.Keys(answered[inPrometheus])) {
		if p, v := answered[inPrometheus][panel], answered[inVictoria][panel]; p != v && !strings.Contains(panel, "Alerts") {
			f.t.Errorf("%s of %s has an answer in %s: %v, in %s: %v", panel, of, inPrometheus, p, inVictoria, v)
		}
	}
}

// timed is a query with the time that it took.
type timed struct {
	time time.Duration
	query
}

func (t timed) String() string {
	return fmt.Sprintf("%s (%s: %s, %s)", t.time.Round(time.Millisecond), t.Dashboard, t.Panel, t.Ref)
}

// ask asks a store as Grafana does, and reports whether it has an answer.
func (f *fleet) ask(store *stack.Process, q query) (some bool, err error) {
	path, form := "/api/v1/query", url.Values{"query": {q.Expr}, "time": {seconds(f.to)}}
	if !q.Instant {
		step := q.Step
		if *speedOfFleet > 1 {
			step = scrapeInterval(*speedOfFleet)
		}
		path, form = "/api/v1/query_range", url.Values{"query": {q.Expr}, "start": {seconds(f.from)}, "end": {seconds(f.to)}, "step": {step}}
	}
	series, err := f.get(store, path, form)
	return len(series) > 0, err
}

func seconds(t time.Time) string { return fmt.Sprintf("%.3f", float64(t.UnixMilli())/1000) }

// get returns the series of an answer.
func (f *fleet) get(store *stack.Process, path string, form url.Values) ([]json.RawMessage, error) {
	resp, err := http.PostForm(store.URL+path, form)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Error string
		Data  struct{ Result []json.RawMessage }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Error != "" {
		return nil, errors.New(answer.Error)
	}
	return answer.Data.Result, nil
}

// report logs the size and the cost of the fleet.
func (f *fleet) report() {
	f.t.Helper()
	prometheus, victoria := f.stores[inPrometheus], f.stores[inVictoria]
	series, err := number(prometheus, `count({__name__=~"(bro|process)_.+",job="zeek"} @ `+seconds(f.to)+`)`)
	check(f.t, err)
	samples, err := number(prometheus, f.over(`sum(sum_over_time(scrape_samples_post_metric_relabeling{job="zeek"}%s))`))
	check(f.t, err)
	f.t.Logf("%d sensors with %d processes each: %.0f series, %.0f samples a second, none lost", len(f.sensors), *processesOfFleet, series, samples/f.to.Sub(f.from).Seconds())
	for program, cores := range f.cores {
		f.t.Logf("%s: %.1f %% of a core", program, 100*cores)
	}
	for name, p := range f.center() {
		f.t.Logf("%s: %.0f MB resident", name, value(f.t, p, "process_resident_memory_bytes")/1e6)
	}
	resp, err := http.Get(victoria.URL + "/internal/force_merge")
	check(f.t, err)
	check(f.t, resp.Body.Close())
	check(f.t, stack.Await("for the merge", func() error {
		if n := value(f.t, victoria, "vm_active_force_merges"); n > 0 {
			return fmt.Errorf("%.0f are going on", n)
		}
		return nil
	}))
	rows, data, index := value(f.t, victoria, `vm_rows\{type="storage/\w+"\}`), value(f.t, victoria, `vm_data_size_bytes\{type="storage/\w+"\}`), value(f.t, victoria, `vm_data_size_bytes\{type="indexdb/\w+"\}`)
	f.t.Logf("%s: %.0f samples of %.2f bytes each on disk, and %.1f MB of index", inVictoria, rows, data/rows, index/1e6)
}
