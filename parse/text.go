package parse

import (
	"bytes"
	"fmt"
	"strconv"
)

// text is a cursor over the bytes of one record. Its methods take what stands at the cursor
// and move behind it, or leave the cursor where it is.
type text struct {
	b        []byte
	i        int
	cut      bool   // more bytes may follow: a number that touches the end is not a number yet
	lastLine int    // if cut: where the line begins that lacks its newline
	err      string // the first value that could not be read
	// unknown counts the fields that no rule knew.
	unknown uint64
	// work counts the bytes that were looked at and may be looked at again. Tests keep it in
	// proportion to the length of any text.
	work int
	// looked is where a rule has last looked for its fields, plus one; 0 between rules.
	looked int
}

// blank reports whether c separates words. Bro separates them by blanks and newlines; a hole in
// the file (somebody truncated it under the process) shows as NULs.
func blank(c byte) bool { return c <= ' ' }

func letter(c byte) bool { return c|0x20-'a' < 26 }

func digit(c byte) bool { return c-'0' <= 9 }

func (t *text) end() bool { return t.i == len(t.b) }

func (t *text) rest() []byte { return t.b[t.i:] }

// The loops below count with uint, which spares the compiler a check of each index.

func (t *text) skipBlanks() {
	i := uint(t.i)
	for i < uint(len(t.b)) && blank(t.b[i]) {
		i++
	}
	t.i = int(i)
}

func (t *text) skipWord() {
	i := uint(t.i)
	for i < uint(len(t.b)) && !blank(t.b[i]) {
		i++
	}
	t.i = int(i)
}

// indent takes blanks, but no newlines, and returns how many.
func (t *text) indent() int {
	start := t.i
	i := uint(start)
	for i < uint(len(t.b)) && t.b[i] == ' ' {
		i++
	}
	t.i = int(i)
	return t.i - start
}

func (t *text) skipLine() { t.i = min(t.lineEnd(t.i)+1, len(t.b)) }

// lineEnd returns where the line ends in which b[i] stands.
func (t *text) lineEnd(i int) int {
	n := bytes.IndexByte(t.b[i:], '\n')
	if n < 0 {
		n = len(t.b) - i
	}
	t.work += n
	return i + n
}

// literal takes s.
func (t *text) literal(s string) bool {
	b := t.rest()
	if len(b) < len(s) {
		return false
	}
	if string(b[:len(s)]) != s {
		return false
	}
	t.i += len(s)
	return true
}

// word takes blanks, if any, and s.
func (t *text) word(s string) bool {
	i := uint(t.i)
	for i < uint(len(t.b)) && blank(t.b[i]) {
		i++
	}
	end := i + uint(len(s))
	if end > uint(len(t.b)) {
		return false
	}
	// Most keys differ in their first letter, which spares a call.
	if len(s) > 0 && t.b[i] != s[0] || string(t.b[i:end]) != s {
		return false
	}
	t.i = int(end)
	return true
}

// stamp takes blanks and, if one is next, a time stamp.
func (t *text) stamp() bool {
	t.skipBlanks()
	if t.end() {
		return false
	}
	n := stampLen(t.rest())
	t.i += n
	return n > 0
}

// stampFollows reports whether a time stamp stands alone: another one is next, or nothing.
func (t *text) stampFollows() bool {
	return t.end() || blank(t.b[t.i]) || digit(t.b[t.i]) && stampLen(t.rest()) > 0
}

// glued reports whether no blank parts what was taken from what follows.
func (t *text) glued() bool {
	return !t.end() && t.i > 0 && !blank(t.b[t.i]) && !blank(t.b[t.i-1])
}

// maxStampSeconds is the most digits that a time stamp has before its point.
const maxStampSeconds = 12

// Stamp returns the length of the time stamp that a line begins with, 0 if it begins with none.
func Stamp(line []byte) int { return stampLen(line) }

// Separator looks for a separator, "1795368063.562356 ------------------------", at the end
// of a line and returns where it begins. What stands before it, a Comm line or a script's text
// without its newline, belongs to the snapshot before.
func Separator(line []byte) (start int, ok bool) { return separator(line) }

// stampLen returns the length of the time stamp at the start of b, "1795368063.562356"
// followed by a blank or the end, or 0.
func stampLen(b []byte) int {
	n := 0
	for n < len(b) && n <= maxStampSeconds && digit(b[n]) {
		n++
	}
	if n == 0 || n > maxStampSeconds || len(b) < n+7 || b[n] != '.' {
		return 0
	}
	for _, c := range b[n+1 : n+7] {
		if !digit(c) {
			return 0
		}
	}
	if n += 7; n < len(b) && !blank(b[n]) {
		return 0
	}
	return n
}

// stampValue returns a time stamp's seconds.
func stampValue(stamp []byte) float64 {
	v, _ := decimalValue(stamp)
	return v
}

