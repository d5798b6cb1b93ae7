package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every link leads to a dashboard, or to a panel of one, and chooses variables that it has.
func TestLinks(t *testing.T) {
	type target struct {
		variables []string
		panels    []int
	}
	targets := map[string]target{}
	for _, c := range allCommitted(t) {
		var to target
		for _, v := range c.Templating.List {
			to.variables = append(to.variables, v.Name)
		}
		for _, p := range c.flat() {
			to.panels = append(to.panels, p.ID)
		}
		targets["/d/"+c.UID] = to
	}
	for _, c := range allCommitted(t) {
		links := regexp.MustCompile(`[("](/d/[^)" ]*)`).FindAllStringSubmatch(c.text, -1)
		if len(links) == 0 {
			t.Errorf("%s links to nothing", c.file)
		}
		for _, link := range links {
			path, query, _ := strings.Cut(link[1], "?")
			to, ok := targets[path]
			if !ok {
				t.Errorf("%s: %s leads nowhere", c.file, link[1])
			}
			for _, part := range strings.Split(query, "&") {
				name, value, _ := strings.Cut(part, "=")
				if name == "" || strings.HasPrefix(name, "${") {
					continue // Grafana's own, such as the time range
				}
				if id, err := strconv.Atoi(value); name == "viewPanel" && (err != nil || !slices.Contains(to.panels, id)) {
					t.Errorf("%s: %s: there is no such panel", c.file, link[1])
				}
				if variable, ok := strings.CutPrefix(name, "var-"); ok && !slices.Contains(to.variables, variable) {
					t.Errorf("%s: %s: %s has no variable %s", c.file, link[1], path, variable)
				}
				if strings.Contains(value, "${__") && !strings.Contains(value, ":percentencode}") {
					t.Errorf("%s: %s: a value is not escaped", c.file, link[1])
				}
			}
		}
	}
}

// The dashboard of one process is never given the choice of many.
func TestLinksToOneProcess(t *testing.T) {
	for _, c := range allCommitted(t) {
		if c.UID == processUID {
			if slices.Contains(c.Tags, linked) {
				t.Errorf("%s is linked with the choice of many", c.file)
			}
			continue
		}
		for _, link := range c.Links {
			if strings.HasPrefix(link.URL, "/d/"+processUID) && link.IncludeVars {
				t.Errorf("%s: %s takes the choice of many along", c.file, link.Title)
			}
		}
	}
}

// What an empty panel says is true whatever the reason, and no query makes 0 of what was not measured.
func TestEmptyPanels(t *testing.T) {
	for _, c := range asking(t) {
		if strings.Contains(c.text, "vector(0)") || strings.Contains(c.text, "absent(") {
			t.Errorf("%s makes a value of what is absent", c.file)
		}
		for _, p := range c.flat() {
			if p.Type == "row" {
				continue
			}
			if p.Type != "row" && !regexp.MustCompile(`^No data\. \([A-Z].*\.\)$`).MatchString(p.FieldConfig.Defaults.NoValue) {
				t.Errorf("%s: %s says %q when it is empty", c.file, p.Title, p.FieldConfig.Defaults.NoValue)
			}
		}
	}
}

// The panel area of a screen of 1600 pixels, in pixels, and what a panel needs for its frame.
const (
	screenWidth = 1600 - 80
	frameWidth  = 24
)

// All columns of a table fit a screen of 1600 pixels.
func TestTablesFit(t *testing.T) {
	for _, c := range asking(t) {
		for _, p := range c.flat() {
			if p.Type != "table" {
				continue
			}
			if p.FieldConfig.Defaults.Custom["filterable"] != false || p.Options["footer"].(map[string]any)["enablePagination"] != false {
				t.Errorf("%s: %s has filters or pages", c.file, p.Title)
			}
			need := frameWidth
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					if o.Matcher.Options != "cluster" && (property.ID == "custom.width" || property.ID == "custom.minWidth") {
						need += int(property.Value.(float64))
					}
				}
			}
			if have := p.GridPos.W * screenWidth / gridWidth; need > have {
				t.Errorf("%s: %s needs %d pixels and has %d", c.file, p.Title, need, have)
			}
		}
	}
}

