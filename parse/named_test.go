package parse

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// A script on a real Zeek 9.0 printed names below the list, which has none.
func TestNamedTablesOfARealLog(t *testing.T) {
	text, err := os.ReadFile("../testdata/9.0.0-rc1/table-leak-named/prof.log")
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []struct{ name, text string }{
		{name: "a script's own form", text: string(text)},
		{name: "without a size", text: withoutSize(string(text))},
	} {
		t.Run(form.name, func(t *testing.T) {
			var list []Global
			r := NewReader(strings.NewReader(form.text), "")
			for r.Scan() {
				if s, ok := r.Record().(*Snapshot); ok && s.Expensive {
					list = s.Clone().Globals.List
				}
			}
			if r.Err() != nil || r.Unparsed() != 0 {
				t.Errorf("%v, %d unparsed", r.Err(), r.Unparsed())
			}
			found := map[string]string{}
			for _, g := range list {
				if g.Size.Measured {
					t.Errorf("%s has a size that nobody measured", g.Name)
				}
				if g.Name != "" {
					found[g.Name] = fmt.Sprintf("%d/%d", g.Entries.Value, g.EntriesRecursive.Value)
				}
			}
			if len(list) != 20 || len(found) != 15 {
				t.Errorf("%d tables, %d with a name", len(list), len(found))
			}
			for name, want := range map[string]string{"Leak::conns_seen": "4551/4551", "Leak::by_host": "131/412", "Weird::actions": "169/169"} {
				if found[name] != want {
					t.Errorf("%s is %q, not %q", name, found[name], want)
				}
			}
		})
	}
}

// withoutSize turns "NAME = 0K (34/34 entries)" into "NAME = (34 entries)".
func withoutSize(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if head, tail, ok := strings.Cut(line, " = 0K ("); ok {
			n, _, _ := strings.Cut(tail, "/")
			line = head + " = (" + n + " entries)\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestNamedTables(t *testing.T) {
	for _, test := range []struct {
		name   string
		tables string
		names  string
		want   string
	}{
		{
			name:   "no names",
			tables: "734/734",
			want:   " 734/734",
		},
		{
			name:   "names in any order",
			tables: "200/200 300/300",
			names:  "b::b = (300 entries)|a::a = (200 entries)",
			want:   "a::a 200/200|b::b 300/300",
		},
		{
			name:   "equal numbers in order",
			tables: "200/200 200/250",
			names:  "a::a = (200 entries)|b::b = (200 entries)",
			want:   "a::a 200/200|b::b 200/250",
		},
		{
			name:   "a table that holds tables",
			tables: "200/200 4/704 300/300",
			names:  "a::a = (200 entries)|b::b = (4 entries)|c::c = (300 entries)|d::d = (4 entries)",
			want:   "a::a 200/200|b::b 4/704|c::c 300/300",
		},
		{
			name:   "one of two tables that hold tables",
			tables: "4/704 300/300",
			names:  "a::a = (4 entries)|b::b = (4 entries)|c::c = (300 entries)",
			want:   " 4/704|c::c 300/300",
		},
		{
			name:   "only large tables have names",
			tables: "4/704 300/300",
			names:  "c::c = (300 entries)",
			want:   " 4/704|c::c 300/300",
		},
		{
			name:   "a name of no table of the list",
			tables: "300/300",
			names:  "b::b = (200 entries)|c::c = (300 entries)",
			want:   "c::c 300/300",
		},
		{
			name:   "names of other tables",
			tables: "200/200 300/300",
			names:  "a::a = (300 entries)|b::b = (200 entries)",
			want:   " 200/200| 300/300",
		},
		{
			name:   "expiry",
			tables: "200/200 300/300",
			names:  "a::a = (200 entries) &create_expire=1.0 hr 30.0 mins|b::b = (300 entries) &create_expire=f(x)",
			want:   "a::a 200/200 5400s|b::b 300/300",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			const stamp = "1795479442.048493"
			text := stamp + " Memory: total=1K total_adj=0K malloced: 0K\n"
			for _, table := range strings.Fields(test.tables) {
				text += stamp + "                " + table + " entries\n"
			}
			text += stamp + " Total number of table entries: 1000/2000\n"
			for _, name := range strings.Split(test.names, "|") {
				if name != "" {
					text += stamp + "                " + name + "\n"
				}
			}
			r := NewReader(strings.NewReader(text), "")
			if !r.Scan() || r.Unparsed() != 0 {
				t.Fatalf("%v, %d unparsed", r.Record(), r.Unparsed())
			}
			var got []string
			for _, g := range r.Record().(*Snapshot).Globals.List {
				line := fmt.Sprintf("%s %d/%d", g.Name, g.Entries.Value, g.EntriesRecursive.Value)
				if g.CreateExpire.Measured {
					line += fmt.Sprintf(" %gs", g.CreateExpire.Value)
				}
				got = append(got, line)
			}
			if got := strings.Join(got, "|"); got != test.want {
				t.Errorf("%q, not %q", got, test.want)
			}
		})
	}
}

// The script prints what is read here.
func TestNamedTablesScript(t *testing.T) {
	script, err := os.ReadFile("../zeek/print-names.zeek")
	if err != nil {
		t.Fatal(err)
	}
	format := regexp.MustCompile(`print f, fmt\("(.*?)", network_time\(\), name, entries, tables\[name\]\);`).FindSubmatch(script)
	expiry := regexp.MustCompile(`fmt\("(.*?)", value\);`).FindSubmatch(script)
	if format == nil || expiry == nil {
		t.Fatal("the script prints no lines")
	}
	const time = 1795479442.048493
	text := fmt.Sprintf("%.6f Memory: total=1K total_adj=0K malloced: 0K\n%[1]f                734/735 entries\n", time) +
		fmt.Sprintf(string(format[1]), time, "Leak::conns_seen", 734, fmt.Sprintf(string(expiry[1]), "1.0 day")) + "\n"
	s := one(t, text)
	want := []Global{{Name: "Leak::conns_seen", Entries: u(734), EntriesRecursive: u(735), CreateExpire: f(86400)}}
	equal(t, "tables", s.Globals.List, want)
}
