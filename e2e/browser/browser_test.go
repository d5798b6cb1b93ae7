// Package browser looks at the exporter's pages with a real Chromium. It is a module of its own, so
// that nobody else needs the library that drives the browser.
package browser

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var screenshots = flag.String("screenshots", "", "write what the pages look like to this directory")

const root = "../.."

// nodes are the processes that the exporter follows, and their logs. Most names would do harm if they
// were not shown as text.
var nodes = map[string]string{
	"manager":                               "7.0.11-cluster/manager/prof.log",
	"worker-1":                              "7.0.11/live/prof.log",
	"worker-2":                              "2.3.2/table-leak/prof.log",
	"worker-10":                             "3.0.14/live/prof.log",
	"<script>pwned=1<_script>":              "7.0.11/live/prof.log",
	`"onmouseover="pwned=1" x="`:            "7.0.11/threads/prof.log",
	"<img src=x onerror=pwned=1>":           "7.0.11/live/prof.log",
	strings.Repeat("x", 200):                "7.0.11/live/prof.log",
	"\u202eright to left and \x1b[31m red":  "7.0.11/live/prof.log",
	"https:__elsewhere.example_?a=b&c=d#ef": "7.0.11/live/prof.log",
}

// exporter starts an exporter that follows nodes and returns where it serves.
func exporter(t *testing.T) (address string) {
	t.Helper()
	dir := t.TempDir()
	for name, log := range nodes {
		text, err := os.ReadFile(filepath.Join(root, "testdata", log))
		must(t, err)
		must(t, os.MkdirAll(filepath.Join(dir, "spool", name), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, "spool", name, "prof.log"), text, 0o644))
	}
	binary := filepath.Join(dir, "bro_exporter")
	build := exec.Command("go", "build", "-o", binary, "./cmd/bro_exporter")
	build.Dir, build.Stderr = root, os.Stderr
	must(t, build.Run())
	cmd := exec.Command(binary, "--web.listen-address=127.0.0.1:0", "--prof.path="+dir+"/spool/*/prof.log", "--prof.path=/nowhere/*/prof.log")
	stderr, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	addresses := make(chan string, 1)
	go func() {
		defer close(ended)
		listening := regexp.MustCompile(`Listening on.*address=(\S+)`)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				addresses <- m[1]
			}
		}
		_ = cmd.Wait()
	}()
	select {
	case a := <-addresses:
		return "http://" + a
	case <-ended:
		t.Fatal("the exporter ended at once")
	}
	return ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tab is a page in a browser, and what went wrong there.
type tab struct {
	t       *testing.T
	ctx     context.Context
	address string

	mu     sync.Mutex
	faults []string
}

func open(t *testing.T, browser context.Context, address string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, address: address}
	must(t, chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			b.fault("a script failed: %s", e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			b.fault("the browser says: %s %s", e.Entry.Text, e.Entry.URL)
		case *page.EventJavascriptDialogOpening:
			b.fault("a dialog opened: %s", e.Message)
		case *network.EventRequestWillBeSent:
			if u, err := url.Parse(e.Request.URL); err != nil || "http://"+u.Host != address {
				b.fault("the page asks for %s", e.Request.URL)
			}
		}
	}))
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	return b
}

func call[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, command, params)
	must(b.t, err)
}

func (b *tab) fault(format string, values ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if text := fmt.Sprintf(format, values...); !strings.HasSuffix(text, "/favicon.ico") {
		b.faults = append(b.faults, text)
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, actions...))
}

// get returns the value of an action.
func get[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, action)
	must(b.t, err)
	return value
}

// eval returns the value of an expression in the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	return get(b, chromedp.Evaluate[T](expression))
}

// goTo makes the tab show a page.
func (b *tab) goTo(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.address + path))
}

// check fails the test for what went wrong so far.
func (b *tab) check() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		b.t.Error(f)
	}
}

// await loads the page until all processes have been judged.
func (b *tab) await() {
	b.t.Helper()
	for {
		b.goTo("/")
		if eval[int](b, `[...document.querySelectorAll('.fleet tbody tr')].filter(row => row.cells[2].querySelector('.b')).length`) == len(nodes) {
			return
		}
	}
}

// size makes the window so wide, and dark or light.
func (b *tab) size(width int64, scheme string) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 1000, DeviceScaleFactor: 1, Mobile: width < 600})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// tooWide lists what reaches beyond the right edge of the window.
const tooWide = `document.documentElement.scrollWidth <= innerWidth ? [] :
	[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(-3).map(e => e.outerHTML.slice(0, 200))`