// A table is sorted by a column that it has, the worst first.
func TestTablesAreSorted(t *testing.T) {
	for _, d := range dashboards() {
		for _, r := range d.rows {
			for _, p := range r.panels {
				v, ok := p.view.(table)
				if !ok || v.sortBy == "" {
					continue
				}
				if !slices.ContainsFunc(p.queries, func(q query) bool { return q.legend == v.sortBy }) {
					t.Errorf("%s: %s is sorted by %q, which it does not have", d.title, p.title, v.sortBy)
				}
			}
		}
	}
}

// The numbers that mean trouble have a limit from which on they show it.
func TestThresholds(t *testing.T) {
	trouble := regexp.MustCompile(`(?i)down|leak|suspect|stuck|behind$|restarts|silent`)
	for _, c := range asking(t) {
		for _, p := range c.flat() {
			if p.Type != "stat" || !trouble.MatchString(p.Title) || p.Title == "A leak could hide" {
				continue
			}
			if len(p.FieldConfig.Defaults.Thresholds.Steps) < 2 && len(p.FieldConfig.Defaults.Mappings) == 0 {
				t.Errorf("%s: %s has no limit", c.file, p.Title)
			}
		}
	}
}

// The first screen of the overview lists what is wrong: 26 rows of the grid fit 1080 pixels.
func TestFirstScreen(t *testing.T) {
	want := []string{"Processes", "Down or silent", "Exporters down", "Leaks", "Stuck threads", "Furthest behind", "Findings", "Alerts"}
	for _, p := range build(overview()).Panels {
		if p.GridPos.Y+p.GridPos.H <= 26 {
			want = slices.DeleteFunc(want, func(title string) bool { return title == p.Title })
		}
	}
	if len(want) > 0 {
		t.Errorf("the first screen lacks %v", want)
	}
}

// Each panel keeps its id whatever comes before it.
func TestStableIDs(t *testing.T) {
	d := queues()
	ids := map[string]int{}
	for _, p := range build(d).Panels {
		ids[p.Title+p.Type] = p.ID
	}
	d.rows = append([]row{{title: "New", height: 4, width: 4, panels: []panel{{title: "New", view: number{}}}}}, d.rows...)
	for _, p := range build(d).Panels {
		if id, ok := ids[p.Title+p.Type]; ok && id != p.ID {
			t.Errorf("%s had id %d and has %d", p.Title, id, p.ID)
		}
	}
}

// Colours are told apart from the background of both themes, and text on them can be read.
func TestContrast(t *testing.T) {
	const dark, light = "#181b1f", "#ffffff" // of panels
	for _, color := range []string{blue, orange, green, pink, vermillion, grey} {
		for _, background := range []string{dark, light} {
			if c := contrast(t, color, background); c < 3 {
				t.Errorf("a line of %s on %s has a contrast of %.2f", color, background, c)
			}
		}
	}
	for _, color := range []string{alarm, warn, notice, unknown} {
		text := "#f7f8fa"
		if brightness(t, color) > 180 { // as Grafana decides
			text = "#202226"
		}
		if c := contrast(t, color, text); c < 4.5 {
			t.Errorf("text on %s has a contrast of %.2f", color, c)
		}
	}
	own := []string{blue, orange, green, pink, vermillion, grey, alarm, warn, notice, unknown, "continuous-blues"}
	for _, c := range asking(t) {
		for _, m := range regexp.MustCompile(`"(#[^"]*|red|green|yellow|[a-z-]+-(?:red|green|yellow)|continuous-[^"]*)"`).FindAllStringSubmatch(c.text, -1) {
			if !slices.Contains(own, m[1]) {
				t.Errorf("%s: colour %s", c.file, m[1])
			}
		}
	}
}

func rgb(t *testing.T, color string) (channels [3]float64) {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	for i := range channels {
		channels[i] = float64(n >> (16 - 8*i) & 255)
	}
	return channels
}

