package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bro_exporter/collector"
	"bro_exporter/internal/promtool"
	"bro_exporter/parse"
	"bro_exporter/verdict"
)

var update = flag.Bool("update", false, "rewrite the dashboards")

// The committed dashboards are those that the code makes, and there are no others.
func TestUpToDate(t *testing.T) {
	if *update {
		if err := run([]string{"-dir", "..", "-runbooks", "../RUNBOOKS.md"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	fresh := t.TempDir()
	if err := run([]string{"-dir", fresh, "-runbooks", "../RUNBOOKS.md"}, nil); err != nil {
		t.Fatal(err)
	}
	want, got := jsonFiles(t, fresh), jsonFiles(t, "..")
	if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("committed are %v, made are %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s is not what the code makes: run make dashboards, and read the diff", name)
		}
	}
}

func jsonFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = string(b)
	}
	return files
}

// committed is a dashboard as it is committed, whatever code made it.
type committed struct {
	file string
	text string
	grafanaDashboard
}

func allCommitted(t *testing.T) []committed {
	t.Helper()
	var all []committed
	for file, text := range jsonFiles(t, "..") {
		c := committed{file: file, text: text}
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&c.grafanaDashboard); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, c)
	}
	if want := len(dashboards()) + 1; len(all) != want {
		t.Fatalf("%d dashboards, want %d", len(all), want)
	}
	return all
}

// asking returns those that ask Prometheus: all but the runbooks.
func asking(t *testing.T) []committed {
	return slices.DeleteFunc(allCommitted(t), func(c committed) bool { return c.UID == runbooksUID })
}

// flat returns rows and panels, those in collapsed rows too.
func (c committed) flat() []*grafanaPanel {
	var all []*grafanaPanel
	for _, p := range c.Panels {
		all = append(all, p)
		if p.Panels != nil {
			all = append(all, *p.Panels...)
		}
	}
	return all
}

func TestDashboards(t *testing.T) {
	uids := map[string]bool{}
	for _, c := range allCommitted(t) {
		if c.SchemaVersion < 39 {
			t.Errorf("%s: schemaVersion %d", c.file, c.SchemaVersion)
		}
		if want := "bro-" + strings.TrimSuffix(c.file, ".json"); c.UID != want || uids[c.UID] {
			t.Errorf("%s: uid %q, want %q, once", c.file, c.UID, want)
		}
		uids[c.UID] = true
		if c.Title == "" || c.Description == "" || c.Time.From == "" || c.ID != nil {
			t.Errorf("%s: no title, description or time range, or an id of some Grafana", c.file)
		}
		if !slices.Contains(c.Tags, tag) || len(c.Links) != 3 || !slices.Contains(c.Links[0].Tags, linked) {
			t.Errorf("%s: is not linked to the others", c.file)
		}
		if strings.Contains(c.text, "__inputs") || strings.Contains(c.text, "DS_PROMETHEUS") {
			t.Errorf("%s: asks for inputs", c.file)
		}
		for _, uid := range regexp.MustCompile(`"uid": "([^"]*)"`).FindAllStringSubmatch(c.text, -1) {
			if !slices.Contains([]string{"${datasource}", "-- Grafana --", c.UID}, uid[1]) {
				t.Errorf("%s: refers to %q", c.file, uid[1])
			}
		}
	}
}

func TestVariables(t *testing.T) {
	for _, c := range asking(t) {
		used := strings.Builder{}
		for _, p := range c.flat() {
			for _, target := range p.Targets {
				used.WriteString(target.Expr + "\n")
			}
		}
		var names []string
		for _, v := range c.Templating.List {
			names = append(names, v.Name)
			if v.Label == "" || v.Description == "" {
				t.Errorf("%s: variable %s has no label or description", c.file, v.Name)
			}
			if v.Label[:1] != strings.ToUpper(v.Label[:1]) {
				t.Errorf("%s: label %s of a variable is not capitalized", c.file, v.Label)
			}
			if v.Name != "datasource" && !strings.Contains(used.String(), "$"+v.Name) {
				t.Errorf("%s: variable %s is not used", c.file, v.Name)
			}
			if v.Type == "query" && (v.Datasource == nil || v.Datasource.UID != "${datasource}") {
				t.Errorf("%s: variable %s is not asked of the chosen data source", c.file, v.Name)
			}
		}
		if want := []string{"datasource", "job", "cluster", "sensor", "instance", "process"}; !slices.Equal(names[:6], want) {
			t.Errorf("%s: variables %v, want %v first", c.file, names, want)
		}
		known := append([]string{"__rate_interval", "__range"}, names...)
		for _, v := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(used.String(), -1) {
			if !slices.Contains(known, v[1]) {
				t.Errorf("%s: unknown variable $%s", c.file, v[1])
			}
		}
	}
}

