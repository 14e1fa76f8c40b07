package memory

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestPutOff(t *testing.T) {
	before := debug.SetGCPercent(usual)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	if !putOff() || percent() != first {
		t.Fatalf("before the first collection the share is %d", percent())
	}
	for range 100 {
		runtime.GC()
		if percent() == usual {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("after the first collection the share is %d", percent())
}

func TestUserDecides(t *testing.T) {
	before := debug.SetGCPercent(50)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	if putOff() || percent() != 50 {
		t.Errorf("the share is %d, not the one asked for", percent())
	}
}

func percent() int {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64())
}
