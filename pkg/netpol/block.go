package netpol

import (
	"net/netip"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// block is addresses but some.
type block struct {
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
