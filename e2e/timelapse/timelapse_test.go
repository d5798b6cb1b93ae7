package timelapse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bro_exporter/internal/promtool"
	"bro_exporter/internal/tool"
)

func TestExpr(t *testing.T) {
	for _, test := range []struct{ expr, want string }{
		{`x`, `x`},
		{`increase(x[5m]) > 10`, `increase(x[2s500ms]) > 10`},
		{`max_over_time(x{y="a[5m]"}[1d:2h] offset 1h) # 5m`, `max_over_time(x{y="a[5m]"}[12m:1m] offset 30s) # 5m`},
		{`rate(x[2m])`, `(rate(x[1s]) / 120)`},
		{`1 / rate (x[2m]) * 3600`, `1 / (rate (x[1s]) / 120) * 3600`},
		{`sum(rate(x[2m])) / sum(deriv((y)[4m:2m]))`, `sum((rate(x[1s]) / 120)) / sum((deriv((y)[2s:1s]) / 120))`},
		{`rate((rate(x[2m]) > 0)[4m:])`, `(rate(((rate(x[1s]) / 120) > 0)[2s:]) / 120)`},
		{`job:x:rate5m > 8 * 3600 and y{z='2m'} > 2 ^ 30`, `job:x:rate5m > 8 * 3600 and y{z='2m'} > 2 ^ 30`},
		{`x{rate="(5m"}`, `x{rate="(5m"}`},
		{`sum by (rate) (x[1h30m])`, `sum by (rate) (x[45s])`},
		{`x[10ms] offset 0s`, `x[1ms] offset 0s`},
	} {
		if got := Expr(test.expr, 120); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.expr, got, test.want)
		}
	}
}

func TestRules(t *testing.T) {
	got, err := Rules([]byte(`
groups:
  - name: a
    interval: 5m
    rules:
      - {alert: B, expr: 'rate(c[4m]) > 1', for: 10m, labels: {severity: info}, annotations: {summary: 'For 10m.'}}
  - name: d
    rules: [{record: e, expr: f}]
`), 120)
	if err != nil {
		t.Fatal(err)
	}
	want := `groups:
- name: a
  interval: 2s500ms
  rules:
  - alert: B
    expr: (rate(c[2s]) / 120) > 1
    for: 5s
    labels:
      severity: info
    annotations:
      summary: For 10m.
- name: d
  rules:
  - record: e
    expr: f
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, expr := range []string{"time() - x > 60", "predict_linear(x[1h], 3600)", "hour() > 5"} {
		if _, err := Rules([]byte("groups: [{name: a, rules: [{record: b, expr: '"+expr+"'}]}]"), 2); err == nil {
			t.Errorf("%s is translated", expr)
		}
	}
	left, err := Rules([]byte("groups: [{name: a, rules: [{alert: B, expr: time() > 1}, {alert: C, expr: d}]}]"), 2, "B")
	if err != nil || strings.Contains(string(left), "alert: B") || !strings.Contains(string(left), "alert: C") {
		t.Errorf("without B: %s, %v", left, err)
	}
	if _, err := Rules([]byte("groups: [{name: a, limit: 3}]"), 2); err == nil || !strings.Contains(err.Error(), "limit") {
		t.Errorf("an unknown field gives %v", err)
	}
}

func TestImpatient(t *testing.T) {
	got, err := Impatient([]byte("groups: [{name: a, interval: 1m, rules: [{alert: B, expr: bro_finding, for: 10m}, {alert: C, expr: bro_finding, for: 5s}, {alert: D, expr: d, for: 5m}]}]"), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	want := "groups:\n- name: a\n  interval: 10s\n  rules:\n  - alert: B\n    expr: bro_finding\n    for: 10s\n  - alert: C\n    expr: bro_finding\n    for: 5s\n  - alert: D\n    expr: d\n    for: 5m\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What the project ships can be translated, and is still what Prometheus understands.
func TestOwnRules(t *testing.T) {
	for _, name := range []string{"recording.yml", "alerts.yml"} {
		text, err := os.ReadFile(filepath.Join(tool.Root(), "dashboards", name))
		if err != nil {
			t.Fatal(err)
		}
		fast, err := Rules(text, 120, "BroMemoryExhaustedSoon")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, fast, 0o644); err != nil {
			t.Fatal(err)
		}
		promtool.Run(t, "check", "rules", path)
	}
}
