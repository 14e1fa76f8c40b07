package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// traps. Sources: the templates of the official chart 1.15 to 1.22 and of the
// community chart 8.9.0 with its subchart postgresql 8.6.4. Where the release
// itself shows whether a value arrived, that decides, and not the version.
var traps = []trap{
	{
		dialect: airflow.Official, key: "fernetKey", when: func(v *given) bool { return v.hookOutlived("-fernet-key", "fernet-key") },
		why:   "has no effect: its Secret is made at the first install alone and holds another value",
		order: "name a Secret of your own, or change the Secret itself", instead: "fernetKeySecretName",
	},
	{
		dialect: airflow.Official, key: "redis.password", when: func(v *given) bool { return v.hookOutlived("-redis-password", "password") },
		why:   "has no effect: its Secret is made at the first install alone and holds another value",
		order: "name a Secret of your own, or change the Secret itself", instead: "redis.passwordSecretName",
	},
	{
		dialect: airflow.Official, key: "data.brokerUrl", when: func(v *given) bool { return v.hookOutlived("-broker-url", "connection") },
		why:   "has no effect: its Secret is made at the first install alone and holds another value",
		order: "name a Secret of your own, or change the Secret itself", instead: "data.brokerUrlSecretName",
	},
	{
		dialect: airflow.Official, key: "webserver.*", when: laidOutFor3,
		// defaultUser still overrules createUserJob, and allowPodLogReading makes the role.
		but: []string{"defaultUser", "allowPodLogReading", "enabled", "webserverConfig", "webserverConfigConfigMapName"},
		why: "is ignored: Airflow 3 has no webserver", order: "move it to apiServer", instead: "apiServer",
	},
	{
		dialect: airflow.Official, key: "webserver.webserverConfig", when: laidOutFor3,
		why:   "does not reach the API server, which serves the login since Airflow 3",
		order: "move it", instead: "apiServer.apiServerConfig",
	},
	{
		dialect: airflow.Official, key: "webserver.webserverConfigConfigMapName", when: laidOutFor3,
		why:   "does not reach the API server, which serves the login since Airflow 3",
		order: "move it", instead: "apiServer.apiServerConfigConfigMapName",
	},
	{
		dialect: airflow.Official, key: "webserverSecretKey", when: laidOutFor3,
		why: "is ignored: Airflow 3 signs with another key", order: "move it", instead: "apiSecretKey",
	},
	{
		dialect: airflow.Official, key: "webserverSecretKeySecretName", when: laidOutFor3,
		why: "is ignored: Airflow 3 signs with another key", order: "move it", instead: "apiSecretKeySecretName",
	},
	{
		dialect: airflow.Official, key: "ingress.web", when: laidOutFor3,
		why: "is ignored: Airflow 3 has no webserver", order: "move it", instead: "ingress.apiServer",
	},
	{
		dialect: airflow.Official, key: "apiServer.*", when: laidOutFor2, but: []string{"enabled", "allowPodLogReading"},
		why: "is ignored: Airflow 2 has no API server", order: "move it to webserver", instead: "webserver",
	},
	{
		dialect: airflow.Official, key: "ingress.apiServer", when: laidOutFor2,
		why: "is ignored: Airflow 2 has no API server", order: "move it", instead: "ingress.web",
	},
	{
		dialect: airflow.Official, key: "apiSecretKey", when: laidOutFor2,
		why: "is ignored: Airflow 2 signs with another key", order: "move it", instead: "webserverSecretKey",
	},
	{
		dialect: airflow.Official, key: "apiSecretKeySecretName", when: laidOutFor2,
		why: "is ignored: Airflow 2 signs with another key", order: "move it", instead: "webserverSecretKeySecretName",
	},
	{
		dialect: airflow.Official, key: "jwtSecret", when: laidOutFor2,
		why: "is ignored: Airflow 2 has no such key", order: "remove it",
	},
	{
		dialect: airflow.Official, key: "jwtSecretName", when: laidOutFor2,
		why: "is ignored: Airflow 2 has no such key", order: "remove it",
	},
	{
		dialect: airflow.Official, key: "images.airflow.tag", when: imageOfOtherMajor,
		why:   "does not decide which components run: airflowVersion does, and it names another major version",
		order: "set it to the image's version", instead: "airflowVersion",
	},
	{
		dialect: airflow.Official, key: "images.airflow", when: taskImageDiffers,
		why:   "does not reach the task pods, which run another image",
		order: "set the task pods' own image", instead: "images.pod_template",
	},
	{
		dialect: airflow.Official, key: "scheduler.serviceAccount.automountServiceAccountToken",
		when: func(v *given) bool {
			return v.is("scheduler.serviceAccount.automountServiceAccountToken", false) && v.tokenMounted(airflow.Scheduler)
		},
		why:   "is ignored for this executor by this chart version: the scheduler's pods carry a token all the same",
		order: "set automountServiceAccountToken: false on the pods",
	},
	{
		dialect: airflow.Official, key: "apiServer.apiServerConfigConfigMapName", when: func(v *given) bool {
			name, _ := v.value("apiServer.apiServerConfigConfigMapName").(string)
			_, masked := snapshot.ParseMasked(name)
			return !masked && !strings.Contains(name, "{{") && laidOutFor3(v) && v.has(airflow.APIServer) && !v.mounts(airflow.APIServer, name)
		},
		why:   "is ignored by this chart version: the API server mounts another ConfigMap",
		order: "give the file's text, or upgrade the chart", instead: "apiServer.apiServerConfig",
	},
	{
		dialect: airflow.Official, key: "workers.kubernetes.serviceAccount.automountServiceAccountToken", when: taskAccountNotMade,
		why:   "is ignored unless workers.kubernetes.serviceAccount.create is true",
		order: "set it to true too", instead: "workers.kubernetes.serviceAccount.create",
	},
	{
		dialect: airflow.Official, key: "workers.kubernetes.serviceAccount.name", when: taskAccountNotMade,
		why:   "gets the rights but no pods unless workers.kubernetes.serviceAccount.create is set",
		order: "set it too", instead: "workers.kubernetes.serviceAccount.create",
	},
	{
		dialect: airflow.Official, key: "createUserJob.defaultUser", when: func(v *given) bool { return v.value("webserver.defaultUser") != nil },
		why: "is overruled by webserver.defaultUser", order: "remove the old key", instead: "webserver.defaultUser",
	},
	{
		dialect: airflow.Official, key: "webserver.extraNetworkPolicies",
		when: func(v *given) bool { return v.value("webserver.networkPolicy.ingress.from") != nil },
		why:  "is overruled by webserver.networkPolicy.ingress.from", order: "put the peers there", instead: "webserver.networkPolicy.ingress.from",
	},
	{
		dialect: airflow.Official, key: "data.metadataConnection.sslmode",
		when: func(v *given) bool { return v.is("data.metadataConnection.protocol", "mysql") },
		why:  "is ignored for MySQL", order: "give the whole connection in a Secret", instead: "data.metadataSecretName",
	},
	{
		dialect: airflow.Official, key: "airflowPodAnnotations", severity: rule.Low,
		when: func(v *given) bool {
			return v.lacksKeys("airflowPodAnnotations", podAnnotations, airflow.Broker, airflow.Statsd, airflow.PgBouncer, airflow.Database)
		},
		why:   "does not reach the pods of redis, statsd, pgbouncer and postgresql",
		order: "set podAnnotations of those too",
	},
	{
		dialect: airflow.Official, key: "labels", severity: rule.Low,
		when: func(v *given) bool { return v.lacksKeys("labels", podLabels, airflow.Database) },
		why:  "does not reach postgresql", order: "set them there too", instead: "postgresql.primary.podLabels",
	},
	{
		dialect: airflow.Community, key: "airflow.podAnnotations", when: func(v *given) bool {
			return v.lacksKeys("airflow.podAnnotations", podAnnotations, airflow.TaskPod)
		},
		why: "does not reach the task pods", order: "set them there too", instead: "airflow.kubernetesPodTemplate.podAnnotations",
	},
	{
		dialect: airflow.Community, key: "airflow.extraPipPackages", severity: rule.Low,
		when: func(v *given) bool {
			return v.has(airflow.TaskPod) && v.value("airflow.kubernetesPodTemplate.extraPipPackages") == nil
		},
		why: "does not reach the task pods", order: "build an image, or set them there too", instead: "airflow.kubernetesPodTemplate.extraPipPackages",
	},
	{
		dialect: airflow.Community, key: "airflow.defaultContainerSecurityContext.runAsUser",
		why: "is dropped by the chart", order: "set the image's user", instead: "airflow.image.uid",
	},
	{
		dialect: airflow.Community, key: "airflow.defaultContainerSecurityContext.runAsGroup",
		why: "is dropped by the chart", order: "set the image's group", instead: "airflow.image.gid",
	},
	{
		dialect: airflow.Community, key: "externalDatabase.properties", when: func(v *given) bool { return v.has(airflow.Database) },
		why: "is ignored for the chart's own database", order: "use an external database", instead: "postgresql.enabled",
	},
	{
		dialect: airflow.Community, key: "externalDatabase.properties", severity: rule.Low,
		when: func(v *given) bool {
			return !v.has(airflow.Database) && v.has(airflow.PgBouncer) && v.value("pgbouncer.serverSSL.mode") == nil
		},
		why:   "holds only between Airflow and PgBouncer: TLS to the database is another key",
		order: "set TLS of that hop too", instead: "pgbouncer.serverSSL.mode",
	},
	{
		dialect: airflow.Community, key: "postgresql.existingSecretKey", when: func(v *given) bool {
			name, _ := v.value("postgresql.existingSecretKey").(string)
			_, masked := snapshot.ParseMasked(name)
			return !masked && name != "postgresql-password" && v.has(airflow.Database)
		},
		why: "is ignored by the chart's database, which always reads the key postgresql-password", order: "name the key postgresql-password in the Secret",
	},
	{
		dialect: airflow.Community, key: "airflow.executor", when: extraEnv("AIRFLOW__CORE__EXECUTOR"),
		why: "is overruled by airflow.extraEnv", order: "remove the variable there", instead: "airflow.extraEnv",
	},
	{
		dialect: airflow.Community, key: "externalDatabase", when: extraEnv(
			"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD",
			"AIRFLOW__CORE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD"),
		why: "is overruled by airflow.extraEnv", order: "remove the variable there", instead: "airflow.extraEnv",
	},
	{
		dialect: airflow.Community, key: "externalRedis", when: extraEnv("AIRFLOW__CELERY__BROKER_URL", "AIRFLOW__CELERY__BROKER_URL_CMD"),
		why: "is overruled by airflow.extraEnv", order: "remove the variable there", instead: "airflow.extraEnv",
	},
}

func imageOfOtherMajor(v *given) bool {
	major, _, _ := strings.Cut(v.pass.Airflow().ImageVersion, ".")
	return major != "" && (laidOutFor3(v) && major < "3" || laidOutFor2(v) && major > "2")
}

func taskImageDiffers(v *given) bool {
	task, scheduler := v.mainImage(airflow.TaskPod), v.mainImage(airflow.Scheduler)
	return task != "" && scheduler != "" && task != scheduler && v.value("images.pod_template") == nil
}

func taskAccountNotMade(v *given) bool {
	return !v.is("workers.kubernetes.serviceAccount.create", true)
}

// extraEnv says whether airflow.extraEnv of the community chart sets one of these variables.
func extraEnv(names ...string) func(*given) bool {
	return func(v *given) bool {
		list, _ := v.value("airflow.extraEnv").([]any)
		return slices.ContainsFunc(list, func(entry any) bool {
			e, _ := entry.(map[string]any)
			name, _ := e["name"].(string)
			return slices.Contains(names, name)
		})
	}
}
