package labelled

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"bro_exporter/parse"
)

// template is a snapshot of a real log with numbered slots in place of its numbers.
type template struct {
	command string         // "Command line: ... "
	lines   []line         // of an expensive snapshot
	slots   map[string]int // "Conns current/" -> slot, for the numbers of current=a/b
	values  []float64      // by slot: the numbers of the real snapshot
	threads []named
	timers  []named
	globals []named
	peak    bool // "Memory: total" is peak resident size (>= 2.4), which never falls

	order struct{ threads, timers, globals []named } // as the log lists them
	// releases are what a parser infers from a snapshot, by whether it is expensive.
	releases map[bool]parse.Releases
}

// line is written if the number in slot shown is not 0.
type line struct {
	shown int
	words []word
	end   string
}

// word is a text and the number after it.
type word struct {
	text     string
	slot     int
	decimals int
	width    int // of a cell of the TCP-States matrix, blank for 0
}

// named is the line of a thread, a timer or a global. Its numbers begin at slot.
type named struct {
	name  string
	slot  int
	words int
	shown int
}

// Slots that every template has.
const (
	nowhere   = iota // of a field that the release does not write
	always           // 1
	expensive        // 1 in an expensive snapshot
	numFixed
)

// The blanks before the names of threads, timers and globals.
const (
	beforeThread = "  "
	beforeTimer  = "        "
	beforeGlobal = "               "
)

// outline selects what becomes a template.
type outline struct {
	log     string   // its path in testdata
	threads []string // the ones to keep; nil for all
}

func readTemplate(testdata fs.FS, o outline) (*template, error) {
	data, err := fs.ReadFile(testdata, o.log)
	if err != nil {
		return nil, err
	}
	text := string(data)
	_, command, ok := strings.Cut(text, "Command line: ")
	if !ok {
		return nil, fmt.Errorf("%s: no command line", o.log)
	}
	command, _, _ = strings.Cut(command, "\n")
	snapshot, ok := lastExpensive(text)
	if !ok {
		return nil, fmt.Errorf("%s: no expensive snapshot", o.log)
	}
	t := &template{
		command: "Command line: " + command,
		slots:   map[string]int{"expensive": expensive},
		values:  make([]float64, numFixed),
		peak:    !strings.Contains(snapshot, "avg_nfa_states="),
	}
	t.values[always] = 1
	for text := range strings.Lines(snapshot) {
		t.addLine(text, o.threads)
	}
	return t, nil
}

// lastExpensive returns the lines of the last complete snapshot with tables, without the separators
// around it.
func lastExpensive(text string) (string, bool) {
	const total, begin, separator = " Total number of table entries:", " Memory:", " ------------------------\n"
	end := strings.LastIndex(text, separator)
	if end < 0 {
		return "", false
	}
	end = strings.LastIndex(text[:end], total)
	if end < 0 {
		return "", false
	}
	memory := strings.LastIndex(text[:end], begin)
	length := strings.IndexByte(text[end:], '\n')
	if memory < 0 || length < 0 {
		return "", false
	}
	first := strings.LastIndexByte(text[:memory], '\n') + 1
	return text[first : end+length+1], true
}

func (t *template) addLine(text string, threads []string) {
	stamp, body, _ := strings.Cut(text, " ")
	// "... ids_out=0 1795369068.349619 Global_sizes > 100k: 0K": Comm ends without a newline.
	if comm, glued, ok := strings.Cut(body, " "+stamp+" "); ok {
		t.addFields(comm + " ")
		t.addLine(stamp+" "+glued, threads)
		return
	}
	blanks := len(body) - len(strings.TrimLeft(body, " "))
	switch {
	case blanks == len(beforeGlobal):
		t.addGlobal(body)
	case blanks == len(beforeTimer):
		t.addTimer(body)
	case blanks == len(beforeThread):
		t.addThread(body, threads)
	case strings.HasPrefix(body, "TCP-States:"):
		t.addStates(strings.TrimSuffix(body, "\n"))
	case strings.HasPrefix(body, "Global_sizes >"):
		t.lines = append(t.lines, line{shown: expensive, end: body})
	default:
		t.addFields(body)
	}
}

// addFields adds a line like "Conns: tcp=106/117 udp=85/88 icmp=36/38\n", whose slots are
// named "Conns tcp", "Conns tcp/", "Conns udp", ...
func (t *template) addFields(body string) {
	head, rest, _ := strings.Cut(body, ": ")
	l := line{shown: always}
	if head == "RuleMatcher" || head == "Global_sizes total" || head == "Total number of table entries" {
		l.shown = expensive
	}
	l.words, l.end = t.words(head+": ", rest)
	key := head
	for i, w := range l.words {
		key = fieldName(key, head, w.text, i == 0)
		t.slots[key] = w.slot
	}
	t.lines = append(t.lines, l)
}

