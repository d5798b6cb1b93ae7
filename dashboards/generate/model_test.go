package main

import (
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	grafana "github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// Grafana's own model reads every dashboard, down to the options of each type of panel: no field is unknown,
// of another type, or missing.
func TestGrafanaReadsThem(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	for _, c := range allCommitted(t) {
		var d grafana.Dashboard //nolint:staticcheck // newer than the model of the files, which Grafana 10.4 reads
		// It returns an error without text for no error.
		if err := d.UnmarshalJSONStrict([]byte(c.text)); err != nil && err.Error() != "" {
			t.Errorf("%s: %v", c.file, err)
		}
		if err := d.Validate(); err != nil {
			t.Errorf("%s: %v", c.file, err)
		}
		if len(d.Panels) != len(c.Panels) {
			t.Errorf("%s: Grafana reads %d of %d panels and rows", c.file, len(d.Panels), len(c.Panels))
		}
	}
}
