{{- define "labels" -}}
app: airflow
chart: airflow-{{ .Chart.Version }}
release: {{ .Release.Name }}
heritage: {{ .Release.Service }}
{{- end }}

{{- define "account" -}}
{{ .Values.serviceAccount.name | default .Release.Name }}
{{- end }}

{{- define "containerSecurity" -}}
{{- $v := .Values.airflow -}}
{{ toYaml (merge (dict "runAsUser" $v.image.uid "runAsGroup" $v.image.gid) (omit $v.defaultContainerSecurityContext "runAsUser" "runAsGroup")) }}
{{- end }}

{{- define "env" -}}
- name: DATABASE_USER
  value: {{ .Values.postgresql.enabled | ternary .Values.postgresql.postgresqlUsername .Values.externalDatabase.user | quote }}
- name: DATABASE_PASSWORD
  valueFrom:
    secretKeyRef:
      {{- if .Values.postgresql.enabled }}
      name: {{ .Values.postgresql.existingSecret | default (printf "%s-postgresql" .Release.Name) }}
      key: {{ .Values.postgresql.existingSecret | empty | ternary "postgresql-password" .Values.postgresql.existingSecretKey }}
      {{- else }}
      name: {{ .Values.externalDatabase.passwordSecret }}
      key: {{ .Values.externalDatabase.passwordSecretKey }}
      {{- end }}
{{- if or .Values.redis.enabled .Values.externalRedis.passwordSecret }}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      {{- if .Values.redis.enabled }}
      name: {{ .Values.redis.existingSecret | default (printf "%s-redis" .Release.Name) }}
      key: {{ .Values.redis.existingSecretPasswordKey }}
      {{- else }}
      name: {{ .Values.externalRedis.passwordSecret }}
      key: {{ .Values.externalRedis.passwordSecretKey }}
      {{- end }}
{{- end }}
{{- with .Values.flower.basicAuthSecret }}
- name: AIRFLOW__CELERY__FLOWER_BASIC_AUTH
  valueFrom:
    secretKeyRef: {name: {{ . }}, key: {{ $.Values.flower.basicAuthSecretKey }}}
{{- end }}
- name: CONNECTION_CHECK_MAX_COUNT
  value: "0"
{{- with .Values.airflow.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* One Airflow container: name, args, ports, mounts (yaml), resources and the root context. */}}
{{- define "container" -}}
- name: {{ .name }}
  image: {{ .root.Values.airflow.image.repository }}:{{ .root.Values.airflow.image.tag }}
  imagePullPolicy: {{ .root.Values.airflow.image.pullPolicy }}
  securityContext: {{- include "containerSecurity" .root | nindent 4 }}
  resources: {{- toYaml .resources | nindent 4 }}
  {{- with .port }}
  ports: [{{ . }}]
  {{- end }}
  envFrom:
    - secretRef: {name: {{ .root.Release.Name }}-config-envs}
  env: {{- include "env" .root | nindent 4 }}
  {{- with .run }}
  command: [/usr/bin/dumb-init, --, /entrypoint]
  args: [bash, -c, {{ . | quote }}]
  {{- end }}
  volumeMounts:
    - {name: logs-data, mountPath: /opt/airflow/logs}
    {{- if .root.Values.dags.gitSync.enabled }}
    - {name: dags-data, mountPath: /opt/airflow/dags}
    {{- end }}
    {{- with .mounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with .root.Values.airflow.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "gitSync" -}}
{{- $git := .root.Values.dags.gitSync -}}
- name: {{ .name }}
  image: {{ $git.image.repository }}:{{ $git.image.tag }}
  securityContext: {{- toYaml (merge (dict "runAsUser" $git.image.uid "runAsGroup" $git.image.gid) (omit .root.Values.airflow.defaultContainerSecurityContext "runAsUser" "runAsGroup")) | nindent 4 }}
  envFrom:
    - secretRef: {name: {{ .root.Release.Name }}-config-envs}
  env:
    {{- include "env" .root | nindent 4 }}
    - {name: GIT_SYNC_ONE_TIME, value: {{ .once | quote }}}
    - {name: GIT_SYNC_REPO, value: {{ $git.repo | quote }}}
    - {name: GIT_SYNC_BRANCH, value: {{ $git.branch | quote }}}
    - {name: GIT_SYNC_REV, value: {{ $git.revision | quote }}}
    - {name: GIT_SYNC_DEPTH, value: {{ $git.depth | quote }}}
    - {name: GIT_KNOWN_HOSTS, value: {{ $git.sshKnownHosts | empty | not | quote }}}
    {{- if $git.sshSecret }}
    - {name: GIT_SYNC_SSH, value: "true"}
    {{- end }}
  volumeMounts:
    - {name: dags-data, mountPath: /dags}
    {{- if $git.sshSecret }}
    - {name: git-secret, mountPath: /etc/git-secret/id_rsa, subPath: {{ $git.sshSecretKey }}, readOnly: true}
    {{- end }}
{{- end }}

{{- define "initContainers" -}}
{{- $c := dict "root" .root "resources" dict -}}
{{- if .root.Values.dags.gitSync.enabled }}
{{ include "gitSync" (dict "root" .root "name" "dags-git-clone" "once" "true") }}
{{- end }}
{{ include "container" (merge (dict "name" "check-db" "run" "exec timeout 60s airflow db check") $c) }}
{{- if .wait }}
{{ include "container" (merge (dict "name" "wait-for-db-migrations" "run" "exec airflow db check-migrations -t 60") $c) }}
{{- end }}
{{- end }}

{{- /* The pod spec's fields that all Airflow pods share. */}}
{{- define "pod" -}}
serviceAccountName: {{ include "account" .root }}
securityContext: {{- toYaml (.securityContext | default .root.Values.airflow.defaultSecurityContext) | nindent 2 }}
initContainers: {{- include "initContainers" . | trim | nindent 2 }}
containers:
  {{- include "container" . | nindent 2 }}
  {{- if and .root.Values.dags.gitSync.enabled (not .job) }}
  {{- include "gitSync" (dict "root" .root "name" "dags-git-sync" "once" "false") | nindent 2 }}
  {{- end }}
volumes:
  - {name: logs-data, emptyDir: {}}
  {{- if .root.Values.dags.gitSync.enabled }}
  - {name: dags-data, emptyDir: {}}
  {{- with .root.Values.dags.gitSync.sshSecret }}
  - name: git-secret
    secret: {secretName: {{ . }}, defaultMode: 0644}
  {{- end }}
  {{- end }}
  {{- with .volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with .root.Values.airflow.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