const (
	dashes      = "------------------------"
	maxTrailing = 32 // blanks behind them
)

// dashed reports whether a line may end with a separator, as few do. It looks in two places: one
// holds a dash if few blanks follow the dashes, the other if many do.
func dashed(line []byte) bool {
	n, m := len(line)-len(dashes), len(line)-2*len(dashes)
	return n >= 0 && line[n] == '-' || m >= 0 && line[m] == '-'
}

// separator looks for a separator, "1795368063.562356 ------------------------", at the
// end of a line and returns where it begins. What stands before it does not matter: a Comm
// line or a script's text that lacks its newline is continued by the separator.
func separator(line []byte) (start int, ok bool) {
	end := len(line)
	for end > 0 && len(line)-end < maxTrailing && blank(line[end-1]) {
		end--
	}
	line, ok = bytes.CutSuffix(line[:end], []byte(" "+dashes))
	if !ok {
		return 0, false
	}
	start = len(line)
	for start > 0 && len(line)-start < 7 && digit(line[start-1]) {
		start--
	}
	if len(line)-start != 6 || start < 2 || line[start-1] != '.' || !digit(line[start-2]) {
		return 0, false
	}
	start--
	point := start
	for start > 0 && point-start < maxStampSeconds && digit(line[start-1]) {
		start--
	}
	return start, true
}

// lastBytes returns the end of a line in which separator finds what it would find in all of it.
func lastBytes(line []byte) []byte {
	return line[max(0, len(line)-maxStampSeconds-len(".000000 ")-len(dashes)-maxTrailing):]
}

// fail notes that the value at the cursor cannot be read, and moves behind it.
func (t *text) fail(what string) {
	start := t.i
	t.skipWord()
	if t.cut && t.end() {
		return
	}
	if t.err == "" {
		t.err = fmt.Sprintf("%s %.40q", what, t.b[start:t.i])
	}
}

// number takes a number. One below zero has wrapped in the process: measured is false then.
func (t *text) number() (n uint64, measured, ok bool) {
	if n, end := numberAt(t.b, t.i); uint(end) < uint(len(t.b)) && endsNumber(t.b[end]) {
		t.i = end
		return n, true, true
	}
	return t.oddNumber()
}

// oddNumber takes a number that is below zero, ends with the text, or is none.
func (t *text) oddNumber() (n uint64, measured, ok bool) {
	b, i := t.b, uint(t.i)
	end := uint(len(b))
	negative := i < end && b[i] == '-'
	if negative {
		i++
	}
	first := i
	for i < end && digit(b[i]) {
		n = n*10 + uint64(b[i]-'0')
		i++
	}
	if i-first > maxDigits {
		t.fail("a number too large for 64 bits:")
		return 0, false, false
	}
	if i == first || i == end && t.cut || i < end && !endsNumber(b[i]) {
		t.fail("not a number:")
		return 0, false, false
	}
	t.i = int(i)
	return n, !negative, true
}

// maxDigits is how many digits surely fit 64 bits. A number with more has wrapped below zero, if it
// is one of Bro's at all.
const maxDigits = 19

func endsNumber(c byte) bool { return blank(c) || c == 'K' || c == '/' || c == ')' }

// more reports whether a rule has to look for its fields at the cursor: at first, and again while a
// field is next. It skips and counts a field that the rule did not take: a newer release writes it.
// So fields may come in any order:
//
//	for t.more() {
//		t.uint("total=", &total)
//		t.uint("pending=", &pending)
//	}
func (t *text) more() bool {
	if t.looked == 0 {
		t.looked = t.i + 1
		return true
	}
	end := t.field()
	if end < 0 {
		t.looked = 0
		return false
	}
	if t.looked == t.i+1 {
		t.i = end
		t.unknown++
	}
	t.looked = t.i + 1
	return true
}

// taken moves behind the fields that a rule has taken already, up to b[end]; nowhere if it has not.
func (t *text) taken(end int) {
	if end >= 0 {
		t.i = end
		t.looked = end + 1
	}
}

// skipFields skips the fields that are next, all unknown.
func (t *text) skipFields() {
	for t.more() {
	}
}

// field returns the end of the field "key=value" that is next on the line, -1 if there is none.
func (t *text) field() (end int) {
	b, i := t.b, t.i
	for i < len(b) && blank(b[i]) && b[i] != '\n' {
		i++
	}
	if i == len(b) || !letter(b[i]) || i > 0 && !blank(b[i-1]) {
		return -1
	}
	for i < len(b) && !blank(b[i]) && b[i] != '=' {
		i++
	}
	if i == len(b) || b[i] != '=' {
		return -1
	}
	for i < len(b) && !blank(b[i]) {
		i++
	}
	return i
}