// fieldName returns the name of the number after text; before is the name of the number before it.
func fieldName(before, head, text string, first bool) string {
	if text == "/" {
		return before + "/"
	}
	if first {
		text = strings.TrimPrefix(text, head+": ")
	}
	words := strings.Fields(strings.TrimRight(text, "=: "))
	if len(words) == 0 {
		return head
	}
	return head + " " + words[len(words)-1]
}

// words cuts text at its numbers. The first word also holds head.
func (t *template) words(head, text string) (words []word, end string) {
	for {
		i := strings.IndexAny(text, "0123456789")
		if i < 0 {
			return words, head + text
		}
		n := i
		for n < len(text) && (text[n] == '.' || '0' <= text[n] && text[n] <= '9') {
			n++
		}
		_, fraction, _ := strings.Cut(text[i:n], ".")
		value, _ := strconv.ParseFloat(text[i:n], 64)
		words = append(words, word{text: head + text[:i], slot: t.newSlot(value), decimals: len(fraction)})
		head, text = "", text[n:]
	}
}

func (t *template) newSlot(value float64) int {
	t.values = append(t.values, value)
	return len(t.values) - 1
}

// addStates adds a line of the TCP-States matrix; the slots of its cells follow each other
// from "TCP-States" on, row by row.
func (t *template) addStates(body string) {
	const label, width, cells = len("TCP-States:Inact.  "), 8, 7
	if strings.Contains(body, "Inact.  Syn.") {
		t.lines = append(t.lines, line{shown: always, end: body + "\n"})
		return
	}
	l := line{shown: always, end: "\n"}
	for i := range cells {
		cell := body[label+width*i : label+width*(i+1)]
		value, _ := strconv.ParseFloat(strings.TrimSpace(cell), 64)
		w := word{slot: t.newSlot(value), width: width}
		if i == 0 {
			w.text = body[:label]
		}
		l.words = append(l.words, w)
	}
	if _, ok := t.slots["TCP-States"]; !ok {
		t.slots["TCP-States"] = l.words[0].slot
	}
	t.lines = append(t.lines, l)
}

func (t *template) addThread(body string, keep []string) {
	head, rest, _ := strings.Cut(body, " in=")
	name := strings.TrimSpace(head)
	if keep != nil && !slices.Contains(keep, name) {
		return
	}
	t.threads = append(t.threads, t.addNamed(len(t.lines), name, head, " in="+rest))
}

func (t *template) addTimer(body string) {
	name, number, _ := strings.Cut(body, " = ")
	n := t.addNamed(len(t.lines), strings.TrimLeft(name, " "), name, " = "+number)
	t.timers = append(t.timers, n)
}

func (t *template) addGlobal(body string) {
	if name, numbers, ok := strings.Cut(body, " = "); ok {
		t.globals = append(t.globals, t.addNamed(len(t.lines), strings.TrimLeft(name, " "), name, " = "+numbers))
		return
	}
	numbers := strings.TrimLeft(body, " ")
	t.globals = append(t.globals, t.addNamed(len(t.lines), strings.TrimSpace(body), beforeGlobal, numbers))
}

// addNamed inserts a line at the given place: head is its text with the name, which may hold
// digits, and rest the text with the numbers.
func (t *template) addNamed(at int, name, head, rest string) named {
	l := line{shown: t.newSlot(1)}
	l.words, l.end = t.words(head, rest)
	t.lines = slices.Insert(t.lines, at, l)
	return named{name: name, slot: l.words[0].slot, words: len(l.words), shown: l.shown}
}

// extend adds what else a sensor may have, where its release would write it.
func (t *template) extend() {
	t.withTable(ownTable)
	t.withTimer("ProfileTimer", "RotateTimer", "ScheduleTimer", "TableValTimer")
	t.withTimer("TriggerTimer", "ThreadHeartbeat")
	if len(t.threads) > 0 {
		t.withThread(ownReader)
	}
}

// finish prepares the template for use, after the last change of its lines.
func (t *template) finish() error {
	t.order.threads, t.order.timers, t.order.globals = t.inOrder(t.threads), t.inOrder(t.timers), t.inOrder(t.globals)
	var text []byte
	values := slices.Clone(t.values)
	for _, v := range []float64{0, 1, 0} {
		values[expensive] = v
		for _, g := range t.globals {
			values[g.shown] = v
		}
		text = t.appendSnapshot(text, epoch, values, false)
	}
	t.releases = map[bool]parse.Releases{}
	r := parse.NewReader(bytes.NewReader(text), "template")
	for r.Scan() {
		if s, ok := r.Record().(*parse.Snapshot); ok && len(t.releases) < 2 {
			t.releases[s.Expensive] = s.Releases
		}
	}
	return r.Err()
}