// Without a choice the data source is Grafana's default, not the first by its name, and the dashboards of
// many processes show all.
func TestDefaults(t *testing.T) {
	for _, c := range asking(t) {
		for _, v := range c.Templating.List {
			if v.Name == "datasource" && v.Current["value"] != "default" {
				t.Errorf("%s: the data source is %v", c.file, v.Current)
			}
			optional := v.Name == "cluster" || v.Name == "sensor"
			if optional && v.AllValue != ".*" {
				t.Errorf("%s: %s leaves out series without it", c.file, v.Name)
			}
			if v.Type == "query" && (optional || c.UID != processUID) && !v.IncludeAll {
				t.Errorf("%s: %s does not show all", c.file, v.Name)
			}
		}
	}
}

func TestPanels(t *testing.T) {
	kinds := []string{"heatmap", "stat", "state-timeline", "table", "timeseries"}
	units := []string{"bytes", "cps", "dateTimeAsIso", "dateTimeFromNow", "cpm", "dtdurations", "eps", "mps", "none", "percentunit", "reqps", "s", "short"}
	for _, c := range asking(t) {
		titles, row := map[string]bool{}, ""
		for _, p := range c.flat() {
			if p.Type == "row" {
				row = p.Title
				continue
			}
			where := c.file + ": " + row + ": " + p.Title
			if titles[row+p.Title] || p.Title == "" {
				t.Errorf("%s: no title, or one twice", where)
			}
			titles[row+p.Title] = true
			if !slices.Contains(kinds, p.Type) {
				t.Errorf("%s: type %q", where, p.Type)
			}
			if len(p.Description) < 25 || !strings.HasSuffix(p.Description, ".") {
				t.Errorf("%s: description %q", where, p.Description)
			}
			if p.Datasource == nil || p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
				t.Errorf("%s: no data source or queries", where)
			}
			checkTargets(t, where, p)
			checkCells(t, where, p)
			if unit := p.FieldConfig.Defaults.Unit; !slices.Contains(units, unit) {
				t.Errorf("%s: unit %q", where, unit)
			}
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					if property.ID == "unit" && !slices.Contains(units, property.Value.(string)) {
						t.Errorf("%s: unit %q", where, property.Value)
					}
				}
			}
		}
	}
}

func checkTargets(t *testing.T, where string, p *grafanaPanel) {
	t.Helper()
	rate := regexp.MustCompile(`\brate\([^\[]*\[([^\]]*)\]`)
	refs := map[string]bool{}
	for _, target := range p.Targets {
		if refs[target.RefID] || target.Instant == target.Range || target.Datasource.UID != "${datasource}" {
			t.Errorf("%s: query %s: the same twice, neither or both of instant and range, or another data source", where, target.RefID)
		}
		refs[target.RefID] = true
		if target.Format != "table" && target.LegendFormat == "" {
			t.Errorf("%s: query %s has no legend", where, target.RefID)
		}
		for _, window := range rate.FindAllStringSubmatch(target.Expr, -1) {
			if window[1] != "$__rate_interval" {
				t.Errorf("%s: a rate over %s", where, window[1])
			}
		}
	}
}

// An empty cell of a table does not say that the whole table is empty.
func checkCells(t *testing.T, where string, p *grafanaPanel) {
	t.Helper()
	if p.Type != "table" || p.FieldConfig.Defaults.NoValue == "" || p.Title == "TCP states now" {
		return
	}
	own := 0
	for _, o := range p.FieldConfig.Overrides {
		if slices.ContainsFunc(o.Properties, func(p property) bool { return p.ID == "noValue" }) {
			own++
		}
	}
	if own != len(p.Targets) {
		t.Errorf("%s: %d of %d columns say what a cell without a value says", where, own, len(p.Targets))
	}
}

