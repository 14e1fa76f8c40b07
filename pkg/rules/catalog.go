// Package rules is the catalogue: one file per rule, listed once, in ID order.
package rules

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// catalogue are the rules, in ID order.
var catalogue = []*rule.Rule{
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
	noPublishedCredentials,
	noSecretInValues,
	noSecretInPodSpec,
	noSecretInConfigMap,
	fernetKeyValid,
	keysArePinned,
	signingKeysStrong,
	secretsBackendSet,
	secretsBackendSafe,
	secretOnlyWhereNeeded,
	gitHostKeyChecked,
	noCredentialInURL,
	connectionsNotInValues,
	historyHoldsNoSecret,
	secretsSyncedFromOutside,
	secretsEncryptedAtRest,
	loginRequired,
	productionAuthManager,
	ldapOverTLS,
	oauthVerified,
	noOpenRegistration,
	secureCookies,
	sessionLifetime,
	configNotExposed,
	stackTracesHidden,
	corsClosed,
	noFraming,
	csrfOn,
	loginRateLimited,
	testConnectionOff,
	examplesOff,
	noPickle,
	httpsEndToEnd,
	proxyFixFits,
	maskingOn,
	securityHeaders,
	settingTakesEffect,
	databaseOverTLS,
	externalDatabase,
	databaseUserNotSuperuser,
	brokerAuthenticated,
	brokerOverTLS,
	pgbouncerHardened,
	flowerAuthenticated,
	storeVersionSupported,
	backupsExist,
	volumesEncrypted,
	airflowSupported,
	noKnownAirflowCVE,
	imagePinned,
	imageTagFixed,
	registryAllowed,
	imageScanKnown,
	imageSigned,
	chartIsGenuine,
	noInstallAtStart,
	chartSupported,
	noDrift,
	valueTakesEffect,
	survivesANode,
	logsLeaveThePod,
	hooksClean,
	kubernetesSupported,
	noAnonymousRights,
}

// All are the rules, in ID order.
func All() []*rule.Rule { return slices.Clone(catalogue) }

// Find is the rule with an ID or slug, or nil.
func Find(name string) *rule.Rule {
	for _, r := range catalogue {
		if r.ID == name || r.Slug == name {
			return r
		}
	}
	return nil
}
