package collect

import (
	"path/filepath"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

// TestNothingConfiguredMeansThePodsOwnAccount holds the condition under which
// client-go looks for a service account: the connection is what it takes for none.
func TestNothingConfiguredMeansThePodsOwnAccount(t *testing.T) {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "nowhere"))
	for server, falls := range map[string]bool{"": true, "https://else.test": false} {
		k := &KubeConfig{Server: server}
		config, err := k.ClientConfig()
		if err != nil {
			t.Fatal(err)
		}
		if loader := k.load().ConfigAccess().(clientcmd.ClientConfigLoader); loader.IsDefaultConfig(config) != falls {
			t.Errorf("server %q: taken for none is %v", server, !falls)
		}
	}
}
