// Package dashboards_test plays logs to the rules and sees which alerts fire. What a log shows, the logs
// themselves decide: series are typed in by hand only for what no log at hand shows.
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
	"bro_exporter/verdict"
)

// scene is one sensor with one process, and the alerts that fire on it sooner or later, besides those
// that the findings of its analysis raise.
type scene struct {
	name    string
	log     log
	stretch float64
	alerts  []string
}

// stage is what is played together: each scene on a sensor of its own.
type stage struct {
	scrape, evaluation time.Duration
	scenes             []scene
}

// Real logs last minutes, a snapshot each second. Stretched by 15 they are what the same process would
// have written in an hour with the usual interval of 15 s. The logs of the labelled set last hours.
func stages(t testing.TB) map[string]stage {
	t.Helper()
	labelledLog := labelledLogs(t)
	const usual = 15
	short := stage{scrape: time.Minute, evaluation: time.Minute, scenes: []scene{
		{"live, 2.3.2", realLog("2.3.2/live"), usual, nil},
		{"live, 3.0.14", realLog("3.0.14/live"), usual, nil},
		{"live, 7.0.11", realLog("7.0.11/live"), usual, nil},
		{"default interval, 2.3.2", realLog("2.3.2/live-default-interval"), 1, nil},
		{"default interval, 7.0.11", realLog("7.0.11/live-default-interval"), 1, nil},
		{"odd threads, 2.3.2", realLog("2.3.2/threads"), usual, nil},
		{"odd threads, 3.0.14", realLog("3.0.14/threads"), usual, nil},
		{"odd threads, 7.0.11", realLog("7.0.11/threads"), usual, nil},
		{"lines of scripts, 3.0.14", realLog("3.0.14/custom"), usual, nil},
		{"manager, 7.0.11", realLog("7.0.11-cluster/manager"), usual, nil},
		{"proxy, 7.0.11", realLog("7.0.11-cluster/proxy-1"), usual, nil},
		{"worker, 7.0.11", realLog("7.0.11-cluster/worker-1"), usual, nil},
		{"no interface, 7.0.11", realLog("7.0.11/no-interface"), usual, nil},
		{"4 GiB at start, 7.0.11", realLog("7.0.11/memory-over-4GiB-at-start"), usual, nil},
		{"restarts, 2.3.2", realLog(restarts("2.3.2", 1)...), 120, nil},
		{"restarts, 7.0.11", realLog(restarts("7.0.11", 1)...), 120, nil},

		{"restarts again and again, 7.0.11", realLog(restarts("7.0.11", 4)...), 30, []string{"BroRestartsOften"}},
		{"reads packets as fast as it can, 7.0.11", realLog("7.0.11/pcap"), 1200, []string{"BroCPUSaturated"}},
		{"late timers, 7.0.11", realLog("7.0.11/live").replaced("lag=0.", "lag=7."), usual, []string{"BroTimersLagging"}},
	}}
	long := stage{scrape: time.Minute, evaluation: time.Minute, scenes: []scene{
		{"constant load", labelledLog("constant/flat/noise1/12h/7.0.11"), 1, nil},
		{"day and night", labelledLog("diurnal/daily30/noise5/24h/3.0.14"), 1, nil},
		{"bursts", labelledLog("bursts/bursts/noise5/6h/2.3.2"), 1, nil},
		{"hourly restarts", labelledLog("restarts/hourly/flat/noise5/12h/2.3.2"), 1, nil},
		{"backlog that drains", labelledLog("backlog-drains/in/flat/noise5/6h/7.0.11"), 1, nil},
		{"backlog of a reader that drains", labelledLog("backlog-drains/out/flat/noise5/6h/3.0.14"), 1, nil},
		{"busy DNS", labelledLog("dns-burst/flat/noise5/12h/7.0.11"), 1, nil},
		{"idle threads", labelledLog("idle-threads/flat/noise3/6h/2.3.2"), 1, nil},
		{"replaced threads", labelledLog("thread-replaced/flat/noise3/12h/3.0.14"), 1, nil},
		{"starved", labelledLog("starved/flat/noise5/6h/3.0.14"), 1, nil},
		{"no traffic", labelledLog("idle/flat/noise3/6h/7.0.11"), 1, nil},

		{"memory of the document", seedMemory, 1, []string{"BroTablesNotMeasured"}},
		{"without tables", labelledLog("never-expensive/flat/noise3/6h/7.0.11"), 1, []string{"BroTablesNotMeasured"}},
		{"stuck writer", labelledLog("thread-stuck/from0.1h/flat/noise2/6h/2.3.2"), 1, []string{"BroThreadStuck"}},
		{"stuck writer, late", labelledLog("thread-stuck/from5.83h/flat/noise10/6h/7.0.11"), 1, []string{"BroThreadStuck"}},
		{"slow writer", labelledLog("backlog-in/reads80%/flat/noise5/6h/3.0.14"), 1, []string{"BroQueueInGrowing"}},
		{"slow main thread", labelledLog("backlog-out/reads80%/flat/noise10/6h/7.0.11"), 1, []string{"BroQueueOutGrowing"}},
		{"slow reader", labelledLog("reader/reads80%/flat/noise2/6h/2.3.2"), 1, []string{"BroReaderNotOneToOne"}},
		{"no DNS", labelledLog("dns-stuck/from0.2h/flat/noise5/6h/3.0.14"), 1, []string{"BroDNSStuck"}},
		{"intelligence", labelledLog("intel/2%/h/flat/noise5/12h/2.3.2"), 1, nil},
		{"table", labelledLog("script-table/5%/h/starved/flat/noise3/12h/7.0.11-worker"), 1, nil},
		{"held connections", labelledLog("conns-held/2%/h/flat/noise5/12h/7.0.11-worker"), 1, nil},
		{"core", labelledLog("core/5%/h/wandering/flat/noise3/12h/3.0.14"), 1, nil},
	}}
	return map[string]stage{"short": short, "long": long}
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

// TestAlerts plays every scene, and sees that its alerts fire, those of its findings, and no other.
func TestAlerts(t *testing.T) {
	metrics := metricsOfRules(t)
	for name, stage := range stages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var recorders []*recorder
			want := map[string][]string{}
			for _, s := range stage.scenes {
				r, found := s.play(t, stage.scrape, metrics)
				recorders = append(recorders, r)
				want[s.name] = slices.Concat(s.alerts, alertsOf(found))
				slices.Sort(want[s.name])
				want[s.name] = slices.Compact(want[s.name])
			}
			fire(t, &stage, recorders, want)
		})
	}
}

