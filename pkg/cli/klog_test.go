package cli

import "k8s.io/klog/v2"

// klogLevel is the highest level klog logs at.
func klogLevel() int {
	level := 0
	for klog.V(klog.Level(level + 1)).Enabled() {
		level++
	}
	return level
}
