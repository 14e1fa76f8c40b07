package netpol

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// block is addresses but some.
type block struct {
	index  int // in the rule's list of peers
	prefix netip.Prefix
	except []netip.Prefix
}

func (b *block) contains(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !b.prefix.Contains(a) {
		return false
	}
	for _, p := range b.except {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// newBlock fails where the API server would refuse the block.
func newBlock(spec *networkingv1.IPBlock, at *field.Path) (block, *field.Error) {
	prefix, err := parsePrefix(spec.CIDR, at.Child("cidr"))
	if err != nil {
		return block{}, err
	}
	b := block{prefix: prefix}
	for i, text := range spec.Except {
		except, err := parsePrefix(text, at.Child("except").Index(i))
		if err != nil {
			return block{}, err
		}
		if except.Bits() <= prefix.Bits() || !prefix.Contains(except.Addr()) {
			return block{}, field.Invalid(at.Child("except").Index(i), text, "must be a part of cidr")
		}
		b.except = append(b.except, except)
	}
	return b, nil
}

// parsePrefix makes IPv4 of what is IPv4 written as IPv6.
func parsePrefix(text string, at *field.Path) (netip.Prefix, *field.Error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, field.Invalid(at, text, "is no range of addresses")
	}
	const mapped = 96 // bits before the IPv4 address
	if prefix.Addr().Is4In6() && prefix.Bits() >= mapped {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mapped)
	}
	return prefix.Masked(), nil
}

// last is the highest address of a range.
func last(p netip.Prefix) netip.Addr {
	bytes := p.Addr().AsSlice()
	for i := range bytes {
		switch host := (i+1)*8 - p.Bits(); {
		case host >= 8:
			bytes[i] = 0xff
		case host > 0:
			bytes[i] |= 1<<host - 1
		}
	}
	a, _ := netip.AddrFromSlice(bytes)
	return a
}

// edges are the addresses at both sides of each place where a block begins or
// ends to hold, as far as they exist. It holds some address only if it holds one of them.
func (b *block) edges() []netip.Addr {
	out := []netip.Addr{b.prefix.Addr(), last(b.prefix), last(b.prefix).Next()}
	for _, p := range b.except {
		out = append(out, p.Addr(), p.Addr().Prev(), last(p).Next())
	}
	return out
}

// any says whether the block holds an address that passes a test, which is put
// to its edges and to the probes.
func (b *block) any(passes func(netip.Addr) bool) bool {
	holds := func(a netip.Addr) bool { return a.IsValid() && b.contains(a) && passes(a) }
	for _, family := range hostProbes {
		if slices.ContainsFunc(family, holds) {
			return true
		}
	}
	return slices.ContainsFunc(b.edges(), holds)
}
