package dashboards_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v2"

	"bro_exporter/internal/promtool"
	"bro_exporter/internal/tool"
)

// jsonnet renders a file, or an expression after -e, and returns what it prints.
func jsonnet(t *testing.T, args ...string) string {
	t.Helper()
	path, err := tool.Path("jsonnet", "jsonnet")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("jsonnet: %v\n%s", err, &stderr)
	}
	return stdout.String()
}

// renderRules writes the rule files for a configuration, and returns them.
func renderRules(t *testing.T, config string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	jsonnet(t, "-S", "-m", dir, "--tla-code", "config="+config, "rules.jsonnet")
	return map[string]string{
		"alerts.yml":    read(t, filepath.Join(dir, "alerts.yml")),
		"recording.yml": read(t, filepath.Join(dir, "recording.yml")),
		"native.yml":    read(t, filepath.Join(dir, "native.yml")),
	}
}

// The committed rules are the mixin's default.
func TestRulesAreUpToDate(t *testing.T) {
	for name, text := range renderRules(t, "{}") {
		if text != read(t, name) {
			t.Errorf("%s is not what the mixin makes: run make dashboards, and read the diff", name)
		}
	}
}

const site = `{
  selector: 'env="prod"',
  grafanaUrl: 'https://grafana.example.org/g',
  runbookUrlPattern: 'https://wiki.example.org/RUNBOOKS.md#%s',
  clusterLabel: 'site',
  alertLabels: { team: 'net' },
  severities: { critical: 'page', warning: 'ticket', info: 'mail' },
  cpuSaturatedRatio: 0.8,
}`

// A site's own values reach every rule, and Prometheus takes the result.
func TestMixinOfASite(t *testing.T) {
	dir := t.TempDir()
	for name, text := range renderRules(t, site) {
		write(t, filepath.Join(dir, name), text)
		if name == "native.yml" {
			continue // two jobs, each with a selector of its own
		}
		var content struct{ Groups []group }
		if err := yaml.Unmarshal([]byte(text), &content); err != nil {
			t.Fatal(err)
		}
		for _, g := range content.Groups {
			for _, r := range g.Rules {
				for _, at := range metricName.FindAllStringIndex(r.Expr, -1) {
					if selected := regexp.MustCompile(`^\{[^}]*env="prod"\}`); !selected.MatchString(r.Expr[at[1]:]) {
						t.Errorf("%s%s: no selector at %s", r.Alert, r.Record, r.Expr[at[0]:])
					}
				}
				if r.Alert != "" {
					checkSite(t, r)
				}
			}
		}
	}
	promtool.Run(t, "check", "rules", "--lint=all", "--lint-fatal", filepath.Join(dir, "alerts.yml"), filepath.Join(dir, "recording.yml"), filepath.Join(dir, "native.yml"))
}

var metricName = regexp.MustCompile(`\b(instance_process\w*:)?(bro_\w+(:\w+)?|up)\b`)

func checkSite(t *testing.T, r rule) {
	t.Helper()
	if want := "https://wiki.example.org/RUNBOOKS.md#" + strings.ToLower(r.Alert); r.Annotations["runbook_url"] != want {
		t.Errorf("%s: runbook %s", r.Alert, r.Annotations["runbook_url"])
	}
	if !strings.HasPrefix(r.Annotations["dashboard"], "https://grafana.example.org/g/d/bro-") || !strings.Contains(r.Annotations["dashboard"], "{{ with $labels.site }}&var-site=") {
		t.Errorf("%s: dashboard %s", r.Alert, r.Annotations["dashboard"])
	}
	if r.Labels["team"] != "net" || !regexp.MustCompile(`page|ticket|mail`).MatchString(r.Labels["severity"]) {
		t.Errorf("%s: labels %v", r.Alert, r.Labels)
	}
	if r.Alert == "BroCPUSaturated" && !strings.Contains(r.Expr, "> 0.8 ") {
		t.Errorf("%s: %s", r.Alert, r.Expr)
	}
}

// The mixin's dashboards are the committed ones, or these with a site's selector and labels.
func TestMixinDashboards(t *testing.T) {
	render := func(config string) map[string]json.RawMessage {
		var all map[string]json.RawMessage
		text := jsonnet(t, "-e", "((import 'mixin.libsonnet') + { _config+:: "+config+" }).grafanaDashboards")
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	files, err := filepath.Glob("*.json")
	if err != nil {
		t.Fatal(err)
	}
	defaults, sited := render("{}"), render(site)
	if !slices.Equal(slices.Sorted(maps.Keys(defaults)), files) {
		t.Errorf("the mixin has %v, committed are %v", slices.Sorted(maps.Keys(defaults)), files)
	}
	for _, name := range files {
		if compact(t, defaults[name]) != compact(t, []byte(read(t, name))) {
			t.Errorf("%s of the mixin is not the committed one", name)
		}
		if name == "runbooks.json" {
			continue
		}
		text := string(sited[name])
		for _, part := range []string{`cluster=~`, `$cluster`, `"cluster"`, `var-cluster`, `{cluster:`, `{job`, `({__name__`} {
			if strings.Contains(text, part) {
				t.Errorf("%s of a site still has %s", name, part)
			}
		}
		for _, part := range []string{`{env=\"prod\", job`, `site=~\"$site\"`, `label_values({env=\"prod\", __name__=~\"bro_up|instance_process:bro_up:native\"}, job)`} {
			if !strings.Contains(text, part) {
				t.Errorf("%s of a site lacks %s", name, part)
			}
		}
	}
}

func compact(t *testing.T, text []byte) string {
	t.Helper()
	var any any
	if err := json.Unmarshal(text, &any); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(any)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
