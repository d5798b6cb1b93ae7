package manual

import (
	"bytes"
	"strings"
	"testing"

	"github.com/alecthomas/kingpin/v2"
)

func printed(t *testing.T, template string) string {
	t.Helper()
	var b bytes.Buffer
	app := kingpin.New("tool", "Does things.").UsageWriter(&b)
	app.Command("do", "Do one.")
	context, err := app.ParseContext(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.UsageForContextWithTemplate(context, 2, template); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func page() Page {
	return Page{
		Name: "tool", Summary: "do a thing", Version: "1.2",
		ExitStatus: []Entry{{Term: "0", Text: "fine"}, {Term: "130", Text: "stopped"}},
		Files:      []Entry{{Term: ".pid", Text: `back\slash --flag`}},
	}
}

func TestMan(t *testing.T) {
	got := printed(t, page().Man())
	for _, want := range []string{
		".TH tool 1 \"\" \"tool 1.2\"\n.SH \"NAME\"\ntool \\- do a thing\n.SH \"SYNOPSIS\"\n",
		".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\nfine\n.TP\n\\fB130\\fR\nstopped\n",
		".SH \"FILES\"\n.TP\n\\fB\\&.pid\\fR\nback\\eslash \\-\\-flag\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "EXAMPLES") {
		t.Errorf("the page has a section without entries:\n%s", got)
	}
}

func TestUsage(t *testing.T) {
	got := printed(t, page().Usage())
	if want := "Exit status:\n  0    fine\n  130  stopped\n"; !strings.HasSuffix(got, want) || !strings.Contains(got, "Do one.") {
		t.Errorf("got %s, want a help that ends with %s", got, want)
	}
}
