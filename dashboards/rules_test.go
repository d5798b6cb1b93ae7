// Package dashboards_test plays logs to the rules and sees which alerts fire. What a log is, and
// what it shows, is told by the logs themselves: no series is typed in by hand.
package dashboards_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v2"

	"bro_exporter/analyze"
	"bro_exporter/internal/promtool"
	"bro_exporter/parse"
)

// scene is one sensor with one process, and the alerts that fire on it, sooner or later.
type scene struct {
	name    string
	log     log
	stretch float64
	alerts  []string
	only    []string // the metrics that are scraped; nil for all
}

// stage is what is played together: each scene on a sensor of its own.
type stage struct {
	scrape, evaluation time.Duration
	// limit replaces the memory limit of 64 GiB, which no log reaches.
	limit  string
	scenes []scene
}

// Real logs last minutes, a block each second. At 15 they are what the same process would have
// written in an hour with the usual interval of 15 s. A leak of minutes must go on for a day to be
// seen by rules for days. So far stretched, start-up takes a day as well: of those logs only the
// tables are looked at. The logs of the labelled set last hours and days; most are not stretched.
func stages(t testing.TB) map[string]stage {
	t.Helper()
	labelledLog := labelledLogs(t)
	const usual = 15
	short := stage{scrape: time.Minute, evaluation: time.Minute, limit: defaultLimit, scenes: []scene{
		{"live, 2.3.2", realLog("2.3.2/live"), usual, nil, nil},
		{"live, 3.0.14", realLog("3.0.14/live"), usual, nil, nil},
		{"live, 7.0.11", realLog("7.0.11/live"), usual, nil, nil},
		{"default interval, 2.3.2", realLog("2.3.2/live-default-interval"), 1, nil, nil},
		{"default interval, 7.0.11", realLog("7.0.11/live-default-interval"), 1, nil, nil},
		{"odd threads, 2.3.2", realLog("2.3.2/threads"), usual, nil, nil},
		{"odd threads, 3.0.14", realLog("3.0.14/threads"), usual, nil, nil},
		{"odd threads, 7.0.11", realLog("7.0.11/threads"), usual, nil, nil},
		{"lines of scripts, 3.0.14", realLog("3.0.14/custom"), usual, nil, nil},
		{"manager, 7.0.11", realLog("7.0.11-cluster/manager"), usual, nil, nil},
		{"proxy, 7.0.11", realLog("7.0.11-cluster/proxy-1"), usual, nil, nil},
		{"worker, 7.0.11", realLog("7.0.11-cluster/worker-1"), usual, nil, nil},
		{"no interface, 7.0.11", realLog("7.0.11/no-interface"), usual, nil, nil},
		{"4 GiB at start, 7.0.11", realLog("7.0.11/memory-over-4GiB-at-start"), usual, nil, nil},
		{"restarts, 2.3.2", realLog(restarts("2.3.2", 1)...), 120, nil, nil},
		{"restarts, 7.0.11", realLog(restarts("7.0.11", 1)...), 120, nil, nil},

		{"restarts again and again, 7.0.11", realLog(restarts("7.0.11", 4)...), 30, []string{"BroRestartsOften"}, nil},
		{"reads packets as fast as it can, 7.0.11", realLog("7.0.11/pcap"), 1200, []string{"BroCPUSaturated"}, nil},
		{"late timers, 7.0.11", realLog("7.0.11/live").replaced("lag=0.", "lag=7."), usual, []string{"BroTimersLagging"}, nil},
	}}
	long := stage{scrape: time.Minute, evaluation: 5 * time.Minute, limit: defaultLimit, scenes: []scene{
		{"constant load", labelledLog("constant/flat/noise1/12h/7.0.11"), 1, nil, nil},
		{"noisy load", labelledLog("noise/flat/noise5/12h/3.0.14"), 1, nil, nil},
		{"morning", labelledLog("diurnal/morning/daily40/noise5/12h/7.0.11-worker"), 1, nil, nil},
		{"morning of a manager", labelledLog("diurnal/morning/daily40/noise5/12h/7.0.11-manager"), 1, nil, nil},
		{"evening", labelledLog("diurnal/evening/daily50/noise3/10h/2.3.2"), 1, nil, nil},
		{"day and night", labelledLog("diurnal/daily30/noise5/24h/3.0.14"), 1, nil, nil},
		{"bursts", labelledLog("bursts/bursts/noise5/6h/2.3.2"), 1, nil, nil},
		{"start-up", labelledLog("start-up/1h/flat/noise5/8h/3.0.14"), 1, nil, nil},
		{"reload of intelligence", labelledLog("steps/up/flat/noise3/12h/2.3.2"), 1, nil, nil},
		{"reloads of intelligence", labelledLog("steps/up-up-down-up/flat/noise3/12h/3.0.14"), 1, nil, nil},
		{"hourly restarts", labelledLog("restarts/hourly/flat/noise5/12h/2.3.2"), 1, nil, nil},
		{"four runs", labelledLog("restarts/four/flat/noise3/12h/7.0.11"), 1, nil, nil},
		{"backlog that drains", labelledLog("backlog-drains/in/flat/noise5/6h/7.0.11"), 1, nil, nil},
		{"backlog of a reader that drains", labelledLog("backlog-drains/out/flat/noise5/6h/3.0.14"), 1, nil, nil},
		{"saw-tooth", labelledLog("saw-tooth/1h/flat/noise5/10.5h/3.0.14"), 1, nil, nil},
		{"fills up", labelledLog("plateau/1h/flat/noise5/12h/2.3.2"), 1, nil, nil},
		{"signatures' cache", labelledLog("dfa-cache/2h/flat/noise3/12h/3.0.14"), 1, nil, nil},
		{"new peaks, ever rarer", labelledLog("rare-records/flat/noise5/12h/3.0.14"), 1, nil, nil},
		{"burst of memory", labelledLog("memory-burst/flat/noise3/12h/7.0.11"), 1, nil, nil},
		{"busy DNS", labelledLog("dns-burst/flat/noise5/12h/7.0.11"), 1, nil, nil},
		{"idle threads", labelledLog("idle-threads/flat/noise3/6h/2.3.2"), 1, nil, nil},
		{"replaced threads", labelledLog("thread-replaced/flat/noise3/12h/3.0.14"), 1, nil, nil},
		{"scans", labelledLog("scans/flat/noise5/6h/2.3.2"), 1, nil, nil},
		{"starved", labelledLog("starved/flat/noise5/6h/3.0.14"), 1, nil, nil},
		{"no traffic", labelledLog("idle/flat/noise3/6h/7.0.11"), 1, nil, nil},
		{"memory of the document", seedMemory, 1, []string{"BroMemoryGrowing", "BroCoreLeakSuspected", "BroTablesNotMeasured"}, nil},

		{"without tables", labelledLog("never-expensive/flat/noise3/6h/7.0.11"), 1, []string{"BroTablesNotMeasured"}, nil},
		{"stuck writer", labelledLog("thread-stuck/from0.1h/flat/noise2/6h/2.3.2"), 1, []string{"BroThreadStuck"}, nil},
		{"stuck writer, late", labelledLog("thread-stuck/from5.83h/flat/noise10/6h/7.0.11"), 1, []string{"BroThreadStuck"}, nil},
		{"slow writer", labelledLog("backlog-in/reads80%/flat/noise5/6h/3.0.14"), 1, []string{"BroQueueInGrowing"}, nil},
		{"slow main thread", labelledLog("backlog-out/reads80%/flat/noise10/6h/7.0.11"), 1, []string{"BroQueueOutGrowing"}, nil},
		{"slow reader", labelledLog("reader/reads80%/flat/noise2/6h/2.3.2"), 1, []string{"BroReaderNotOneToOne"}, nil},
		{"no DNS", labelledLog("dns-stuck/from0.2h/flat/noise5/6h/3.0.14"), 1, []string{"BroDNSStuck"}, nil},
		{"intelligence", labelledLog("intel/2%/h/flat/noise5/12h/2.3.2"), 1, []string{"BroWatchedGlobalGrowing"}, nil},
		{"globals", labelledLog("globals/5%/h/wandering/flat/noise3/12h/3.0.14"), 1, []string{"BroGlobalsGrowing"}, nil},
		{"table", labelledLog("script-table/5%/h/starved/flat/noise3/12h/7.0.11-worker"), 1, []string{"BroTableEntriesGrowing"}, nil},
		{"huge table", labelledLog("script-table/10%/h/hugemidlog/flat/noise5/10h/2.3.2"), 1, []string{"BroMemoryGrowing", "BroTableEntriesGrowing", "BroGlobalsGrowing"}, nil},
		{"held connections", labelledLog("conns-held/2%/h/flat/noise5/12h/7.0.11-worker"), 1, []string{"BroConnectionsHeld"}, nil},
		{"sessions", labelledLog("sessions/5%/h/starved/flat/noise3/12h/7.0.11"), 1, []string{"BroSessionsGrowing"}, nil},
		{"connections' memory", labelledLog("conn-memory/5%/h/starved/flat/noise3/12h/2.3.2"), 1, []string{"BroConnectionMemoryGrowing"}, nil},
		{"timers", labelledLog("timers/5%/h/starved/flat/noise3/12h/3.0.14"), 1, []string{"BroTimersGrowing"}, nil},
		{"core", labelledLog("core/5%/h/wandering/flat/noise3/12h/3.0.14"), 1, []string{"BroMemoryGrowing", "BroCoreLeakSuspected"}, nil},
	}}
	small := stage{scrape: time.Minute, evaluation: 5 * time.Minute, limit: "640 * 2 ^ 20", scenes: []scene{
		{"little memory", labelledLog("core/20%/h/bursts/noise10/6h/2.3.2"), 1, []string{"BroMemoryExhaustedSoon"}, nil},
		{"little memory, constant load", labelledLog("constant/flat/noise1/6h/2.3.2"), 1, nil, nil},
		{"little memory, day and night", labelledLog("diurnal/morning/daily60/noise3/6h/2.3.2"), 1, nil, nil},
	}}
	tables := []string{"bro_table_entries_recursive", "bro_globals_size_bytes", "bro_connections_total",
		"bro_runtime_real_seconds_total", "bro_prof_last_expensive_snapshot_timestamp_seconds"}
	days := stage{scrape: 2 * time.Minute, evaluation: 4 * time.Minute, limit: defaultLimit, scenes: []scene{
		{"table of a script, 2.3.2", realLog("2.3.2/table-leak"), 600, []string{"BroTableEntriesGrowing", "BroGlobalsGrowing"}, tables},
		{"table of a script, 3.0.14", realLog("3.0.14/table-leak"), 600, []string{"BroTableEntriesGrowing", "BroGlobalsGrowing"}, tables},
		{"table of a script, 7.0.11", realLog("7.0.11/table-leak"), 600, []string{"BroTableEntriesGrowing"}, tables},
		{"slow intelligence", labelledLog("intel/1%/h/flat/noise3/12h/3.0.14"), 7, []string{"BroWatchedGlobalGrowing", "BroGlobalsGrowing"}, nil},
		{"slow core", labelledLog("core/1%/h/flat/noise3/12h/7.0.11-worker"), 7, []string{"BroMemoryGrowing", "BroCoreLeakSuspected"}, nil},
		{"fills up for half a day", labelledLog("plateau/1h/flat/noise5/12h/3.0.14"), 3, nil, nil},
		{"three days of constant load", labelledLog("constant/flat/noise1/12h/7.0.11"), 7, nil, nil},
		{"three days with a reload", labelledLog("steps/up/flat/noise3/12h/2.3.2"), 7, nil, append(tables, "bro_global_size_bytes")},
	}}
	return map[string]stage{"short": short, "long": long, "small": small, "days": days}
}

