// Package examples_test checks the examples with the parsers of what reads them.
package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v2"

	"bro_exporter/internal/promtool"
	"bro_exporter/internal/tool"
)

// rules makes a directory with a configuration, and the rule files that it names in rules/.
func rules(t *testing.T, config string, files ...string) (path string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o755); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, filepath.Base(config))
	link(t, config, path)
	for _, f := range files {
		link(t, f, filepath.Join(dir, "rules", filepath.Base(f)))
	}
	return path
}

func link(t *testing.T, from, to string) {
	t.Helper()
	from, err := filepath.Abs(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(from, to); err != nil {
		t.Fatal(err)
	}
}

func TestPrometheus(t *testing.T) {
	own := []string{"../dashboards/recording.yml", "../dashboards/alerts.yml"}
	promtool.Run(t, "check", "config", rules(t, "compose/prometheus.yml", append(own, "../dashboards/native.yml")...))
	promtool.Run(t, "check", "config", rules(t, "fleet/prometheus-central.yml", append(own, "fleet/fleet.yml")...))
	promtool.Run(t, "check", "config", "--agent", "fleet/prometheus-agent.yml")
	promtool.Run(t, "test", "rules", "fleet/fleet_test.yml")
}

func TestAlertmanager(t *testing.T) {
	amtool, err := tool.Path("alertmanager", "amtool")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(amtool, "check-config", "compose/alertmanager.yml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// compose is a compose file, as far as this one has it.
type compose struct {
	Name     string             `yaml:"name"`
	Services map[string]service `yaml:"services"`
	Volumes  map[string]*struct {
		DriverOpts map[string]string `yaml:"driver_opts"`
	} `yaml:"volumes"`
}

type service struct {
	Build       string            `yaml:"build"`
	Image       string            `yaml:"image"`
	Profiles    []string          `yaml:"profiles"`
	Entrypoint  []string          `yaml:"entrypoint"`
	Command     []string          `yaml:"command"`
	User        string            `yaml:"user"`
	PID         string            `yaml:"pid"`
	Environment map[string]string `yaml:"environment"`
	Ports       []string          `yaml:"ports"`
	Volumes     []string          `yaml:"volumes"`
	DependsOn   []string          `yaml:"depends_on"`
	ReadOnly    bool              `yaml:"read_only"`
	CapDrop     []string          `yaml:"cap_drop"`
	SecurityOpt []string          `yaml:"security_opt"`
	Restart     string            `yaml:"restart"`
}

var (
	pinned = regexp.MustCompile(`:v?\d+\.\d+\.\d+$`)
	local  = regexp.MustCompile(`^127\.0\.0\.1:\d+:\d+$`)
	choice = regexp.MustCompile(`\$\{\w+:-([^}]*)\}`)
)

// No engine runs here: what can be said of the file without one is that it is what compose reads,
// that images are pinned, that what it mounts is there, and that nothing is open to the network.
func TestCompose(t *testing.T) {
	var c compose
	unmarshal(t, "compose/compose.yaml", &c)
	for name, s := range c.Services {
		if s.Image != "bro_exporter" && !pinned.MatchString(s.Image) {
			t.Errorf("%s: image %q is not pinned", name, s.Image)
		}
		for _, p := range s.Ports {
			if !local.MatchString(p) {
				t.Errorf("%s: port %s is open to others", name, p)
			}
		}
		for _, d := range s.DependsOn {
			if _, ok := c.Services[d]; !ok {
				t.Errorf("%s depends on %s, which is not there", name, d)
			}
		}
		for _, v := range s.Volumes {
			c.mounts(t, name, choice.ReplaceAllString(v, "$1"))
		}
	}
	if _, err := os.Stat(filepath.Join("compose", c.Services["bro_exporter"].Build, "Dockerfile")); err != nil {
		t.Error(err)
	}
}

// mounts checks what a service mounts: a named volume, something that is here, or what hosts have.
func (c compose) mounts(t *testing.T, service, volume string) {
	t.Helper()
	from, _, _ := strings.Cut(volume, ":")
	switch {
	case strings.HasPrefix(from, "/"):
	case strings.HasPrefix(from, "."):
		if _, err := os.Stat(filepath.Join("compose", from)); err != nil {
			t.Errorf("%s: %v", service, err)
		}
	default:
		if _, ok := c.Volumes[from]; !ok {
			t.Errorf("%s: no volume is called %s", service, from)
		}
	}
}

func TestGrafana(t *testing.T) {
	var c compose
	unmarshal(t, "compose/compose.yaml", &c)
	var sources struct {
		APIVersion  int `yaml:"apiVersion"`
		Datasources []struct {
			Name, UID, Type, Access, URL string
			IsDefault                    bool           `yaml:"isDefault"`
			JSONData                     map[string]any `yaml:"jsonData"`
		}
	}
	unmarshal(t, "compose/grafana/datasources.yml", &sources)
	if s := sources.Datasources; len(s) != 1 || s[0].Type != "prometheus" || s[0].URL != "http://prometheus:9090" || !s[0].IsDefault {
		t.Errorf("datasources: %+v", s)
	}
	var providers struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Name, Folder, Type string
			AllowUIUpdates     bool `yaml:"allowUiUpdates"`
			Options            struct{ Path string }
		}
	}
	unmarshal(t, "compose/grafana/dashboards.yml", &providers)
	dir := providers.Providers[0].Options.Path
	mounts := strings.Join(c.Services["grafana"].Volumes, " ")
	if !strings.Contains(mounts, "../../dashboards:"+dir+":ro") {
		t.Errorf("the dashboards are not mounted at %s", dir)
	}
	home := c.Services["grafana"].Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	if _, err := os.Stat("../dashboards" + strings.TrimPrefix(home, dir)); err != nil {
		t.Error(err)
	}
}

func unmarshal(t *testing.T, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
