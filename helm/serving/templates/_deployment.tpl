{{/* How many pods more, and how many less, while a release replaces the other. */}}
{{- define "serving.rollout" -}}
type: RollingUpdate
rollingUpdate:
  {{- if eq .Values.strategy.type "blue-green" }}
  maxSurge: 100%
  maxUnavailable: 0
  {{- else if eq .Values.strategy.type "recreate-fast" }}
  maxSurge: 0
  maxUnavailable: 100%
  {{- else }}
  maxSurge: 1
  maxUnavailable: 0
  {{- end }}
{{- end -}}

{{/*
A Deployment of the tier: (dict "root" $ "name" <its name> "track" "stable" "image" <of the track, or nothing>
"replicas" <number; without one an autoscaler has it>)
*/}}
{{- define "serving.deployment" -}}
{{- $ := .root -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "serving.labels" $ | nindent 4 }}
    track: {{ .track }}
spec:
  {{- if not (kindIs "invalid" .replicas) }}
  replicas: {{ .replicas }}
  {{- end }}
  minReadySeconds: {{ $.Values.minReadySeconds }}
  progressDeadlineSeconds: {{ $.Values.progressDeadlineSeconds }}
  revisionHistoryLimit: {{ $.Values.revisionHistoryLimit }}
  strategy: {{- include "serving.rollout" $ | nindent 4 }}
  selector:
    matchLabels: {{- include "serving.trackLabels" (dict "root" $ "track" .track) | nindent 6 }}
  template: {{- include "serving.pod" (dict "root" $ "track" .track "image" .image) | nindent 4 }}
{{- end -}}
