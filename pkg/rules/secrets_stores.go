package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// storeFault is a field of a store, login or connection that makes it unsafe.
type storeFault struct {
	kinds []snapshot.Kind
	path  string // below spec, keys with dots between; * stands for any key
	// bad says which value is; nil where being there is bad enough.
	bad func(any) bool
	// what the message says, and what to do.
	message, order string
	severity       rule.Severity
}

var (
	externalStores = []snapshot.Kind{snapshot.SecretStore, snapshot.ClusterSecretStore}
	vaultConnector = []snapshot.Kind{snapshot.VaultConnection}
	vaultLogin     = []snapshot.Kind{snapshot.VaultAuth}
	classes        = []snapshot.Kind{snapshot.ProviderClass}
)

const (
	storedLogin = "logs in with a stored credential"
	useIdentity = "log in as a service account, and delete the stored credential"
)

// Sources: the CRDs of external-secrets v2.9 and vault-secrets-operator v1.4, and
// the parameters of the CSI driver's Vault provider.
var storeFaults = []storeFault{
	{externalStores, "provider.aws.auth.secretRef", nil, storedLogin + " of AWS", useIdentity, rule.Medium},
	{externalStores, "provider.vault.auth.tokenSecretRef", nil, storedLogin + ": a Vault token", useIdentity, rule.Medium},
	{externalStores, "provider.vault.auth.appRole", nil, storedLogin + ": an AppRole's secret", useIdentity, rule.Medium},
	{externalStores, "provider.vault.auth.userPass", nil, storedLogin + ": a user's password", useIdentity, rule.Medium},
	{externalStores, "provider.vault.auth.ldap", nil, storedLogin + ": a user's password", useIdentity, rule.Medium},
	{externalStores, "provider.gcpsm.auth.secretRef", nil, storedLogin + ": a Google service account's key", useIdentity, rule.Medium},
	{externalStores, "provider.azurekv.authSecretRef", nil, storedLogin + " of Azure", useIdentity, rule.Medium},
	{externalStores, "provider.*.server", isClearText, "asks the secrets manager without TLS", "use https", rule.High},
	{externalStores, "provider.*.url", isClearText, "asks the secrets manager without TLS", "use https", rule.High},
	{externalStores, "provider.*.vaultUrl", isClearText, "asks the secrets manager without TLS", "use https", rule.High},
	{vaultConnector, "skipTLSVerify", isTrueText, "does not verify the server it sends logins to", "set skipTLSVerify to false, and name the CA in caCertSecretRef", rule.High},
	{vaultConnector, "address", isClearText, "asks Vault without TLS", "use https", rule.High},
	{vaultLogin, "appRole.secretRef", nil, storedLogin + ": an AppRole's secret", useIdentity, rule.Medium},
	{vaultLogin, "jwt.secretRef", nil, storedLogin + ": a JWT", useIdentity, rule.Medium},
	{vaultLogin, "aws.secretRef", nil, storedLogin + " of AWS", useIdentity, rule.Medium},
	{classes, "parameters.vaultSkipTLSVerify", isTrueText, "does not verify the server it sends logins to", "take vaultSkipTLSVerify out, and name the CA in vaultCACertPath", rule.High},
	{classes, "parameters.vaultAddress", isClearText, "asks Vault without TLS", "use https", rule.High},
}

func isClearText(value any) bool {
	text, _ := value.(string)
	return isClearHTTP(text)
}

func isTrueText(value any) bool {
	text, _ := value.(string)
	return value == true || strings.EqualFold(text, "true")
}

// judgeStore looks at where Secrets are filled from.
func judgeStore(g *gathered, o *snapshot.Object) {
	for i := range storeFaults {
		fault := &storeFaults[i]
		if !slices.Contains(fault.kinds, snapshot.Kind(o.Kind)) {
			continue
		}
		if fault.kinds[0] != snapshot.ProviderClass || o.At("spec", "provider") == "vault" {
			g.pass.Subjects++
		}
		for _, found := range fieldsAt(o.Content["spec"], strings.Split(fault.path, "."), "/spec") {
			if fault.bad != nil && !fault.bad(found.value) {
				continue
			}
			f := rule.Finding{
				Target: o.Ref, Path: found.path, Severity: fault.severity,
				Message: fmt.Sprintf("%s %s %s", o.Kind, o.Name, fault.message),
				Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: fault.order}},
			}
			if text, _ := found.value.(string); text != "" && strings.Contains(text, "://") {
				f.Message += ": " + snapshot.Redact(text)
			}
			g.add(o.Kind+o.Name+found.path, f)
		}
	}
}

type foundField struct {
	path  string
	value any
}

// fieldsAt are the fields at a path of keys, of which * stands for any.
func fieldsAt(node any, path []string, at string) []foundField {
	if len(path) == 0 {
		if node == nil {
			return nil
		}
		return []foundField{{at, node}}
	}
	m, _ := node.(map[string]any)
	var out []foundField
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if path[0] == "*" || path[0] == key {
			out = append(out, fieldsAt(m[key], path[1:], at+"/"+key)...)
		}
	}
	return out
}
