// Package labelled is a set of prof.logs of which it is known what leaks in them, and that
// nothing does: the measure of any verdict on a log.
//
// Most are made: from a real log of a release come the lines, a model drives their numbers for
// hours or days. The model is of sensors, not of a way to find leaks: each resource is
//
//	base x load x noise + what is added to it
//
// and only what is added can be a leak. Some are real logs, as they are.
package labelled

import (
	"errors"
	"io"
	"io/fs"
	"iter"

	"bro_exporter/parse"
)

// Case is one labelled prof.log.
type Case struct {
	// Name is unique and says what the log is: "script-table/2%/h/flat/noise5/12h/3.0.14".
	Name string
	// Class groups cases of one kind: "diurnal", "script-table".
	Class string
	// Leak is the kind of trouble that is to be found, "" in a healthy log.
	Leak string
	// What is the table, timer, thread or field that the trouble is in, as the log names it or,
	// from 5.1 on, did name it. "Conns sessions" is the b of "current=a/b".
	What string
	// Percent is how fast it grows: an hour, of its level after the start-up. 0 if that is not
	// how the trouble goes on.
	Percent float64
	// Hours is how long the log is, about.
	Hours float64
	// Text is the release whose text the log has, "" for a real log.
	Text string
	// Span and Growth are those of a drawn log.
	Span   Span
	Growth Growth

	testdata fs.FS
	path     string // of a real log
	spec     *spec
	template *template
}

// Cases returns the set, the same each time. Its templates and its real logs come from testdata,
// the directory of that name in the repository. Set 0 is the one whose labels are proved by
// tests; others have the same cases with other dice, for a verdict that has been fitted to 0.
func Cases(testdata fs.FS, set int) ([]Case, error) {
	templates, err := templates(testdata, func(*template) {})
	if err != nil {
		return nil, err
	}
	cases := realLogs(testdata)
	for _, s := range specs(set) {
		cases = append(cases, Case{
			Name: s.name(), Class: s.class, Leak: s.leak, What: s.what, Percent: s.percent, Hours: s.hours, Text: s.template,
			spec: &s, template: templates[s.template],
		})
	}
	return cases, nil
}

// Open returns the text of the log. A made one is written while it is read.
func (c *Case) Open() (io.ReadCloser, error) { return c.OpenEvery(0) }

// OpenEvery is Open with another profiling_interval: a quick look at a long log. Real logs stay as
// they are.
func (c *Case) OpenEvery(seconds float64) (io.ReadCloser, error) {
	if c.spec == nil {
		return c.testdata.Open(c.path)
	}
	b := c.blocks(false)
	if seconds > 0 {
		b.apart = seconds
	}
	return &reader{blocks: b}, nil
}

// Snapshots returns what a parser reads from the log, without its text where that is made: 50
// times as fast. A snapshot is good until the next.
func (c *Case) Snapshots() iter.Seq2[*parse.Snapshot, error] {
	if c.spec == nil {
		return c.read
	}
	return func(yield func(*parse.Snapshot, error) bool) {
		var s parse.Snapshot
		for b := c.blocks(false); b.next(); {
			b.p.snapshot(&s)
			if !yield(&s, nil) {
				return
			}
		}
	}
}

func (c *Case) read(yield func(*parse.Snapshot, error) bool) {
	text, err := c.Open()
	if err != nil {
		yield(nil, err)
		return
	}
	defer func() { _ = text.Close() }()
	r := parse.NewReader(text, c.Name)
	for r.Scan() {
		if s, ok := r.Record().(*parse.Snapshot); ok && !yield(s, nil) {
			return
		}
	}
	if r.Err() != nil {
		yield(nil, r.Err())
	}
}

// WriteTo writes the text of the log to w.
func (c *Case) WriteTo(w io.Writer) (int64, error) {
	r, err := c.Open()
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(w, r)
	return n, errors.Join(err, r.Close())
}

func (c *Case) blocks(quiet bool) blocks {
	b := blocks{t: c.template, s: c.spec, quiet: quiet, apart: interval}
	if c.spec.interval > 0 {
		b.apart = c.spec.interval
	}
	return b
}

// reader is the text of a made log.
type reader struct {
	blocks blocks
	text   []byte
	unread []byte
}

func (r *reader) Read(b []byte) (int, error) {
	if len(r.unread) == 0 && !r.fill() {
		return 0, io.EOF
	}
	n := copy(b, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// WriteTo writes what has not been read; io.Copy calls it.
func (r *reader) WriteTo(w io.Writer) (int64, error) {
	var written int64
	for len(r.unread) > 0 || r.fill() {
		n, err := w.Write(r.unread)
		written += int64(n)
		r.unread = r.unread[n:]
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// Close does nothing.
func (r *reader) Close() error { return nil }

// fill makes the next few blocks.
func (r *reader) fill() bool {
	const enough = 64 << 10
	r.text = r.text[:0]
	for len(r.text) < enough && r.blocks.next() {
		r.text = r.blocks.p.appendTo(r.text)
	}
	r.unread = r.text
	return len(r.text) > 0
}