// restarts are the three runs of a real process in one directory, that many times.
func restarts(release string, times int) []string {
	var paths []string
	for range times {
		for run := 1; run <= 3; run++ {
			paths = append(paths, fmt.Sprintf("%s/restart/prof.run%d.log", release, run))
		}
	}
	return paths
}

// TestAlerts plays every scene, and sees that its alerts fire and no other. What an alert calls a
// leak, proftool analyze must call one, on the same log; where no alert does, nor must the analysis.
func TestAlerts(t *testing.T) {
	metrics := metricsOfRules(t)
	for name, stage := range stages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var recorders []*recorder
			want := map[string][]string{}
			for _, s := range stage.scenes {
				r, found := s.play(t, stage.scrape, metrics)
				s.agree(t, found)
				recorders = append(recorders, r)
				want[s.name] = s.alerts
			}
			fire(t, &stage, recorders, want)
		})
	}
}

// play plays a scene for a recorder and for an analysis, and returns what each has of it.
func (s *scene) play(t *testing.T, scrape time.Duration, metrics []string) (*recorder, []analyze.Kind) {
	t.Helper()
	if s.only != nil {
		metrics = s.only
	}
	r := newRecorder(s.name, scrape, metrics)
	p := newPlayer(r, "worker-1", s.stretch)
	a := analyze.New(time.Time{}, time.Time{})
	s.log.blocks(t, func(block *parse.Snapshot) {
		a.Add(block)
		p.play(block.Clone())
	})
	p.end()
	var found []analyze.Kind
	report := a.Report("", "")
	for _, f := range report.Findings {
		if f.Level >= analyze.Stuck {
			found = append(found, f.Kind)
		}
	}
	return r, found
}

