{{- define "serving.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Room for the longest suffix, `-management`, within the 63 characters of a Service's name. */}}
{{- define "serving.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "serving.name" . -}}
{{- if or (eq .Release.Name $name) (hasSuffix (printf "-%s" $name) .Release.Name) -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" (.Release.Name | trunc (int (sub 51 (len $name))) | trimSuffix "-") $name -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "serving.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "serving.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* What every pod of the tier has for ever, whatever its track, release or version: selectors can't change. */}}
{{- define "serving.selectorLabels" -}}
app.kubernetes.io/name: {{ include "serving.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The same for the pods of one Deployment of the tier. (dict "root" $ "track" "stable") */}}
{{- define "serving.trackLabels" -}}
{{ include "serving.selectorLabels" .root }}
track: {{ .track }}
{{- end -}}

{{- define "serving.stream.selectorLabels" -}}
app.kubernetes.io/name: {{ include "serving.name" . }}-stream
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "serving.test.selectorLabels" -}}
app.kubernetes.io/name: {{ include "serving.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "serving.commonLabels" -}}
app.kubernetes.io/part-of: retraining-platform
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Labels of the tier's objects. Not of pods, which a new version of the chart alone must not replace. */}}
{{- define "serving.labels" -}}
{{ include "serving.selectorLabels" . }}
app.kubernetes.io/component: tier
{{ include "serving.commonLabels" . }}
{{- end -}}

{{- define "serving.stream.labels" -}}
{{ include "serving.stream.selectorLabels" . }}
app.kubernetes.io/component: stream
{{ include "serving.commonLabels" . }}
{{- end -}}
