// Package rules is the catalogue: one file per rule, listed once, in ID order.
package rules

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// All are the rules, in ID order.
func All() []*rule.Rule {
	return slices.Concat(
		podRules(), networkRules(), accessRules(), secretRules(), settingRules(), storeRules(), supplyRules(), clusterRules(),
	)
}

// podRules are AS1xx.
func podRules() []*rule.Rule {
	return []*rule.Rule{
		notPrivileged,
		noHostAccess,
		noPrivilegeEscalation,
		runsAsNonRoot,
		dropsAllCapabilities,
		seccompRuntimeDefault,
		otherPodSecurityControls,
		readOnlyRootFilesystem,
		namespaceEnforcesPodSecurity,
		memoryAndCPUBounded,
		taskPodIsKnown,
	}
}

// networkRules are AS2xx.
func networkRules() []*rule.Rule {
	return []*rule.Rule{
		ingressIsolated,
		egressIsolated,
		neededFlowsAllowed,
		dataStoresPrivate,
		logServersPrivate,
		servicesNotExposed,
		ingressUsesTLS,
		workerEgressBounded,
		flowerPrivate,
		metricsPrivate,
		policiesSelectPods,
		policiesAreEnforced,
		otherPolicyEnginesSeen,
	}
}

// accessRules are AS3xx.
func accessRules() []*rule.Rule {
	return []*rule.Rule{
		tokenOnlyWhereNeeded,
		roleIsLeastPrivilege,
		noSecretReading,
		execOnlyWhereNeeded,
		noWildcards,
		namespacedOnly,
		accountPerComponent,
		defaultAccountUnused,
		noEscalationVerbs,
		taskAuthorBlastRadius,
	}
}

// secretRules are AS4xx.
func secretRules() []*rule.Rule {
	return []*rule.Rule{
		noPublishedCredentials,
		fernetKeyValid,
		keysArePinned,
		signingKeysStrong,
	}
}

// settingRules are AS5xx.
func settingRules() []*rule.Rule {
	return []*rule.Rule{
		loginRequired,
		productionAuthManager,
	}
}

// storeRules are AS6xx.
func storeRules() []*rule.Rule {
	return []*rule.Rule{
		brokerAuthenticated,
		flowerAuthenticated,
	}
}

// supplyRules are AS7xx.
func supplyRules() []*rule.Rule {
	return []*rule.Rule{
		airflowSupported,
		imageTagFixed,
		registryAllowed,
		chartIsGenuine,
		noDrift,
		valueTakesEffect,
	}
}

// clusterRules are AS9xx.
func clusterRules() []*rule.Rule {
	return []*rule.Rule{
		kubernetesSupported,
		noAnonymousRights,
	}
}

// Find is the rule with an ID or slug, or nil.
func Find(name string) *rule.Rule {
	for _, r := range All() {
		if r.ID == name || r.Slug == name {
			return r
		}
	}
	return nil
}