// agree compares the alerts of a scene with what the analysis has found.
func (s *scene) agree(t *testing.T, found []analyze.Kind) {
	t.Helper()
	alarmed := false
	for _, alert := range s.alerts {
		kinds := leaks()[alert]
		alarmed = alarmed || kinds != nil
		if kinds != nil && !slices.ContainsFunc(found, func(k analyze.Kind) bool { return slices.Contains(kinds, k) }) {
			t.Errorf("%s: %s fires, but the analysis finds %v", s.name, alert, found)
		}
	}
	if !alarmed && len(found) > 0 {
		t.Errorf("%s: no alert on a leak fires, but the analysis finds %v", s.name, found)
	}
}

// fire has promtool evaluate the rules, and compares the alerts that fire at any time on any sensor
// with those that are wanted.
func fire(t *testing.T, s *stage, recorders []*recorder, want map[string][]string) {
	t.Helper()
	dir := t.TempDir()
	var b strings.Builder
	fmt.Fprintf(&b, "rule_files: [recording.yml, alerts.yml]\nevaluation_interval: %s\ngroup_eval_order: [%s]\ntests:\n  - interval: %s\n    input_series:\n",
		s.evaluation, strings.Join(groups(t), ", "), s.scrape)
	var end time.Duration
	for _, r := range recorders {
		r.write(&b)
		end = max(end, r.lasts())
	}
	b.WriteString("    promql_expr_test:\n      - expr: 'group by (alertname, instance) (last_over_time(ALERTS{alertstate=\"firing\"}[30d]))'\n")
	fmt.Fprintf(&b, "        eval_time: %s\n        exp_samples:\n", end)
	for _, sensor := range slices.Sorted(maps.Keys(want)) {
		for _, alert := range want[sensor] {
			fmt.Fprintf(&b, "          - {labels: '{alertname=%q, instance=%q}', value: 1}\n", alert, strings.ReplaceAll(sensor, "'", "''"))
		}
	}
	write(t, filepath.Join(dir, "recording.yml"), strings.Replace(read(t, "recording.yml"), defaultLimit, s.limit, 1))
	write(t, filepath.Join(dir, "alerts.yml"), read(t, "alerts.yml"))
	write(t, filepath.Join(dir, "test.yml"), b.String())
	promtool.Run(t, "test", "rules", filepath.Join(dir, "test.yml"))
}

