{{- define "labels" -}}
tier: airflow
release: {{ .Release.Name }}
chart: airflow-{{ .Chart.Version }}
heritage: {{ .Release.Service }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* The ServiceAccount of .account, whose settings are .values.serviceAccount. */}}
{{- define "account" -}}
{{- $standard := contains "airflow" .root.Release.Name | ternary .root.Release.Name (printf "%s-airflow" .root.Release.Name) -}}
{{ .values.serviceAccount.name | default (printf "%s-%s" $standard .account) }}
{{- end }}

{{- define "secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}
{{- end }}

{{- define "env" -}}
{{- $v := .root.Values -}}
{{- $f := .root.Release.Name -}}
{{- $metadata := $v.data.metadataSecretName | default (printf "%s-metadata" $f) -}}
{{- $new := semverCompare ">=3.0.0" $v.airflowVersion -}}
- {name: AIRFLOW_HOME, value: /opt/airflow}
{{- range list
  (dict "name" "AIRFLOW__CORE__FERNET_KEY" "secret" ($v.fernetKeySecretName | default (printf "%s-fernet-key" $f)) "key" "fernet-key" "used" true)
  (dict "name" "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" "secret" $metadata "key" "connection" "used" true)
  (dict "name" "AIRFLOW_CONN_AIRFLOW_DB" "secret" $metadata "key" "connection" "used" true)
  (dict "name" "AIRFLOW__API__SECRET_KEY" "secret" ($v.apiSecretKeySecretName | default (printf "%s-api-secret-key" $f)) "key" "api-secret-key" "used" $new)
  (dict "name" "AIRFLOW__API_AUTH__JWT_SECRET" "secret" ($v.jwtSecretName | default (printf "%s-jwt-secret" $f)) "key" "jwt-secret" "used" (and $new (has .component (list "api-server" "scheduler"))))
  (dict "name" "AIRFLOW__WEBSERVER__SECRET_KEY" "secret" ($v.webserverSecretKeySecretName | default (printf "%s-webserver-secret-key" $f)) "key" "webserver-secret-key" "used" (not $new))
  (dict "name" "AIRFLOW__CELERY__BROKER_URL" "secret" ($v.data.brokerUrlSecretName | default (printf "%s-broker-url" $f)) "key" "connection" "used" (contains "Celery" $v.executor))
}}
{{- if and .used (index $v.enableBuiltInSecretEnvVars .name) }}
{{ include "secretEnv" . }}
{{- end }}
{{- end }}
{{- range $v.secret }}
{{ include "secretEnv" (dict "name" .envName "secret" .secretName "key" (.secretKey | default "value")) }}
{{- end }}
{{- with $v.env }}
{{ toYaml . }}
{{- end }}
{{- with $v.extraEnv }}
{{ tpl . $.root }}
{{- end }}
{{- end }}

{{- /* The component's own context, the global one and the built-in one: the first that is set
     replaces the rest. Redis and statsd (.own) do not look at the global one. */}}
{{- define "containerSecurity" -}}
{{- $builtIn := dict "allowPrivilegeEscalation" false "capabilities" (dict "drop" (list "ALL")) -}}
{{- $global := .own | default false | ternary dict .root.Values.securityContexts.containers -}}
{{ toYaml (.values.securityContexts.container | default $global | default $builtIn) }}
{{- end }}

{{- define "podSecurity" -}}
{{- $root := .root.Values -}}
{{- $builtIn := dict "runAsUser" (hasKey . "user" | ternary .user .root.Values.uid) -}}
{{- if not .own }}{{ $_ := set $builtIn "fsGroup" .root.Values.gid }}{{ end -}}
{{- $global := .own | default false | ternary dict ($root.securityContexts.pod | default $root.securityContext) -}}
{{ toYaml (.values.securityContexts.pod | default .values.securityContext | default $global | default $builtIn) }}
{{- end }}

{{- define "container" -}}
- name: {{ .name }}
  image: {{ .root.Values.images.airflow.repository }}:{{ .root.Values.images.airflow.tag }}
  imagePullPolicy: {{ .root.Values.images.airflow.pullPolicy }}
  securityContext: {{- include "containerSecurity" (dict "root" .root "values" (.security | default .values)) | nindent 4 }}
  {{- with .args }}
  args: {{- toYaml . | nindent 4 }}
  {{- end }}
  resources: {{- toYaml .values.resources | nindent 4 }}
  {{- with .port }}
  ports: [{{ . }}]
  {{- end }}
  env: {{- include "env" . | nindent 4 }}
  volumeMounts:
    - {name: config, mountPath: /opt/airflow/airflow.cfg, subPath: airflow.cfg, readOnly: true}
    {{- if .logs }}
    - {name: logs, mountPath: /opt/airflow/logs}
    {{- end }}
    {{- with .root.Values.volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- /* The pod spec of an Airflow component. */}}
{{- define "pod" -}}
serviceAccountName: {{ include "account" . }}
{{- if eq .component "scheduler" }}
automountServiceAccountToken: {{ .values.serviceAccount.automountServiceAccountToken }}
{{- end }}
securityContext: {{- include "podSecurity" . | nindent 2 }}
{{- if .wait }}
initContainers:
  {{- include "container" (merge (dict "name" "wait-for-airflow-migrations" "security" .values.waitForMigrations "args" (list "airflow" "db" "check-migrations" "--migration-wait-timeout=60")) (omit . "port")) | nindent 2 }}
{{- end }}
containers:
  {{- include "container" . | nindent 2 }}
  {{- if .groomer }}
  - name: {{ .component }}-log-groomer
    image: {{ .root.Values.images.airflow.repository }}:{{ .root.Values.images.airflow.tag }}
    securityContext: {{- include "containerSecurity" (dict "root" .root "values" .values.logGroomerSidecar) | nindent 6 }}
    args: [bash, /clean-logs]
    volumeMounts:
      - {name: logs, mountPath: /opt/airflow/logs}
  {{- end }}
volumes:
  - name: config
    configMap: {name: {{ .root.Release.Name }}-config}
  {{- if and .logs (not .claim) }}
  - {name: logs, emptyDir: {}}
  {{- end }}
  {{- with .root.Values.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
