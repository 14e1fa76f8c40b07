package airflow

// communityValues: sources are the community chart's templates and values.yaml
// of 8.9.0 with its subcharts postgresql 8.6.4 and redis 10.5.7. Both stores'
// container security contexts are fixed in their templates, and nothing
// switches a token off.
var communityValues = valueTable{
	roots: map[Component][]string{
		Webserver: {"web"}, Scheduler: {"scheduler"}, Worker: {"workers"}, Triggerer: {"triggerer"}, Flower: {"flower"},
		PgBouncer: {"pgbouncer"}, Database: {"postgresql"}, Broker: {"redis"},
		Migrations: {"airflow.dbMigrations"}, Sync: {"airflow.sync"}, TaskPod: {"airflow.kubernetesPodTemplate"},
	},
	rows: []valueRow{
		{field: PodSecurityContext, components: []Component{Database, Broker}, key: ""},
		{field: PodSecurityContext, key: "%.securityContext", shared: "airflow.defaultSecurityContext"},

		{field: ContainerSecurityContext, components: []Component{Database, Broker}, key: ""},
		{field: ContainerSecurityContext, role: Injected, key: ""},
		// One for all of the chart's own containers.
		{field: ContainerSecurityContext, role: GitSync, key: "airflow.defaultContainerSecurityContext", elsewhere: userKeys("dags.gitSync.image")},
		{field: ContainerSecurityContext, components: []Component{PgBouncer}, key: "airflow.defaultContainerSecurityContext", elsewhere: userKeys("pgbouncer.image")},
		{field: ContainerSecurityContext, key: "airflow.defaultContainerSecurityContext", elsewhere: userKeys("airflow.image")},

		{field: Resources, role: GitSync, key: "dags.gitSync.resources"},
		{field: Resources, role: CheckDatabase, key: "airflow.initContainers.checkDb.resources"},
		{field: Resources, role: WaitForMigrations, key: "airflow.initContainers.waitForDbMigrations.resources"},
		{field: Resources, role: PipInstall, key: "airflow.initContainers.installPipPackages.resources"},
		{field: Resources, role: LogGroomer, key: "%.logCleanup.resources"},
		{field: Resources, role: Exporter, components: []Component{Database, Broker}, key: "%.metrics.resources"},
		{field: Resources, role: VolumePermissions, components: []Component{Broker}, key: "%.volumePermissions.resources"},
		{field: Resources, role: VolumePermissions, components: []Component{Database}, key: "%.resources"},
		{field: Resources, role: Sysctl, components: []Component{Broker}, key: "%.sysctlImage.resources"},
		{field: Resources, role: Main, components: []Component{Broker}, key: "%.master.resources"},
		{field: Resources, role: Main, key: "%.resources"},

		{field: Image, role: GitSync, key: "dags.gitSync.image"},
		{field: Image, role: Exporter, components: []Component{Database, Broker}, key: "%.metrics.image"},
		{field: Image, role: VolumePermissions, components: []Component{Database, Broker}, key: "%.volumePermissions.image"},
		{field: Image, role: Sysctl, components: []Component{Broker}, key: "%.sysctlImage"},
		{field: Image, role: Main, components: []Component{PgBouncer, Database, Broker}, key: "%.image"},
		{field: Image, role: Injected, key: ""},
		{field: Image, key: "airflow.image"},

		{field: ServiceAccountName, components: []Component{Database}, key: "%.serviceAccount.enabled"},
		{field: ServiceAccountName, components: []Component{Broker}, key: "%.serviceAccount.create"},
		{field: ServiceAccountName, key: "serviceAccount.name"}, // one for all pods of the chart

		{field: ServiceType, components: []Component{Webserver, Flower, Database}, key: "%.service.type"},
		{field: ServiceType, components: []Component{Broker}, key: "%.master.service.type"},

		{field: IngressTLS, components: []Component{Webserver}, key: "ingress.web.tls.enabled"},
		{field: IngressTLS, components: []Component{Flower}, key: "ingress.flower.tls.enabled"},
	},
}

// userKeys set the user of containers, which the chart leaves out of their security context.
func userKeys(image string) map[string]string {
	return map[string]string{"runAsUser": image + ".uid", "runAsGroup": image + ".gid"}
}