const defaultLimit = "64 * 2 ^ 30"

// leaks are the alerts that call something what proftool analyze calls it, too.
func leaks() map[string][]analyze.Kind {
	// That memory grows does not say what holds it.
	memory := []analyze.Kind{analyze.KindCore, analyze.KindMemory, analyze.KindScriptTable, analyze.KindIntel, analyze.KindGlobals}
	return map[string][]analyze.Kind{
		"BroThreadStuck":             {analyze.KindThreadStuck},
		"BroQueueInGrowing":          {analyze.KindBacklogIn},
		"BroQueueOutGrowing":         {analyze.KindBacklogOut},
		"BroReaderNotOneToOne":       {analyze.KindReader},
		"BroDNSStuck":                {analyze.KindDNSStuck},
		"BroMemoryGrowing":           memory,
		"BroMemoryExhaustedSoon":     memory,
		"BroCoreLeakSuspected":       {analyze.KindCore},
		"BroGlobalsGrowing":          {analyze.KindGlobals, analyze.KindScriptTable, analyze.KindIntel},
		"BroWatchedGlobalGrowing":    {analyze.KindIntel},
		"BroTableEntriesGrowing":     {analyze.KindScriptTable},
		"BroConnectionsHeld":         {analyze.KindConnsHeld},
		"BroSessionsGrowing":         {analyze.KindSessions},
		"BroConnectionMemoryGrowing": {analyze.KindConnMemory},
		"BroTimersGrowing":           {analyze.KindTimers, analyze.KindTriggers},
	}
}

// Every alert has a scene in which it fires.
func TestEveryAlertFires(t *testing.T) {
	fires := map[string]bool{}
	for _, stage := range stages(t) {
		for _, s := range stage.scenes {
			for _, alert := range s.alerts {
				fires[alert] = true
			}
		}
	}
	for _, h := range healthScenes() {
		for _, alert := range h.alerts {
			fires[alert] = true
		}
	}
	for _, a := range alerts(t) {
		if !fires[a.Alert] {
			t.Errorf("%s has no scene in which it fires", a.Alert)
		}
		delete(fires, a.Alert)
	}
	for name := range fires {
		t.Errorf("there is no alert %s", name)
	}
}

