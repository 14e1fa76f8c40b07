package airflow

import (
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/python"
)

// literalParser reads expressions. Whatever it does not understand is Computed.
type literalParser struct {
	pieces []python.Token
	at     int
	depth  int
}

// maxNesting is deeper than any settings are.
const maxNesting = 50

// parseLiteral reads a whole expression.
func parseLiteral(pieces []python.Token) Literal {
	p := &literalParser{pieces: pieces}
	out := p.expression()
	if p.at < len(pieces) {
		return Literal{}
	}
	return out
}

func (p *literalParser) is(operator string) bool {
	return p.at < len(p.pieces) && p.pieces[p.at].Kind == python.Operator && p.pieces[p.at].Text == operator
}

func (p *literalParser) take(operator string) bool {
	if p.is(operator) {
		p.at++
		return true
	}
	return false
}

// expression reads up to a comma, colon or closing bracket.
func (p *literalParser) expression() Literal {
	if p.depth++; p.depth > maxNesting {
		p.at = len(p.pieces)
		return Literal{}
	}
	defer func() { p.depth-- }()
	out := p.operand()
	for {
		switch {
		case p.take("+"):
			out = sum(out, p.operand())
		case p.take("*"):
			out = product(out, p.operand())
		case p.take("%"):
			p.operand()
			out = out.filledIn()
		case p.atEnd():
			return out
		default:
			p.skip()
			return Literal{}
		}
	}
}

func (p *literalParser) atEnd() bool {
	return p.at >= len(p.pieces) || p.is(",") || p.is(")") || p.is("]") || p.is("}") || p.is(":") || p.is("=")
}

// skip passes over the rest of an expression.
func (p *literalParser) skip() {
	for depth := 0; p.at < len(p.pieces); p.at++ {
		if depth == 0 && p.atEnd() {
			return
		}
		if t := p.pieces[p.at]; t.Kind == python.Operator {
			switch t.Text {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				depth--
			}
		}
	}
}

// operand reads one value with the calls and subscripts behind it.
func (p *literalParser) operand() Literal {
	if p.at >= len(p.pieces) {
		return Literal{}
	}
	t := p.pieces[p.at]
	switch {
	case t.Kind == python.String:
		return p.text()
	case t.Kind == python.Name:
		return p.name()
	case t.Kind == python.Number:
		return p.number()
	case p.take("-"):
		if l := p.operand(); l.Kind == Number {
			return Literal{Kind: Number, Text: "-" + l.Text, Number: -l.Number}
		}
	case p.take("("):
		return p.parenthesised()
	case p.take("["):
		return Literal{Kind: List, Items: p.entries("]", "=").Items}
	case p.take("{"):
		return p.braces()
	default:
		p.at++
	}
	return Literal{}
}

// number reads all that stands without a gap, for a number is cut at its point.
func (p *literalParser) number() Literal {
	text := ""
	for begin := p.at; p.at < len(p.pieces); p.at++ {
		t := p.pieces[p.at]
		if p.at > begin && p.pieces[p.at-1].Stop < t.Start || t.Kind != python.Number && t.Kind != python.Name && !p.is(".") {
			break
		}
		text += t.Text
	}
	text = strings.ReplaceAll(text, "_", "")
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return Literal{}
	}
	return Literal{Kind: Number, Text: text, Number: value}
}

// text reads a text, and those that follow it at once.
func (p *literalParser) text() Literal {
	out := Literal{Kind: Text}
	for p.at < len(p.pieces) && p.pieces[p.at].Kind == python.String {
		out.Text += p.pieces[p.at].Text
		out.Partly = out.Partly || p.pieces[p.at].Format()
		p.at++
	}
	for p.take(".") { // "…".format(…) and its like
		p.at++
		if p.take("(") {
			p.entries(")", "=")
		}
		out.Partly = true
	}
	return out
}

// parenthesised reads (value) or a tuple.
func (p *literalParser) parenthesised() Literal {
	before := p.at
	inside := p.entries(")", "=")
	if len(inside.Items) == 1 && !p.commaBetween(before) {
		return inside.Items[0]
	}
	return Literal{Kind: List, Items: inside.Items}
}

// commaBetween says whether a comma closes the only entry of a tuple.
func (p *literalParser) commaBetween(before int) bool {
	return p.at-2 >= before && p.at <= len(p.pieces) && p.pieces[p.at-2].Kind == python.Operator && p.pieces[p.at-2].Text == ","
}

// entries reads values, and those with a name before a mark, up to a closing bracket.
func (p *literalParser) entries(closing, mark string) Literal {
	var out Literal
	for p.at < len(p.pieces) && !p.take(closing) {
		before := p.at
		value := p.expression()
		if p.take(mark) {
			out.Fields = append(out.Fields, LiteralField{Key: value.Text, Value: p.expression()})
		} else {
			out.Items = append(out.Items, value)
		}
		if !p.take(",") && !p.is(closing) || p.at == before {
			p.at++
		}
	}
	return out
}

// braces reads a dict or a set.
func (p *literalParser) braces() Literal {
	out := p.entries("}", ":")
	if out.Kind = Dict; len(out.Items) > 0 && len(out.Fields) == 0 {
		out.Kind = List
	}
	return out
}

// name reads a name with dots, and what is called by it or read from it.
func (p *literalParser) name() Literal {
	name := p.pieces[p.at].Text
	p.at++
	for p.is(".") && p.at+1 < len(p.pieces) && p.pieces[p.at+1].Kind == python.Name {
		name += "." + p.pieces[p.at+1].Text
		p.at += 2
	}
	switch {
	case p.take("("):
		return p.more(called(name, p.entries(")", "=")))
	case p.take("["):
		return p.more(readFrom(name, p.entries("]", "=")))
	}
	return Literal{Kind: Word, Text: name}
}

// more is a value unless something is done to it.
func (p *literalParser) more(l Literal) Literal {
	if p.is("(") || p.is("[") || p.is(".") {
		p.skip()
		return Literal{}
	}
	return l
}

func called(name string, arguments Literal) Literal {
	switch name {
	case "dict":
		return Literal{Kind: Dict, Fields: arguments.Fields}
	case "os.getenv", "getenv", "os.environ.get", "environ.get":
		return readFrom("os.environ", arguments)
	}
	return Literal{Kind: Call, Text: name, Items: arguments.Items, Fields: arguments.Fields}
}

func readFrom(name string, arguments Literal) Literal {
	if strings.HasSuffix(name, "environ") && len(arguments.Items) > 0 {
		return Literal{Kind: Environment, Text: arguments.Items[0].Text}
	}
	return Literal{}
}