// play plays a scene for a recorder and for an analysis, which judges every two hours and at the end, and
// returns what each has of it.
func (s *scene) play(t *testing.T, scrape time.Duration, metrics []string) (*recorder, []analyze.Finding) {
	t.Helper()
	const judgeEvery = 2 * 3600
	r := newRecorder(s.name, scrape, metrics)
	p := newPlayer(r, "worker-1", s.stretch)
	a := analyze.New(time.Time{}, time.Time{})
	var found []analyze.Finding
	judge := func() {
		v := verdict.Verdict{Report: a.Report("", "")}
		p.judge(&v)
		found = append(found, v.Current()...)
	}
	judged := 0.0
	s.log.snapshots(t, func(snapshot *parse.Snapshot) {
		real := snapshot.Runtime.Real.Value
		a.Add(snapshot)
		if real < judged {
			judged = 0
			p.findings = nil
		}
		if real-judged >= judgeEvery {
			judged = real
			judge()
		}
		p.play(snapshot.Clone())
	})
	judge()
	p.end()
	return r, found
}

// alertsOf are the alerts that findings raise.
func alertsOf(findings []analyze.Finding) (names []string) {
	for _, f := range findings {
		if f.Level >= analyze.Suspected {
			names = append(names, alertOf()[f.Kind])
		}
	}
	return names
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
	write(t, filepath.Join(dir, "recording.yml"), read(t, "recording.yml"))
	write(t, filepath.Join(dir, "alerts.yml"), read(t, "alerts.yml"))
	write(t, filepath.Join(dir, "test.yml"), b.String())
	promtool.Run(t, "test", "rules", filepath.Join(dir, "test.yml"))
}

