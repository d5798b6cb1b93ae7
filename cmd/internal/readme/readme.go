// Package readme keeps what a README quotes of the code as the code has it.
package readme

import (
	"os"
	"strings"
	"testing"
)

// Section is what stands between two comments, <!-- NAME --> and <!-- end of NAME -->.
type Section struct{ Name, Content string }

// Check fails if a section of the README at path has not its content, or gives it that.
func Check(t testing.TB, path string, update bool, sections ...Section) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(b)
	for _, s := range sections {
		want = replace(t, path, want, s)
	}
	if update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(b) {
		t.Errorf("%s has not what the code makes: run go test ./... -update, and read the diff", path)
	}
}

func replace(t testing.TB, path, text string, s Section) string {
	t.Helper()
	begin, end := "<!-- "+s.Name+" -->\n", "<!-- end of "+s.Name+" -->\n"
	head, rest, found := strings.Cut(text, begin)
	_, tail, found2 := strings.Cut(rest, end)
	if !found || !found2 {
		t.Fatalf("%s lacks %q or %q", path, begin, end)
	}
	return head + begin + s.Content + end + tail
}

// Help returns a command's --help without the blanks at the ends of its lines, to be quoted.
func Help(text string) string {
	var b strings.Builder
	b.WriteString("```\n")
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	b.WriteString("```\n")
	return b.String()
}