func brightness(t *testing.T, color string) float64 {
	c := rgb(t, color)
	return (c[0]*299 + c[1]*587 + c[2]*114) / 1000
}

// contrast is that of WCAG 2.
func contrast(t *testing.T, a, b string) float64 {
	luminance := func(color string) float64 {
		var linear [3]float64
		for i, c := range rgb(t, color) {
			if c /= 255; c <= 0.04045 {
				linear[i] = c / 12.92
			} else {
				linear[i] = math.Pow((c+0.055)/1.055, 2.4)
			}
		}
		return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
	}
	brighter, darker := luminance(a), luminance(b)
	if brighter < darker {
		brighter, darker = darker, brighter
	}
	return (brighter + 0.05) / (darker + 0.05)
}

// Runbooks and dashboards call each other by the same names, and each alert has a panel that explains it.
func TestRunbooksAndPanelsLinkBothWays(t *testing.T) {
	text, err := os.ReadFile("../RUNBOOKS.md")
	if err != nil {
		t.Fatal(err)
	}
	known, explained := map[string]bool{"Status > Targets": true, "Bro / Runbooks": true}, map[string]bool{}
	for _, d := range dashboards() {
		known[d.title] = true
		for _, r := range d.rows {
			known[r.title] = true
			for _, p := range r.panels {
				known[p.title] = true
				for _, q := range p.queries {
					known[q.legend] = true
				}
				for _, alert := range p.alerts {
					explained[alert] = true
				}
			}
		}
	}
	for _, name := range regexp.MustCompile(`[^*]\*(\w[^*\n]*\w)\*[^*]`).FindAllStringSubmatch(string(text), -1) {
		if !known[name[1]] {
			t.Errorf("RUNBOOKS.md names %q, which is no dashboard, row, panel or column", name[1])
		}
	}
	for _, p := range runbookDashboard(string(text)).rows[1].panels {
		if !explained[p.title] && p.title != "BroTablesNotMeasured" {
			t.Errorf("no panel links to the runbook of %s", p.title)
		}
		delete(explained, p.title)
	}
	for alert := range explained {
		t.Errorf("a panel links to the runbook of %s, which there is not", alert)
	}
}

// The links of alerts lead to a dashboard with the variables that they choose, escaped.
func TestLinksOfAlerts(t *testing.T) {
	variables := map[string][]string{}
	for _, c := range allCommitted(t) {
		for _, v := range c.Templating.List {
			variables[c.UID] = append(variables[c.UID], v.Name)
		}
	}
	text, err := os.ReadFile("../alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`dashboard: 'http://localhost:3000/d/([\w-]+)\?(.*)'`).FindAllStringSubmatch(string(text), -1)
	if len(links) < 20 {
		t.Fatalf("only %d links", len(links))
	}
	for _, link := range links {
		for _, m := range regexp.MustCompile(`var-(\w+)=\{\{ ([^}]*) \}\}`).FindAllStringSubmatch(link[2], -1) {
			if !slices.Contains(variables[link[1]], m[1]) {
				t.Errorf("%s has no variable %s", link[1], m[1])
			}
			if !strings.HasSuffix(m[2], "| urlquery") {
				t.Errorf("%s is not escaped", m[0])
			}
		}
	}
	if _, err := url.Parse("http://localhost:3000/d/" + links[0][1]); err != nil {
		t.Error(err)
	}
}

// The queries of the committed JSON are those that the program prints.
func TestCommittedQueries(t *testing.T) {
	var b strings.Builder
	if err := run([]string{"queries"}, &b); err != nil {
		t.Fatal(err)
	}
	var all []asked
	if err := json.Unmarshal([]byte(b.String()), &all); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range all {
		seen[fmt.Sprint(a.Dashboard, a.Row, a.Panel, a.Ref)] = true
	}
	if len(seen) != len(all) {
		t.Errorf("%d of %d queries have a name of their own", len(seen), len(all))
	}
}
