{{/* What all pods have in common: no rights, no token, no root. (dict "root" $ "user" 50000) */}}
{{- define "platform.podBasics" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.global.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* (dict "root" $ "image" .Values.x.image): nothing to write to but what is mounted. */}}
{{- define "platform.containerBasics" -}}
image: {{ include "platform.image" . }}
imagePullPolicy: {{ .image.pullPolicy }}
securityContext:
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: { drop: [ALL] }
{{- end -}}

{{/* An environment variable from a Secret: (list "NAME" "secret" "key") */}}
{{- define "platform.secretEnv" -}}
- name: {{ index . 0 }}
  valueFrom: { secretKeyRef: { name: {{ index . 1 }}, key: {{ index . 2 }} } }
{{- end -}}

{{/* The volume of a StatefulSet's data, among others: (dict "name" "postgres" "persistence" {...}); nothing where each pod
     claims its own. */}}
{{- define "platform.dataVolume" -}}
{{- if not .persistence.enabled -}}
- name: data
  emptyDir: { sizeLimit: {{ .persistence.size }} }
{{- else if .persistence.existingClaim -}}
- name: data
  persistentVolumeClaim: { claimName: {{ .persistence.existingClaim }} }
{{- end -}}
{{- end -}}

{{/* Claims that outlive the release: data-<name>-0, which the next install finds again. */}}
{{- define "platform.volumeClaimTemplates" -}}
{{- if and .persistence.enabled (not .persistence.existingClaim) -}}
volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .persistence.storageClass }}
      storageClassName: {{ . | quote }}
      {{- end }}
      resources:
        requests: { storage: {{ .persistence.size }} }
{{- end -}}
{{- end -}}
