package collector

import (
	"os"
	"testing"

	"bro_exporter/internal/spooltest"
)

func TestStatus(t *testing.T) {
	spool := spooltest.New(t)
	good, bad := spool.Node("worker-1"), spool.Node("worker-2")
	log := spooltest.Load(t, "3.0.14/live/prof.log")
	good.Start(log)
	good.Write(4)
	if err := os.Mkdir(bad.Path(), 0o755); err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Patterns: patterns(spool.Pattern())})
	if err != nil {
		t.Fatal(err)
	}
	c.Poll()
	all := c.Status().Processes
	if len(all) != 2 {
		t.Fatalf("%d processes", len(all))
	}
	if p := all[0]; p.Name != "worker-1" || p.State != Up || p.Newest.Time != log.Time(3) || p.Expensive == nil || p.Snapshots != 4 || p.Err != "" || p.CPU < 0 || p.CPU > 2 {
		t.Errorf("%+v", p)
	}
	if p := all[1]; p.Name != "worker-2" || p.State != Unreadable || p.Newest != nil || p.Err != errNotRegular.Error() || p.CPU != -1 {
		t.Errorf("%+v", p)
	}
}