func (t *template) inOrder(list []named) []named {
	return slices.SortedFunc(slices.Values(list), func(a, b named) int { return t.lineOf(a.slot) - t.lineOf(b.slot) })
}

// stock adds what a sensor has after days.
func (t *template) stock() {
	for _, name := range stockTables {
		t.withTable(name)
	}
	t.withTimer(tunnelTimer, "ProfileTimer", "RotateTimer", "ScheduleTimer", "TableValTimer", "TriggerTimer", "ThreadHeartbeat")
}

// withTimer adds a timer type that the real snapshot does not list, before those named.
func (t *template) withTimer(name string, before ...string) {
	if slices.ContainsFunc(t.timers, func(n named) bool { return n.name == name }) {
		return
	}
	at := t.lineOf(t.slots["Threads current"])
	for _, n := range t.timers {
		if slices.Contains(before, n.name) {
			at = min(at, t.lineOf(n.slot))
		}
	}
	t.timers = append(t.timers, t.addNamed(at, name, beforeTimer+name, " = 0\n"))
}

// withThread adds a thread that the real process does not have, before the others.
func (t *template) withThread(name string) {
	at := t.lineOf(t.slots["Threads current"]) + 1
	t.threads = append(t.threads, t.addNamed(at, name, fmt.Sprintf(beforeThread+"%-25s", name), " in=0 out=0 pending=0/0 (#queue r/w: in=0/0 out=0/0)\n"))
}

// withTable adds a table to the middle of the globals. Releases from 5.1 on do not name it.
func (t *template) withTable(name string) {
	at := t.lineOf(t.globals[len(t.globals)/2].slot)
	head, rest := beforeGlobal+name, " = 0K (0/0 entries)\n"
	if !t.sized() {
		head, rest = beforeGlobal, "0/0 entries\n"
	}
	t.globals = append(t.globals, t.addNamed(at, name, head, rest))
}

// sized reports whether the release writes the sizes of globals (<= 5.0).
func (t *template) sized() bool { return t.slot("Global_sizes total") != nowhere }

// slot returns the slot of a field, nowhere if the release does not write it.
func (t *template) slot(name string) int { return t.slots[name] }

func (t *template) value(name string) float64 { return t.values[t.slot(name)] }

func (t *template) lineOf(slot int) int {
	return slices.IndexFunc(t.lines, func(l line) bool {
		return slices.ContainsFunc(l.words, func(w word) bool { return w.slot == slot })
	})
}

// appendSnapshot appends the text of a snapshot with the given numbers. The first of a process begins
// with its command line.
func (t *template) appendSnapshot(b []byte, time float64, values []float64, first bool) []byte {
	const separator = "------------------------\n"
	var digits [32]byte
	stamp := append(strconv.AppendFloat(digits[:0], time, 'f', 6, 64), ' ')
	b = append(append(b, stamp...), separator...)
	if first {
		b = append(append(append(b, stamp...), t.command...), '\n')
		b = append(append(b, stamp...), separator...)
	}
	for i := range t.lines {
		b = t.lines[i].append(b, stamp, values)
	}
	return b
}

func (l *line) append(b, stamp []byte, values []float64) []byte {
	if values[l.shown] == 0 {
		return b
	}
	b = append(b, stamp...)
	for i := range l.words {
		b = append(b, l.words[i].text...)
		b = l.words[i].appendNumber(b, values[l.words[i].slot])
	}
	return append(b, l.end...)
}

func (w *word) appendNumber(b []byte, v float64) []byte {
	const blanks = "        "
	if w.width > 0 {
		before := len(b)
		if v != 0 {
			b = strconv.AppendInt(b, int64(v), 10)
		}
		return append(b, blanks[min(len(b)-before, w.width):w.width]...)
	}
	if w.decimals == 0 {
		return strconv.AppendInt(b, int64(v), 10)
	}
	if v != v {
		return append(b, "-nan"...)
	}
	return appendFixed(b, v, w.decimals)
}

// appendFixed appends %.1f or %.2f.
func appendFixed(b []byte, v float64, decimals int) []byte {
	if decimals == 1 {
		n := int64(v*10 + 0.5)
		return append(strconv.AppendInt(b, n/10, 10), '.', byte('0'+n%10))
	}
	n := int64(v*100 + 0.5)
	return append(strconv.AppendInt(b, n/100, 10), '.', byte('0'+n/10%10), byte('0'+n%10))
}
