// Package pattern holds regular expressions that are compiled when the first
// text is held against them: a run of the program needs few of them, and no
// start should wait for any.
package pattern

import (
	"regexp"
	"sync"
)

// Pattern is a regular expression in the syntax and with the methods of package regexp.
type Pattern struct {
	text string
	once sync.Once
	form *regexp.Regexp
}

// New is a pattern that is not compiled yet.
func New(text string) *Pattern { return &Pattern{text: text} }

func (p *Pattern) compiled() *regexp.Regexp {
	p.once.Do(func() { p.form = regexp.MustCompile(p.text) })
	return p.form
}

// MatchString says whether a text holds the pattern.
func (p *Pattern) MatchString(text string) bool { return p.compiled().MatchString(text) }

// FindString is the first text that fits.
func (p *Pattern) FindString(text string) string { return p.compiled().FindString(text) }

// FindStringSubmatch is the first text that fits, with its groups.
func (p *Pattern) FindStringSubmatch(text string) []string {
	return p.compiled().FindStringSubmatch(text)
}

// FindAllString are the texts that fit, n at most.
func (p *Pattern) FindAllString(text string, n int) []string {
	return p.compiled().FindAllString(text, n)
}

// FindAllStringIndex are the places of the texts that fit, n at most.
func (p *Pattern) FindAllStringIndex(text string, n int) [][]int {
	return p.compiled().FindAllStringIndex(text, n)
}

// FindAllStringSubmatch are the texts that fit, with their groups, n at most.
func (p *Pattern) FindAllStringSubmatch(text string, n int) [][]string {
	return p.compiled().FindAllStringSubmatch(text, n)
}

// FindAllStringSubmatchIndex are the places of the texts that fit and of their groups, n at most.
func (p *Pattern) FindAllStringSubmatchIndex(text string, n int) [][]int {
	return p.compiled().FindAllStringSubmatchIndex(text, n)
}

// ReplaceAllString puts another text, in which $1 is a group, for each that fits.
func (p *Pattern) ReplaceAllString(text, by string) string {
	return p.compiled().ReplaceAllString(text, by)
}

// ReplaceAllStringFunc puts what a function makes of it for each text that fits.
func (p *Pattern) ReplaceAllStringFunc(text string, by func(string) string) string {
	return p.compiled().ReplaceAllStringFunc(text, by)
}