// alertOf is the alert on each kind of finding.
func alertOf() map[analyze.Kind]string {
	return map[analyze.Kind]string{
		analyze.KindThreadStuck: "BroThreadStuck",
		analyze.KindBacklogIn:   "BroQueueInGrowing",
		analyze.KindBacklogOut:  "BroQueueOutGrowing",
		analyze.KindReader:      "BroReaderNotOneToOne",
		analyze.KindDNSStuck:    "BroDNSStuck",
		analyze.KindMemory:      "BroMemoryGrowing",
		analyze.KindCore:        "BroCoreLeak",
		analyze.KindScriptTable: "BroTableGrowing",
		analyze.KindIntel:       "BroIntelGrowing",
		analyze.KindGlobals:     "BroGlobalsGrowing",
		analyze.KindConnsHeld:   "BroConnectionsHeld",
		analyze.KindSessions:    "BroSessionsGrowing",
		analyze.KindConnMemory:  "BroConnectionMemoryGrowing",
		analyze.KindReassembler: "BroReassemblerGrowing",
		analyze.KindTimers:      "BroTimersGrowing",
		analyze.KindTriggers:    "BroTriggersGrowing",
		analyze.KindDNSCache:    "BroDNSCacheGrowing",
	}
}

// notes are the kinds of findings that are only worth knowing.
func notes() []string { return []string{"step", "restarts", "not-measured", "young"} }

// Every kind of finding has its alert, or is only worth knowing.
func TestEveryKindHasAnAlert(t *testing.T) {
	source, err := filepath.Glob("../analyze/*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range source {
		for _, m := range regexp.MustCompile(`(?m)^\tKind\w* +Kind += "([a-z-]+)"`).FindAllStringSubmatch(read(t, path), -1) {
			n++
			if alertOf()[analyze.Kind(m[1])] == "" && !slices.Contains(notes(), m[1]) {
				t.Errorf("no alert on findings of kind %q", m[1])
			}
		}
	}
	if n < len(alertOf()) {
		t.Errorf("only %d kinds found", n)
	}
	for kind, alert := range alertOf() {
		if want := fmt.Sprintf(`bro_finding{kind="%s", level=~"leak|stuck|suspected"}`, kind); !slices.ContainsFunc(alerts(t), func(r rule) bool {
			return r.Alert == alert && strings.Contains(r.Expr, want)
		}) {
			t.Errorf("%s does not look at %s", alert, want)
		}
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
	for _, alert := range alertOf() {
		fires[alert] = true // in TestFindings
	}
	fires["BroMemoryExhaustedSoon"], fires["BroDirectoryUnreadable"] = true, true // there, too
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
	Name     string
	Interval string
	Rules    []rule
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

// bySeverity is the severity of a finding.
const bySeverity = `{{ if eq $labels.level "suspected" }}info{{ else }}warning{{ end }}`

// Alerts are written alike, and each has its section in the runbooks.
func TestConventions(t *testing.T) {
	sections := sections(t)
	for _, name := range alertsOfNative(t) {
		if _, ok := sections[name]; !ok {
			t.Errorf("RUNBOOKS.md has no section %s", name)
		}
		delete(sections, name)
	}
	for _, a := range alerts(t) {
		for what, ok := range map[string]bool{
			"the name is not CamelCase with Bro in front":      regexp.MustCompile(`^Bro[A-Za-z]+$`).MatchString(a.Alert),
			"the severity is unknown":                          slices.Contains([]string{"critical", "warning", "info", bySeverity}, a.Labels["severity"]),
			"it has no for, or one that no missed scrape fits": len(a.For) > 1 && a.For != "1m",
			"the summary is no plain sentence":                 regexp.MustCompile(`^[A-Z][^{]+\.$`).MatchString(a.Annotations["summary"]),
			"the description does not name the sensor":         strings.Contains(a.Annotations["description"], "{{ $labels.instance }}"),
			"the description does not name the process":        strings.Contains(a.Annotations["description"], "$labels.process }}") || !strings.Contains(a.Annotations["dashboard"], "var-process"),
			"the description has no readable value":            regexp.MustCompile(`value \| humanize`).MatchString(a.Annotations["description"]),
			"the dashboard is none of ours":                    regexp.MustCompile(`^http://localhost:3000/d/bro-(overview|process|queues|leak-hunt)\?var-job=`).MatchString(a.Annotations["dashboard"]),
			"the runbook is none of ours":                      strings.HasPrefix(a.Annotations["runbook_url"], "http://localhost:3000/d/bro-runbooks?viewPanel="),
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