func TestRulesAreValid(t *testing.T) {
	promtool.Run(t, "check", "rules", "--lint=all", "--lint-fatal", "recording.yml", "alerts.yml")
	config := filepath.Join(t.TempDir(), "prometheus.yml")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	write(t, config, fmt.Sprintf("rule_files: [%[1]s/recording.yml, %[1]s/alerts.yml]\nscrape_configs: [{job_name: zeek, static_configs: [{targets: ['sensor1:10147']}]}]\n", here))
	promtool.Run(t, "check", "config", config)
	if !strings.Contains(read(t, "recording.yml"), defaultLimit) {
		t.Errorf("recording.yml no longer has the limit %s, which the scenes replace", defaultLimit)
	}
}

// rule is one of a rule file.
type rule struct {
	Record      string
	Alert       string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

type group struct {
	Name  string
	Rules []rule
}

func ruleGroups(t testing.TB) (all []group) {
	t.Helper()
	for _, file := range []string{"recording.yml", "alerts.yml"} {
		var content struct{ Groups []group }
		if err := yaml.Unmarshal([]byte(read(t, file)), &content); err != nil {
			t.Fatal(err)
		}
		all = append(all, content.Groups...)
	}
	return all
}

func groups(t testing.TB) (names []string) {
	for _, g := range ruleGroups(t) {
		names = append(names, g.Name)
	}
	return names
}

func alerts(t testing.TB) (all []rule) {
	for _, g := range ruleGroups(t) {
		for _, r := range g.Rules {
			if r.Alert != "" {
				all = append(all, r)
			}
		}
	}
	return all
}

// metricsOfRules are the metrics that the rules read.
func metricsOfRules(t testing.TB) []string {
	var names []string
	for _, g := range ruleGroups(t) {
		for _, r := range g.Rules {
			names = append(names, regexp.MustCompile(`\b(bro_[a-z_]+|up)\b`).FindAllString(r.Expr, -1)...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Alerts are written alike, and each has its section in the runbooks.
func TestConventions(t *testing.T) {
	sections := sections(t)
	for _, a := range alerts(t) {
		for what, ok := range map[string]bool{
			"the name is not CamelCase with Bro in front":      regexp.MustCompile(`^Bro[A-Za-z]+$`).MatchString(a.Alert),
			"the severity is unknown":                          slices.Contains([]string{"critical", "warning", "info"}, a.Labels["severity"]),
			"it has no for, or one that no missed scrape fits": len(a.For) > 1 && a.For != "1m",
			"the summary is no plain sentence":                 regexp.MustCompile(`^[A-Z][^{]+\.$`).MatchString(a.Annotations["summary"]),
			"the description does not name the sensor":         strings.Contains(a.Annotations["description"], "$labels.instance }}"),
			"the description does not name the process":        strings.Contains(a.Annotations["description"], "$labels.process }}") || strings.HasPrefix(a.Alert, "BroExporter") || a.Alert == "BroNoProcesses",
			"the description has no readable value":            regexp.MustCompile(`\$value \| humanize`).MatchString(a.Annotations["description"]),
			"the dashboard is none of ours":                    regexp.MustCompile(`^/d/bro-(overview|process|queues|leak-hunt)\?var-instance=`).MatchString(a.Annotations["dashboard"]),
			"the runbook is not its section":                   a.Annotations["runbook_url"] == "RUNBOOKS.md#"+strings.ToLower(a.Alert),
		} {
			if !ok {
				t.Errorf("%s: %s", a.Alert, what)
			}
		}
		section, ok := sections[a.Alert]
		for _, part := range []string{"What it means.", "How to confirm.", "Usual causes.", "What to do."} {
			if !strings.Contains(section, "\n**"+part+"** ") {
				t.Errorf("RUNBOOKS.md: %s has no part %q", a.Alert, part)
			}
		}
		if !ok {
			t.Errorf("RUNBOOKS.md has no section %s", a.Alert)
		}
		delete(sections, a.Alert)
	}
	for name := range sections {
		t.Errorf("RUNBOOKS.md has a section %s, and there is no such alert", name)
	}
}

// Links within the runbooks lead to a section.
func TestRunbookLinks(t *testing.T) {
	sections := sections(t)
	for _, link := range regexp.MustCompile(`\[(\w+)\]\(#(\w+)\)`).FindAllStringSubmatch(read(t, "RUNBOOKS.md"), -1) {
		if _, ok := sections[link[1]]; !ok || link[2] != strings.ToLower(link[1]) {
			t.Errorf("%s leads nowhere", link[0])
		}
	}
}

func sections(t testing.TB) map[string]string {
	all := map[string]string{}
	for _, section := range strings.Split(read(t, "RUNBOOKS.md"), "\n## ")[1:] {
		name, text, _ := strings.Cut(section, "\n")
		all[name] = text
	}
	return all
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