// uint takes the field "key=N" if it is next, and reports whether it was.
func (t *text) uint(key string, field *Opt[uint64]) bool {
	if !t.word(key) {
		return false
	}
	if n, measured, ok := t.number(); ok && measured {
		*field = Opt[uint64]{Value: n, Measured: true}
	}
	return true
}

// pair takes the field "key=N/M" if it is next.
func (t *text) pair(key string, a, b *Opt[uint64]) {
	if !t.word(key) {
		return
	}
	n, nMeasured, ok := t.number()
	if !ok {
		return
	}
	if !t.literal("/") {
		t.fail("no slash behind the number:")
		return
	}
	m, mMeasured, ok := t.number()
	if !ok {
		return
	}
	if nMeasured {
		*a = Opt[uint64]{Value: n, Measured: true}
	}
	if mMeasured {
		*b = Opt[uint64]{Value: m, Measured: true}
	}
}

// wrappedKiB is where a difference that went below zero shows, 2^64 bytes in KiB, minus what
// any real size can be.
const wrappedKiB = 1 << 53

// kib takes the field "key=NK", NK being KiB, if it is next.
func (t *text) kib(key string, field *Opt[uint64]) {
	if n, ok := t.sizeK(key); ok && n < wrappedKiB {
		*field = Opt[uint64]{Value: n * 1024, Measured: true}
	}
}

// bytesK takes the field "key=NK" if it is next. The K is wrong: N is bytes.
func (t *text) bytesK(key string, field *Opt[uint64]) {
	if n, ok := t.sizeK(key); ok {
		*field = Opt[uint64]{Value: n, Measured: true}
	}
}

func (t *text) sizeK(key string) (uint64, bool) {
	if !t.word(key) {
		return 0, false
	}
	n, measured, ok := t.number()
	if !ok {
		return 0, false
	}
	if !t.literal("K") {
		t.fail("no K behind the number:")
		return 0, false
	}
	return n, measured
}

// decimal takes the field "key=N.N" if it is next; below zero it is not measured.
func (t *text) decimal(key string, field *Opt[float64]) {
	var v Opt[float64]
	if t.signed(key, "", &v); v.Measured && v.Value >= 0 {
		*field = v
	}
}

// signed takes the field "key=N.N" with its unit, if it is next; nan and inf are not measured.
func (t *text) signed(key, unit string, field *Opt[float64]) {
	if !t.word(key) {
		return
	}
	start := t.i
	t.skipWord()
	if t.cut && t.end() {
		return
	}
	number, ok := bytes.CutSuffix(t.b[start:t.i], []byte(unit))
	v, plain := decimalValue(number)
	if ok && plain {
		*field = Opt[float64]{Value: v, Measured: true}
		return
	}
	if !ok || !infinite(number) {
		t.i = start
		t.fail("not a number:")
	}
}

// infinite reports whether b is what printf writes for NaN or an infinity.
func infinite(b []byte) bool {
	b, _ = bytes.CutPrefix(b, []byte("-"))
	return bytes.EqualFold(b, []byte("nan")) || bytes.EqualFold(b, []byte("inf"))
}

// decimalValue returns the value of "-12.34", digits on both sides of a point. It is what
// strconv.ParseFloat returns, which is slow and takes more: few digits are divided here, and
// since both sides are exact then, that rounds the same.
func decimalValue(b []byte) (v float64, ok bool) {
	digits, negative := bytes.CutPrefix(b, []byte("-"))
	v, end := fewDigitsAt(digits, 0)
	if end != len(digits) {
		return wideDecimal(digits, negative)
	}
	if negative {
		v = -v
	}
	return v, true
}

// fewDigitsAt returns the number "12.34" that begins at b[i], and where it ends; nowhere if there is none,
// or one with many digits.
func fewDigitsAt(b []byte, i int) (v float64, end int) {
	n, point := numberAt(b, i)
	if uint(point) >= uint(len(b)) || b[point] != '.' {
		return 0, nowhere
	}
	part, end := numberAt(b, point+1)
	decimals := uint(end - point - 1)
	const few = 1 << 33 // with all powersOf10, below 2^53
	if n >= few || decimals >= uint(len(powersOf10)) {
		return 0, nowhere
	}
	scale := powersOf10[decimals]
	return float64(n*scale+part) / float64(scale), end
}

var powersOf10 = [...]uint64{1, 10, 100, 1e3, 1e4, 1e5, 1e6}

// wideDecimal returns the value of "12.34" with any number of digits.
func wideDecimal(digits []byte, negative bool) (v float64, ok bool) {
	whole, part, _ := bytes.Cut(digits, []byte("."))
	if !allDigits(whole) || !allDigits(part) {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(digits), 64)
	if negative {
		v = -v
	}
	return v, err == nil
}

// allDigits reports whether b is a number without sign.
func allDigits(b []byte) bool {
	for _, c := range b {
		if !digit(c) {
			return false
		}
	}
	return len(b) > 0
}
