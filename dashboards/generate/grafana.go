package main

// What Grafana reads, as far as these dashboards use it: its JSON model of schema version 39, that
// of Grafana 10.4 and 11.0, which later releases read too.
const (
	schemaVersion = 39
	pluginVersion = "11.0.0" // without one Grafana would take panels for ones of version 6 and migrate them
)

// object is JSON that this program writes and never reads.
type object map[string]any

type grafanaDashboard struct {
	Annotations          annotationList  `json:"annotations"`
	Description          string          `json:"description"`
	Editable             bool            `json:"editable"`
	FiscalYearStartMonth int             `json:"fiscalYearStartMonth"`
	GraphTooltip         int             `json:"graphTooltip"`
	ID                   *int            `json:"id"`
	Links                []dashboardLink `json:"links"`
	Panels               []*grafanaPanel `json:"panels"`
	Refresh              string          `json:"refresh"`
	SchemaVersion        int             `json:"schemaVersion"`
	Tags                 []string        `json:"tags"`
	Templating           variableList    `json:"templating"`
	Time                 timeRange       `json:"time"`
	TimePicker           object          `json:"timepicker"`
	Timezone             string          `json:"timezone"`
	Title                string          `json:"title"`
	UID                  string          `json:"uid"`
	Version              int             `json:"version"`
	WeekStart            string          `json:"weekStart"`
}

type annotationList struct {
	List []annotation `json:"list"`
}

type annotation struct {
	BuiltIn     int        `json:"builtIn,omitempty"`
	Datasource  datasource `json:"datasource"`
	Enable      bool       `json:"enable"`
	Expr        string     `json:"expr,omitempty"`
	Hide        bool       `json:"hide"`
	IconColor   string     `json:"iconColor"`
	Name        string     `json:"name"`
	Step        string     `json:"step,omitempty"`
	TagKeys     string     `json:"tagKeys,omitempty"`
	TextFormat  string     `json:"textFormat,omitempty"`
	TitleFormat string     `json:"titleFormat,omitempty"`
	Type        string     `json:"type,omitempty"`
	// UseValueForTime places an annotation at the time that is the series' value, in milliseconds.
	UseValueForTime bool `json:"useValueForTime,omitempty"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type dashboardLink struct {
	AsDropdown  bool     `json:"asDropdown"`
	Icon        string   `json:"icon"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
	Tags        []string `json:"tags"`
	TargetBlank bool     `json:"targetBlank"`
	Title       string   `json:"title"`
	Tooltip     string   `json:"tooltip"`
	Type        string   `json:"type"`
	URL         string   `json:"url"`
}

type timeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type variableList struct {
	List []grafanaVariable `json:"list"`
}

type grafanaVariable struct {
	AllValue    string      `json:"allValue,omitempty"`
	Current     object      `json:"current"`
	Datasource  *datasource `json:"datasource,omitempty"`
	Definition  string      `json:"definition,omitempty"`
	Description string      `json:"description"`
	Hide        int         `json:"hide"`
	IncludeAll  bool        `json:"includeAll"`
	Label       string      `json:"label"`
	Multi       bool        `json:"multi"`
	Name        string      `json:"name"`
	Options     []object    `json:"options"`
	Query       any         `json:"query"`
	Refresh     int         `json:"refresh,omitempty"`
	Regex       string      `json:"regex"`
	SkipURLSync bool        `json:"skipUrlSync"`
	Sort        int         `json:"sort,omitempty"`
	Type        string      `json:"type"`
}

// grafanaPanel is a panel, or a row with the panels in it if it is collapsed.
type grafanaPanel struct {
	Collapsed       *bool            `json:"collapsed,omitempty"`
	Datasource      *datasource      `json:"datasource,omitempty"`
	Description     string           `json:"description,omitempty"`
	FieldConfig     *fieldConfig     `json:"fieldConfig,omitempty"`
	GridPos         gridPos          `json:"gridPos"`
	ID              int              `json:"id"`
	Links           []dashboardLink  `json:"links,omitempty"`
	MaxDataPoints   int              `json:"maxDataPoints,omitempty"`
	Options         object           `json:"options,omitempty"`
	Panels          *[]*grafanaPanel `json:"panels,omitempty"`
	PluginVersion   string           `json:"pluginVersion,omitempty"`
	Targets         []target         `json:"targets,omitempty"`
	Title           string           `json:"title"`
	Transformations []transformation `json:"transformations,omitempty"`
	Type            string           `json:"type"`
}

type gridPos struct {
	H int `json:"h"`
	W int `json:"w"`
	X int `json:"x"`
	Y int `json:"y"`
}

type fieldConfig struct {
	Defaults  fieldDefaults `json:"defaults"`
	Overrides []override    `json:"overrides"`
}

type fieldDefaults struct {
	Color      object     `json:"color"`
	Custom     object     `json:"custom,omitempty"`
	Links      []dataLink `json:"links,omitempty"`
	Mappings   []object   `json:"mappings"`
	Min        *float64   `json:"min,omitempty"`
	NoValue    string     `json:"noValue,omitempty"`
	Thresholds thresholds `json:"thresholds"`
	Unit       string     `json:"unit"`
}

type dataLink struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

type thresholds struct {
	Mode  string `json:"mode"`
	Steps []step `json:"steps"`
}

// step colours values from From on; the first step of a list has no From.
type step struct {
	Color string   `json:"color"`
	From  *float64 `json:"value"`
}

type override struct {
	Matcher    matcher    `json:"matcher"`
	Properties []property `json:"properties"`
}

type matcher struct {
	ID      string `json:"id"`
	Options string `json:"options"`
}

type property struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

type target struct {
	Datasource   datasource `json:"datasource"`
	EditorMode   string     `json:"editorMode"`
	Expr         string     `json:"expr"`
	Format       string     `json:"format"`
	Instant      bool       `json:"instant"`
	Interval     string     `json:"interval,omitempty"`
	LegendFormat string     `json:"legendFormat,omitempty"`
	Range        bool       `json:"range"`
	RefID        string     `json:"refId"`
}

type transformation struct {
	ID      string `json:"id"`
	Options object `json:"options"`
}
