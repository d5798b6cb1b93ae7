package analyze

import (
	"math"
	"os"
	"testing"
	"time"

	"bro_exporter/internal/labelled"
)

// A look leaves out each resource that cannot have become a leak since the look before. That must not change
// what the judge finds.
func TestScreenChangesNoFinding(t *testing.T) {
	cases, err := labelled.Sample(os.DirFS("../testdata"), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := 5; i < len(cases); i += 11 {
		c := &cases[i]
		t.Run(c.Name, func(t *testing.T) {
			screened, all := New(time.Time{}, time.Time{}), New(time.Time{}, time.Time{})
			for s, err := range c.Snapshots() {
				if err != nil {
					t.Fatal(err)
				}
				screened.Add(s)
				if all.current != nil {
					for _, r := range all.current.order {
						r.seen = math.Inf(-1)
					}
				}
				all.Add(s)
			}
			got, want := screened.Report(c.Name, ""), all.Report(c.Name, "")
			if len(got.Findings) != len(want.Findings) {
				t.Fatalf("%d findings, %d without the screen", len(got.Findings), len(want.Findings))
			}
			for k := range got.Findings {
				if g, w := got.Findings[k], want.Findings[k]; g.Kind != w.Kind || g.Level != w.Level || g.Resource != w.Resource {
					t.Errorf("%v %s, without the screen %v %s", g.Level, g.Text, w.Level, w.Text)
				}
			}
		})
	}
}
