package airflow

// officialValues: sources are the official chart's templates, values.yaml and
// release notes of 1.15 to 1.22, and its subchart postgresql 13.2.24.
var officialValues = valueTable{
	roots: map[Component][]string{
		Webserver: {"webserver"}, APIServer: {"apiServer"}, RPCServer: {"_rpcServer"}, Scheduler: {"scheduler"},
		Worker:    {"workers.celery", "workers"},
		TaskPod:   {"workers.kubernetes", "workers"},
		Triggerer: {"triggerer"}, DagProcessor: {"dagProcessor"}, Flower: {"flower"}, PgBouncer: {"pgbouncer"},
		Broker: {"redis"}, Statsd: {"statsd"}, OtelCollector: {"otelCollector"}, Database: {"postgresql"},
		Migrations: {"migrateDatabaseJob"}, CreateUser: {"createUserJob"},
		Cleanup: {"cleanup"}, DatabaseCleanup: {"databaseCleanup"},
	},
	rows: []valueRow{
		{field: PodSecurityContext, components: []Component{Database}, key: "%.primary.podSecurityContext"},
		{field: PodSecurityContext, components: ownContexts, key: "%.securityContexts.pod", old: []string{".securityContext"}},
		{field: PodSecurityContext, key: "%.securityContexts.pod", shared: "securityContexts.pod", old: []string{".securityContext"}, sharedOld: "securityContext"},

		{field: ContainerSecurityContext, role: GitSync, key: "dags.gitSync.securityContexts.container", old: []string{"dags.gitSync.securityContext"}},
		{field: ContainerSecurityContext, role: Exporter, components: []Component{PgBouncer}, key: "%.metricsExporterSidecar.securityContexts.container"},
		{field: ContainerSecurityContext, role: Exporter, components: []Component{Database}, key: "%.metrics.containerSecurityContext"},
		{field: ContainerSecurityContext, role: VolumePermissions, components: []Component{Database}, key: "%.volumePermissions.containerSecurityContext"},
		{field: ContainerSecurityContext, components: []Component{Database}, key: "%.primary.containerSecurityContext"},
		{field: ContainerSecurityContext, role: WaitForMigrations, key: "%.waitForMigrations.securityContexts.container", shared: "securityContexts.containers"},
		{field: ContainerSecurityContext, role: LogGroomer, key: "%.logGroomerSidecar.securityContexts.container", shared: "securityContexts.containers"},
		{field: ContainerSecurityContext, role: Kerberos, key: "%.kerberosSidecar.securityContexts.container", shared: "securityContexts.containers"},
		{field: ContainerSecurityContext, role: KerberosInit, key: "%.kerberosInitContainer.securityContexts.container", shared: "securityContexts.containers"},
		{field: ContainerSecurityContext, role: VolumePermissions, key: "%.persistence.securityContexts.container", shared: "securityContexts.containers"},
		{field: ContainerSecurityContext, role: Main, components: ownContexts, key: "%.securityContexts.container"},
		{field: ContainerSecurityContext, role: Main, key: "%.securityContexts.container", shared: "securityContexts.containers"},

		{field: Resources, role: GitSync, key: "dags.gitSync.resources"},
		{field: Resources, role: Exporter, components: []Component{PgBouncer}, key: "%.metricsExporterSidecar.resources"},
		{field: Resources, role: Exporter, components: []Component{Database}, key: "%.metrics.resources"},
		{field: Resources, role: VolumePermissions, components: []Component{Database}, key: "%.volumePermissions.resources"},
		{field: Resources, components: []Component{Database}, key: "%.primary.resources"},
		{field: Resources, role: LogGroomer, key: "%.logGroomerSidecar.resources"},
		{field: Resources, role: Kerberos, key: "%.kerberosSidecar.resources"},
		{field: Resources, role: KerberosInit, key: "%.kerberosInitContainer.resources"},
		{field: Resources, role: WaitForMigrations, key: "%.resources"}, // shares its component's
		{field: Resources, role: VolumePermissions, key: "%.resources"},
		{field: Resources, role: Main, key: "%.resources"},

		{field: Image, role: GitSync, key: "images.gitSync"},
		{field: Image, role: Exporter, components: []Component{PgBouncer}, key: "images.pgbouncerExporter"},
		{field: Image, role: Exporter, components: []Component{Database}, key: "%.metrics.image"},
		{field: Image, role: VolumePermissions, components: []Component{Database}, key: "%.volumePermissions.image"},
		{field: Image, role: Main, components: []Component{TaskPod}, key: "images.pod_template"},
		{field: Image, role: Main, components: []Component{Flower}, key: "images.flower"},
		{field: Image, role: Main, components: []Component{PgBouncer}, key: "images.pgbouncer"},
		{field: Image, role: Main, components: []Component{Broker}, key: "images.redis"},
		{field: Image, role: Main, components: []Component{Statsd}, key: "images.statsd"},
		{field: Image, role: Main, components: []Component{OtelCollector}, key: "images.otelCollector"},
		{field: Image, role: Main, components: []Component{Database}, key: "%.image"},
		{field: Image, role: Injected, key: ""},
		{field: Image, key: "images.airflow"},

		// The subchart's account exists only with create: true, so both keys below are needed.
		{field: ServiceAccountToken, components: []Component{Database}, key: "%.serviceAccount"},
		{field: ServiceAccountToken, components: []Component{Scheduler}, key: "%.serviceAccount.automountServiceAccountToken", unless: schedulerTokenIgnored},
		{field: ServiceAccountToken, components: []Component{Scheduler}, key: ""},
		{field: ServiceAccountToken, components: []Component{TaskPod}, key: "workers.kubernetes.serviceAccount.automountServiceAccountToken", unless: taskPodsShareAccount},
		{field: ServiceAccountToken, components: []Component{Worker, TaskPod}, key: "workers.serviceAccount.automountServiceAccountToken"},
		{field: ServiceAccountToken, key: "%.serviceAccount.automountServiceAccountToken"},

		{field: ServiceAccountName, components: []Component{Database}, key: "%.serviceAccount.create"},
		{field: ServiceAccountName, key: "%.serviceAccount.name"},

		{field: ServiceType, components: []Component{Broker}, key: "%.service.type", unless: olderThan("1.16")},
		{field: ServiceType, components: []Component{Webserver, APIServer, Flower}, key: "%.service.type"},
		{field: ServiceType, components: []Component{Database}, key: "%.primary.service.type"},

		{field: PolicySources, components: []Component{Webserver, APIServer, Flower}, key: "%.networkPolicy.ingress.from"},

		{field: IngressTLS, components: []Component{Webserver}, key: "ingress.web.hosts"},
		{field: IngressTLS, components: []Component{APIServer}, key: "ingress.apiServer.hosts"},
		{field: IngressTLS, components: []Component{Flower}, key: "ingress.flower.hosts"},
		{field: IngressTLS, components: []Component{Statsd}, key: "ingress.statsd.hosts"},
		{field: IngressTLS, components: []Component{PgBouncer}, key: "ingress.pgbouncer.hosts"},
	},
}

// ownContexts are the components whose security contexts the chart-wide keys do not reach.
var ownContexts = []Component{Broker, Statsd, PgBouncer, OtelCollector}

// schedulerTokenIgnored: 1.16 to 1.18 honour the switch for CeleryExecutor
// alone, later charts for every executor but a Local one alone.
// Source: templates/scheduler/scheduler-serviceaccount.yaml of each.
func schedulerTokenIgnored(m *Model) bool {
	switch {
	case olderThan("1.16")(m):
		return false
	case olderThan("1.19")(m):
		return len(m.Executors) != 1 || m.Executors[0] != "CeleryExecutor"
	}
	return !m.Celery() && !m.Launches()
}

// taskPodsShareAccount: workers.kubernetes.serviceAccount counts only where its create is set.
func taskPodsShareAccount(m *Model) bool {
	_, set := m.value("workers", "kubernetes", "serviceAccount", "create").(bool)
	return !set
}

// olderThan judges by the chart's version, which is only a hint: forks keep
// theirs or count on their own. An unknown version counts as new.
func olderThan(version string) func(*Model) bool {
	return func(m *Model) bool { return m.chartVersion != "" && compareVersions(m.chartVersion, version) < 0 }
}
