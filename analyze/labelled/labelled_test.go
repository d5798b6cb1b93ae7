package labelled

import (
	"os"
	"strings"
	"testing"

	"bro_exporter/parse"
)

func TestParses(t *testing.T) {
	for _, c := range cases(t) {
		parses(t, &c)
	}
}

func cases(t testing.TB) []Case {
	t.Helper()
	all, err := Cases(os.DirFS("../../testdata"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func parses(t *testing.T, c *Case) {
	f, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := parse.NewReader(f, c.Name)
	n := 0
	for r.Scan() {
		switch rec := r.Record().(type) {
		case *parse.Snapshot:
			n++
			if !rec.Whole() {
				t.Fatalf("%s: block %d is not whole", c.Name, n)
			}
		case *parse.SyntaxError:
			t.Fatalf("%s: %v", c.Name, rec)
		}
	}
	if n == 0 || r.Err() != nil || r.Unparsed() != 0 {
		t.Fatalf("%s: %d blocks, %v, %d lines unparsed", c.Name, n, r.Err(), r.Unparsed())
	}
}

type counting struct{ n int64 }

func (c *counting) Write(b []byte) (int, error) { c.n += int64(len(b)); return len(b), nil }

func BenchmarkText(b *testing.B) {
	all := cases(b)
	for _, template := range []string{"/2.3.2", "/3.0.14", "/7.0.11", "/7.0.11-worker"} {
		b.Run(template[1:], func(b *testing.B) {
			for _, c := range all {
				if strings.HasSuffix(c.Name, template) && c.Hours >= 12 {
					var w counting
					for b.Loop() {
						c.WriteTo(&w)
					}
					b.SetBytes(w.n / int64(b.N))
					return
				}
			}
		})
	}
}
