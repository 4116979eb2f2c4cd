{{/* What all pods of the chart have in common: nothing to write to but what is mounted, no rights, no token. */}}
{{- define "mlflow.podBasics" -}}
serviceAccountName: {{ include "mlflow.fullname" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.global.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 50000
  runAsGroup: 50000
  fsGroup: 50000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "mlflow.containerBasics" -}}
image: {{ include "mlflow.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: { drop: [ALL] }
{{- end -}}

{{/* How the databases are reached. libpq reads user and password from the environment, so that they are in no address, no
     file and no list of processes. */}}
{{- define "mlflow.databaseEnv" -}}
{{- with .Values.database -}}
- { name: MLFLOW_BACKEND_STORE_URI, value: "postgresql://{{ .host }}:{{ .port }}/{{ .name }}" }
- { name: MLFLOW_AUTH_CONFIG_PATH, value: /etc/mlflow/auth.ini }
- name: PGUSER
  valueFrom: { secretKeyRef: { name: {{ .existingSecret }}, key: username } }
- name: PGPASSWORD
  valueFrom: { secretKeyRef: { name: {{ .existingSecret }}, key: password } }
- { name: PGSSLMODE, value: {{ .sslMode }} }
{{- if .caSecret }}
- { name: PGSSLROOTCERT, value: /etc/mlflow-database/ca.crt }
{{- end }}
{{- end }}
{{- end -}}

{{- define "mlflow.databaseVolumeMounts" -}}
- { name: config, mountPath: /etc/mlflow, readOnly: true }
- { name: tmp, mountPath: /tmp }
{{- if .Values.database.caSecret }}
- { name: database-ca, mountPath: /etc/mlflow-database, readOnly: true }
{{- end }}
{{- end -}}

{{- define "mlflow.databaseVolumes" -}}
- name: config
  configMap: { name: {{ include "mlflow.fullname" . }} }
- name: tmp
  emptyDir: { sizeLimit: 2Gi }
{{- with .Values.database.caSecret }}
- name: database-ca
  secret: { secretName: {{ . }}, defaultMode: 0440 }
{{- end }}
{{- end -}}

{{/* The names under which the server may be asked, with and without its port. */}}
{{- define "mlflow.allowedHosts" -}}
{{- $name := include "mlflow.fullname" . -}}
{{- $ns := .Release.Namespace -}}
{{- $hosts := list "localhost" "127.0.0.1" -}}
{{- range list "" (printf ".%s" $ns) (printf ".%s.svc" $ns) (printf ".%s.svc.cluster.local" $ns) -}}
{{- $hosts = append $hosts (printf "%s%s" $name .) -}}
{{- end -}}
{{- $all := list -}}
{{- range $hosts }}{{ $all = concat $all (list . (printf "%s:*" .)) }}{{ end -}}
{{- /* Prometheus asks pods by their addresses. */ -}}
{{- $all = append $all "$(POD_IP):5000" -}}
{{- join "," (concat $all .Values.allowedHosts) -}}
{{- end -}}

{{/* The port of an address such as http://name:5000, or its scheme's. */}}
{{- define "mlflow.portOf" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $port | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end -}}