// faint lists text that does not stand out from its background as WCAG asks for: 4.5 to 1.
const faint = `(() => {
	const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
	const rgb = color => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
	const light = color => { const [r, g, b] = [...rgb(color)].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
	const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (rgb(c)[3] > 0) return c; } return 'white'; };
	const texts = [...document.querySelectorAll('body *')].filter(e => !e.closest('svg') && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()));
	return texts.filter(e => { const a = light(getComputedStyle(e).color), b = light(behind(e)); return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5; }).map(e => e.outerHTML.slice(0, 200));
})()`

// launch starts a browser. On a host with too much to do it now and then crashes while it starts.
func launch(t *testing.T) context.Context {
	t.Helper()
	options := chromedp.DefaultExecAllocatorOptions[:]
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	var err error
	for range 3 {
		browser, cancel := chromedp.NewExecAllocator(t.Context(), options...)
		t.Cleanup(cancel)
		browser, cancel = chromedp.NewContext(browser)
		t.Cleanup(cancel)
		if err = chromedp.Do(browser, chromedp.Navigate("about:blank")); err == nil {
			return browser
		}
	}
	t.Fatal(err)
	return nil
}

func TestPages(t *testing.T) {
	address := exporter(t)
	browser := launch(t)
	open(t, browser, address).await()

	pages := map[string]string{"fleet": "/", "process": "/process?name=worker-2", "hostile": "/process?name=" + url.QueryEscape("<img src=x onerror=pwned=1>"), "unknown": "/process?name=x"}
	type look struct {
		width  int64
		scheme string
	}
	for name, path := range pages {
		b := open(t, browser, address)
		for _, l := range []look{{390, "light"}, {390, "dark"}, {600, "light"}, {820, "light"}, {1000, "light"}, {1400, "light"}, {1400, "dark"}, {2560, "light"}} {
			t.Run(fmt.Sprintf("%s at %d, %s", name, l.width, l.scheme), func(t *testing.T) {
				b.size(l.width, l.scheme)
				b.goTo(path)
				if eval[bool](b, `typeof pwned !== 'undefined'`) {
					t.Error("a name has become a script")
				}
				for _, e := range eval[[]string](b, tooWide) {
					t.Errorf("too wide: %s", e)
				}
				for _, e := range eval[[]string](b, faint) {
					t.Errorf("hard to read: %s", e)
				}
				if *screenshots != "" {
					must(t, os.MkdirAll(*screenshots, 0o755))
					must(t, os.WriteFile(filepath.Join(*screenshots, fmt.Sprintf("%s-%d-%s.png", name, l.width, l.scheme)), get(b, chromedp.FullScreenshot(100)), 0o644))
				}
			})
		}
		if name != "unknown" { // which the browser tells as a failure to load
			b.check()
		}
	}
	t.Run("names are text", func(t *testing.T) {
		b := open(t, browser, address)
		b.goTo("/")
		shown := eval[[]string](b, `[...document.querySelectorAll('.fleet tbody th')].map(e => e.textContent)`)
		for name := range nodes {
			if want := strings.NewReplacer("\x1b", `\u001b`, "\u202e", `\u202e`).Replace(name); !slices.Contains(shown, want) {
				t.Errorf("%q is not shown; %q are", want, shown)
			}
		}
	})
	t.Run("plots are drawn", func(t *testing.T) {
		b := open(t, browser, address)
		b.goTo("/process?name=worker-2")
		drawn := eval[int](b, `[...document.querySelectorAll('figure svg')].filter(e => e.getBoundingClientRect().height > 50 && e.querySelector('path')).length`)
		rows := eval[int](b, `document.querySelectorAll('.threads tbody tr, .tables tbody tr').length`)
		if drawn < 3 || rows < 10 {
			t.Errorf("%d plots, %d rows of threads and tables", drawn, rows)
		}
	})
	const visible = `[...document.querySelectorAll('.fleet tbody tr')].filter(row => row.offsetParent).length`
	t.Run("filter by typing", func(t *testing.T) {
		b := open(t, browser, address)
		b.goTo("/")
		all := eval[int](b, visible)
		b.do(chromedp.SendKeys("#filter", "Worker LEAK"))
		leaking := eval[int](b, visible)
		b.do(chromedp.SendKeys("#filter", " nothing"))
		if none := eval[int](b, visible); all != len(nodes) || leaking != 1 || none != 0 {
			t.Errorf("%d rows, %d leaking workers, %d of nothing", all, leaking, none)
		}
		b.check()
	})
	t.Run("filter without scripts", func(t *testing.T) {
		b := open(t, browser, address)
		call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		b.goTo("/")
		b.do(chromedp.SendKeys("#filter", "worker leak\r"), chromedp.WaitVisible(`#filter[value="worker leak"]`))
		rows := get(b, chromedp.Nodes(".fleet tbody tr"))
		if at := get(b, chromedp.Location()); len(rows) != 1 || at != address+"/?filter=worker+leak" {
			t.Errorf("%d rows at %s", len(rows), at)
		}
		b.check()
	})
}
