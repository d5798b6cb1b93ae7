// Package docs_test checks what the documentation says against what is there.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A newcomer reads the README to its end.
func TestReadmeIsShort(t *testing.T) {
	const enough = 150
	if n := strings.Count(read(t, "../README.md"), "\n"); n > enough {
		t.Errorf("README.md has %d lines, more than %d: move what is long to docs/", n, enough)
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	code    = regexp.MustCompile("(?s)```.*?```")
	symbols = regexp.MustCompile("[^a-z0-9 _-]")
)

func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"../*.md", "../*/*.md", "../*/*/*.md"} {
		more, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, more...)
	}
	for _, page := range pages {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(read(t, page), ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(read(t, target)), anchor) {
				t.Errorf("%s links to %s, which has no such heading", page, m[1])
			}
		}
	}
}

// anchors returns what forges make of the headings of a page.
func anchors(page string) []string {
	var list []string
	for _, m := range heading.FindAllStringSubmatch(code.ReplaceAllString(page, ""), -1) {
		list = append(list, strings.ReplaceAll(symbols.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return list
}

// What CONTRIBUTING.md quotes stands in the file that it names last before.
func TestQuotes(t *testing.T) {
	file := regexp.MustCompile(`[Ii]n\s+\[([a-z_/]+\.[a-z]+)\]`)
	blank := regexp.MustCompile(`\s+`)
	page := read(t, "../CONTRIBUTING.md")
	quotes := code.FindAllStringIndex(page, -1)
	if len(quotes) == 0 {
		t.Fatal("CONTRIBUTING.md quotes nothing")
	}
	for _, at := range quotes {
		named := file.FindAllStringSubmatch(page[:at[0]], -1)
		if named == nil {
			t.Errorf("no file is named before %s", page[at[0]:at[1]])
			continue
		}
		path := named[len(named)-1][1]
		text := blank.ReplaceAllString(read(t, filepath.Join("..", path)), " ")
		_, quote, _ := strings.Cut(strings.TrimSuffix(page[at[0]:at[1]], "```"), "\n")
		if quote = strings.TrimSpace(blank.ReplaceAllString(quote, " ")); !strings.Contains(text, quote) {
			t.Errorf("%s does not have %q", path, quote)
		}
	}
}

// Every direct dependency has its reason, and no reason is left of one that is gone.
func TestDependencies(t *testing.T) {
	direct := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(read(t, "../go.mod"), -1)
	var required []string
	for _, m := range direct {
		required = append(required, m[1])
	}
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9.]+/[^`]+)` \\|").FindAllStringSubmatch(read(t, "dependencies.md"), -1) {
		listed = append(listed, m[1])
	}
	for _, module := range required {
		if !slices.Contains(listed, module) {
			t.Errorf("docs/dependencies.md lacks %s, which go.mod requires directly", module)
		}
	}
	for _, module := range listed {
		if !slices.Contains(required, module) {
			t.Errorf("docs/dependencies.md has %s, which go.mod does not require directly", module)
		}
	}
}
