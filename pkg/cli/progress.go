package cli

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// patience is how long a command may be silent before it says what it does.
const patience = 500 * time.Millisecond

// progress is one rewritten line on standard error, shown only to a person
// who waits: on a terminal, after patience, and gone at the end.
type progress struct {
	out   io.Writer
	mu    sync.Mutex
	text  string
	timer *time.Timer
	shown bool
	ended bool
}

func newProgress(streams Streams, quiet bool) *progress {
	file, isFile := streams.ErrOut.(*os.File)
	if quiet || !isFile || !term.IsTerminal(int(file.Fd())) {
		return &progress{ended: true}
	}
	return &progress{out: file}
}

// show replaces the line's text.
func (p *progress) show(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.text = text
	switch {
	case p.shown:
		p.write()
	case p.timer == nil:
		p.timer = time.AfterFunc(patience, p.begin)
	}
}

func (p *progress) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.shown = true
		p.write()
	}
}

func (p *progress) write() { fmt.Fprintf(p.out, "\r\x1b[K%s…", p.text) }

// stop takes the line away.
func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	p.ended, p.shown = true, false
}