func TestLayout(t *testing.T) {
	for _, c := range allCommitted(t) {
		ids, taken := map[int]bool{}, map[[2]int]string{}
		for _, p := range c.flat() {
			if ids[p.ID] || p.ID == 0 {
				t.Errorf("%s: %s: id %d", c.file, p.Title, p.ID)
			}
			ids[p.ID] = true
		}
		for _, p := range c.Panels {
			at := p.GridPos
			if at.X < 0 || at.W < 1 || at.H < 1 || at.X+at.W > gridWidth {
				t.Errorf("%s: %s: at %v", c.file, p.Title, at)
			}
			for x := at.X; x < at.X+at.W; x++ {
				for y := at.Y; y < at.Y+at.H; y++ {
					if other, ok := taken[[2]int{x, y}]; ok {
						t.Fatalf("%s: %s lies on %s", c.file, p.Title, other)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
		}
	}
}

func TestCollapsedRow(t *testing.T) {
	two := []panel{{title: "a", view: lines{}}, {title: "b", view: lines{}}}
	d := dashboard{rows: []row{
		{title: "closed", collapsed: true, height: 5, width: 24, panels: two},
		{title: "open", height: 5, width: 12, panels: two},
	}}
	got := layOut(d)
	if len(got) != 4 || len(*got[0].Panels) != 2 {
		t.Fatalf("%d at top, %d in the collapsed row", len(got), len(*got[0].Panels))
	}
	inside := *got[0].Panels
	for i, want := range []gridPos{{1, 24, 0, 0}, {1, 24, 0, 1}, {5, 12, 0, 2}, {5, 12, 12, 2}} {
		if got[i].GridPos != want {
			t.Errorf("%s at %v, want %v", got[i].Title, got[i].GridPos, want)
		}
	}
	if want := (gridPos{5, 24, 0, 6}); inside[1].GridPos != want {
		t.Errorf("second panel of the collapsed row at %v, want %v", inside[1].GridPos, want)
	}
}

// metricName finds the metrics of the exporter and of recording rules.
var metricName = regexp.MustCompile(`\b(?:[a-z_]+:)?bro_\w+(?::\w+)?`)

// Every metric of a panel is chosen by job, instance and process, so that no other's is shown.
func TestMatchers(t *testing.T) {
	for _, c := range asking(t) {
		equals := "=~"
		if c.UID == processUID {
			equals = "="
		}
		// Series by host, as native.yml has them.
		byHost := `{cluster=~"$cluster", sensor=~"$sensor", host` + equals + `"$host", process` + equals + `"$process"`
		matchers := `{job` + equals + `"$job", cluster=~"$cluster", sensor=~"$sensor", instance` + equals + `"$instance", process` + equals + `"$process"`
		exprs := map[string]string{}
		for _, a := range c.Annotations.List[1:] {
			exprs[a.Name] = a.Expr
		}
		for _, p := range c.flat() {
			for _, target := range p.Targets {
				exprs[p.Title+" "+target.RefID] = target.Expr
			}
		}
		for where, expr := range exprs {
			for _, at := range metricName.FindAllStringIndex(expr, -1) {
				if strings.HasPrefix(expr[at[0]:], "host_process:") && strings.HasPrefix(expr[at[1]:], byHost) {
					continue
				}
				if !strings.HasPrefix(expr[at[1]:], matchers) {
					t.Errorf("%s: %s: %s has not the matchers %s", c.file, where, expr[at[0]:], matchers)
				}
			}
		}
	}
}

// exported returns the metrics that the exporter has printed for real logs, and those of the
// running process, which no log has; each with its labels besides job, instance and process.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	declared := map[string][]string{}
	exported := map[string][]string{}
	for _, topic := range append(collector.Topics(), collector.Health()) {
		for _, m := range topic.Metrics {
			declared[m.Name] = m.Labels
			if topic.Name == "process" {
				exported[m.Name] = m.Labels
			}
		}
	}
	golden, err := filepath.Glob("../../testdata/*/*/*.metrics")
	if err != nil || len(golden) < 30 {
		t.Fatalf("%d golden files, %v", len(golden), err)
	}
	for _, path := range golden {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^# TYPE (\w+) `).FindAllStringSubmatch(string(b), -1) {
			exported[m[1]] = declared[m[1]]
		}
	}
	// Golden files are too short to be judged.
	for _, m := range verdict.Metrics() {
		exported[m.Name] = m.Labels
	}
	return exported
}

// recorded returns the series of native.yml, with their labels other than job, instance and process.
func recorded(t *testing.T) map[string][]string {
	t.Helper()
	rules, err := os.ReadFile("../native.yml")
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^      - record: (\S+)$`).FindAllStringSubmatch(string(rules), -1) {
		recorded[m[1]] = []string{"host"}
	}
	if len(recorded) < 20 {
		t.Fatalf("native.yml has %d records", len(recorded))
	}
	return recorded
}

// Every series that rules record from telemetry has a panel, or another rule needs it.
func TestTelemetryIsShown(t *testing.T) {
	used := strings.Builder{}
	for _, d := range dashboards() {
		for _, a := range d.ask(settings{}) {
			used.WriteString(a.Expr + "\n")
		}
	}
	rules, err := os.ReadFile("../native.yml")
	if err != nil {
		t.Fatal(err)
	}
	for name := range recorded(t) {
		if !strings.Contains(used.String(), name+"{") && strings.Count(string(rules), name) < 2 {
			t.Errorf("no panel and no rule needs %s", name)
		}
	}
}

// A panel that only prof.log can fill says so when it is empty. One that telemetry fills too does not.
func TestPanelsTellThatTheyNeedProfLog(t *testing.T) {
	for _, c := range asking(t) {
		for _, p := range c.flat() {
			if p.Type == "row" {
				continue
			}
			needs := true
			for _, target := range p.Targets {
				if !metricName.MatchString(target.Expr) || strings.Contains(target.Expr, "_process:bro_") {
					needs = false
				}
			}
			if says := strings.Contains(p.FieldConfig.Defaults.NoValue, "Needs prof.log."); says != needs {
				t.Errorf("%s: %s says that it needs prof.log: %v, want %v", c.file, p.Title, says, needs)
			}
		}
	}
}

// Every kind of finding worse than a note is in one column of the table of leaking sensors.
func TestCausesAreAllKinds(t *testing.T) {
	rules, err := os.ReadFile("../alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, m := range regexp.MustCompile(`bro_finding\{kind="([a-z-]+)"`).FindAllStringSubmatch(string(rules), -1) {
		want[m[1]] = true
	}
	got := map[string]bool{}
	for _, c := range causes() {
		for _, k := range strings.Split(c.kinds, "|") {
			if got[k] {
				t.Errorf("%s is in two columns", k)
			}
			got[k] = true
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("columns have %v, alerts %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func TestMetricsExist(t *testing.T) {
	exported := exported(t)
	maps.Copy(exported, recorded(t))
	for _, c := range asking(t) {
		for _, v := range c.Templating.List {
			for _, name := range metricName.FindAllString(v.Definition, -1) {
				if _, ok := exported[name]; !ok {
					t.Errorf("%s: variable %s: no metric %s", c.file, v.Name, name)
				}
			}
		}
		for _, p := range c.flat() {
			for _, target := range p.Targets {
				known := []string{"job", "cluster", "sensor", "instance", "process"}
				for _, name := range metricName.FindAllString(target.Expr, -1) {
					labels, ok := exported[name]
					if !ok {
						t.Errorf("%s: %s: no metric %s", c.file, p.Title, name)
					}
					known = append(known, labels...)
				}
				for _, label := range regexp.MustCompile(`{{(\w+)}}`).FindAllStringSubmatch(target.LegendFormat, -1) {
					if !slices.Contains(known, label[1]) {
						t.Errorf("%s: %s: no label %s", c.file, p.Title, label[1])
					}
				}
			}
		}
	}
}

// Whatever is known of a process can be seen on its dashboard.
func TestProcessShowsEveryMetric(t *testing.T) {
	shown := map[string]bool{}
	for _, a := range process().ask(settings{}) {
		for _, name := range metricName.FindAllString(a.Expr, -1) {
			shown[name] = true
		}
	}
	for name := range exported(t) {
		if !shown[name] {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// Prometheus itself understands every query, with the variables filled in.
func TestQueriesParse(t *testing.T) {
	type rule struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	var rules []rule
	for _, a := range printed(t) {
		if strings.Contains(a.Expr, "$") {
			t.Errorf("%s: %s: a variable is left: %s", a.Dashboard, a.Panel, a.Expr)
		}
		rules = append(rules, rule{"panel:query", a.Expr})
	}
	// JSON is YAML.
	b, err := encode(object{"groups": []object{{"name": "dashboards", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	// The same record for all: promtool need not lint for duplicates.
	promtool.Run(t, "check", "rules", "--lint=none", path)
}

func printed(t *testing.T) []asked {
	t.Helper()
	var b bytes.Buffer
	if err := run([]string{"queries", "-process", "manager", "-range", "30m"}, &b); err != nil {
		t.Fatal(err)
	}
	var all []asked
	if err := json.Unmarshal(b.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// The command prints every query of every panel once.
func TestPrintQueries(t *testing.T) {
	got := map[string]int{}
	for _, a := range printed(t) {
		got[a.Dashboard]++
		if a.Dashboard == processUID && !strings.Contains(a.Expr, `process="manager"`) {
			t.Errorf("%s: %s is not about the manager: %s", a.Dashboard, a.Panel, a.Expr)
		}
		if a.Step == slowStep.String() && strings.Contains(a.Expr, "rate(") && !strings.Contains(a.Expr, "[20m]") {
			t.Errorf("%s: %s: a rate of what comes every 5 min: %s", a.Dashboard, a.Panel, a.Expr)
		}
	}
	for _, c := range asking(t) {
		want := len(c.Annotations.List) - 1
		for _, p := range c.flat() {
			want += len(p.Targets)
		}
		if got[c.UID] != want {
			t.Errorf("%s: %d queries, want %d", c.UID, got[c.UID], want)
		}
	}
}

// What an empty panel tells about releases is what the collector knows about its metrics.
func TestReleases(t *testing.T) {
	releases := map[string]parse.Releases{}
	for _, topic := range collector.Topics() {
		for _, m := range topic.Metrics {
			if m.Line != "" && m.Line != "/proc" {
				releases[m.Name] = m.Releases
			}
		}
	}
	until := regexp.MustCompile(`Written by 2\.0 to (\d\.\d) only`)
	since := regexp.MustCompile(`Written since (\d\.\d)`)
	told := 0
	for _, c := range asking(t) {
		for _, p := range c.flat() {
			if p.FieldConfig == nil {
				continue // a row, or a text
			}
			var written []parse.Releases
			for _, target := range p.Targets {
				for _, name := range metricName.FindAllString(target.Expr, -1) {
					if r, ok := releases[name]; ok {
						written = append(written, r)
					}
				}
			}
			text := p.FieldConfig.Defaults.NoValue
			if m := until.FindStringSubmatch(text); m != nil {
				told++
				if !slices.ContainsFunc(written, func(r parse.Releases) bool { return r.Until.String() == m[1] }) {
					t.Errorf("%s: %s: %q, but its metrics are of %v", c.file, p.Title, text, written)
				}
			}
			if m := since.FindStringSubmatch(text); m != nil {
				told++
				if !slices.ContainsFunc(written, func(r parse.Releases) bool { return r.Since.String() == m[1] }) {
					t.Errorf("%s: %s: %q, but its metrics are of %v", c.file, p.Title, text, written)
				}
			}
			ended := func(r parse.Releases) bool { return r.Until != 0 }
			if len(written) > 0 && !slices.ContainsFunc(written, func(r parse.Releases) bool { return !ended(r) }) && !until.MatchString(text) {
				t.Errorf("%s: %s: %q does not tell that its metrics are of %v", c.file, p.Title, text, written)
			}
		}
	}
	if told < 20 {
		t.Errorf("only %d panels tell their releases", told)
	}
}
