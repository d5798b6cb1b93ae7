package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bro_exporter/logs"
)

// Progress appears when work takes long, and goes before anything else is printed.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		files := []logs.Log{{Size: 3 << 20}, {Size: 1 << 20}}
		p := newProgress(&out, files)
		files[0].OnRead(1 << 20)
		<-time.After(patience - time.Millisecond)
		files[0].OnRead(1 << 20)
		if p.clear(); out.Len() > 0 {
			t.Errorf("shown too early: %q", &out)
		}
		<-time.After(time.Millisecond)
		files[1].OnRead(1 << 20)
		if !strings.Contains(out.String(), "75%") {
			t.Errorf("not shown: %q", &out)
		}
		out.Reset()
		if p.clear(); strings.Trim(out.String(), "\r \x1b[2K") != "" || out.Len() == 0 {
			t.Errorf("not taken away: %q", &out)
		}
		files[1].OnRead(5 << 20)
	})
}

// There is none where nobody looks, or how much there is to read is not known.
func TestNoProgress(t *testing.T) {
	files, _ := logs.Find([]string{"../../testdata/7.0.11/live", "-"}, strings.NewReader(""))
	if newProgress(&bytes.Buffer{}, files) != nil {
		t.Error("progress of a pipe")
	}
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, test := range []struct {
		stderr *os.File
		quiet  bool
		shown  bool
	}{{terminal, false, true}, {terminal, true, false}, {null, false, false}} {
		p := &program{stderr: test.stderr}
		in := &inputs{arguments: []string{"../../testdata/7.0.11/live"}, quiet: test.quiet}
		if in.find(p); (p.progress != nil) != test.shown {
			t.Errorf("%s, quiet %v: %v", test.stderr.Name(), test.quiet, p.progress)
		}
	}
}
