package parse

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// hostile are texts that could make a parser look at its input again and again. Each is n times
// the same, behind what begins a snapshot.
var hostile = map[string]string{
	"parentheses in one line":      "Mozilla/5.0 (X11; Linux) Gecko (like) ",
	"parentheses at line ends":     ")\n",
	"ends of threads":              " 1/2)\n",
	"ends of threads in one line":  " out=1/2) ",
	"ends of wrapped threads":      " in=1/1\n out=0/1)\n",
	"blank lines":                  "\n",
	"blanks":                       " ",
	"digits":                       "1",
	"letters":                      "x",
	"begun threads in one line":    "1.000000   x ",
	"begun threads and line ends":  "1.000000   x \n ",
	"numbers that are too large":   "1.000000         X = 99999999999999999999 ",
	"matrix rows in one line":      "1.000000 TCP-States:Inact. ",
	"Comm lines in one line":       "1.000000 Comm: peers=1 ",
	"command lines in one line":    "1.000000 Command line: ",
	"timers in one line":           "1.000000         X = 9 ",
	"unknown fields":               "x=1 ",
	"long keys":                    "x x",
	"dequeued":                     "x prints dequeue 1.000000 ",
	"stamps":                       "1.000000 ",
	"snapshots in one line":        "1.000000 Memory: total=1K ",
	"separators":                   "1.000000 " + dashes + "\n",
	"text without stamps":          "a = 5\n",
	"globals without their blanks": "1.000000 A::b = 5K (1/1 entries) ",
}

// work returns how many bytes a Reader looks at where it could look again and again.
func work(text []byte) int {
	r := NewReader(bytes.NewReader(text), "")
	for r.Scan() {
	}
	return r.asm.p.work
}

// Twice the text takes twice the work, and no byte is looked at more often than a few times.
func TestWorkIsLinear(t *testing.T) {
	for name, piece := range hostile {
		for _, before := range []string{"", "1.000000 Memory: total=1K\n", "1.000000 Memory: total=1K\n1.000000   x ", "1.000000 Memory: total=1K\n1.000000   x \n", "1.000000 Memory: total=1K\n1.000000 Comm: "} {
			for _, after := range []string{"", "\n"} {
				t.Run(fmt.Sprintf("%s behind %d bytes, %d behind", name, len(before), len(after)), func(t *testing.T) {
					for _, size := range []int{20e3, 300e3} {
						text := before + strings.Repeat(piece, size/len(piece)) + after
						if n := work([]byte(text)); n > maxWork*len(text) {
							t.Errorf("%d bytes looked at in %d", n, len(text))
						}
					}
				})
			}
		}
	}
}

// maxWork is how often a byte may be looked at.
const maxWork = 8

// FuzzWork checks that no text, however often it is repeated, makes a parser look at a byte more
// than a few times.
func FuzzWork(f *testing.F) {
	for _, piece := range hostile {
		f.Add([]byte("1.000000 Memory: total=1K\n1.000000   x "), []byte(piece), []byte("\n"))
	}
	f.Fuzz(func(t *testing.T, before, piece, after []byte) {
		if len(piece) == 0 {
			return
		}
		const size = 50e3
		text := bytes.Join([][]byte{before, bytes.Repeat(piece, 1+size/len(piece)), after}, nil)
		if n := work(text); n > maxWork*(len(text)+100) {
			t.Errorf("%d bytes looked at in %d", n, len(text))
		}
	})
}

// A line that comes byte by byte is searched for its end once.
func TestWorkOfPieces(t *testing.T) {
	a := NewAssembler("")
	line := strings.Repeat("x", 200<<10)
	for i := range line {
		a.Write([]byte(line[i : i+1]))
		for a.Scan() {
		}
	}
	if n := a.p.work; n > maxWork*len(line) {
		t.Errorf("%d bytes looked at in %d", n, len(line))
	}
}

// A record that is not complete is parsed once, however often it is looked at.
func TestPendingParsesOnce(t *testing.T) {
	a := NewAssembler("")
	a.Write([]byte("1.000000 Memory: total=1K\n1.000000   x " + strings.Repeat(hostile["parentheses in one line"], 1000)))
	for a.Scan() {
	}
	first := a.Pending()
	before := a.p.work
	for range 100 {
		if again := a.Pending(); len(again) != 1 || again[0] != first[0] {
			t.Fatalf("%+v, want %+v", again, first)
		}
	}
	if a.p.work != before {
		t.Errorf("%d bytes looked at again", a.p.work-before)
	}
	a.Write([]byte("\n1.000000 Triggers: total=1 pending=2\n"))
	for a.Scan() {
	}
	equal(t, "triggers", a.Pending()[0].Triggers, Triggers{Total: u(1), Pending: u(2)})
}

// Where no snapshot begins behind the separators, each byte is still read once.
func TestNextSnapshotReadsOnce(t *testing.T) {
	file := &repeated{text: hostile["separators"], n: 100_000}
	if at, err := NextSnapshot(file, 7, file.size()); at != file.size() || err != nil {
		t.Errorf("a snapshot at %d, %v", at, err)
	}
	if file.read > file.size()+100e3 {
		t.Errorf("%d bytes read of %d", file.read, file.size())
	}
}
