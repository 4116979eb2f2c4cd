{{/* What Kubernetes calls `restricted`, with nothing to write to but what is mounted. */}}
{{- define "serving.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "serving.securityContext" -}}
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "serving.scheduling" -}}
{{- with .Values.priorityClassName -}}
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

{{/* A Secret's files. Never by subPath: such a mount does not follow the Secret when it changes. */}}
{{- define "serving.secretVolume" -}}
- name: {{ .name }}
  secret: { secretName: {{ .secret }}, defaultMode: 0440 }
{{- end -}}

{{- define "serving.kafkaVolumes" -}}
{{- if .Values.kafka.caSecret }}
{{ include "serving.secretVolume" (dict "name" "kafka-ca" "secret" .Values.kafka.caSecret) }}
{{- end }}
{{- if .Values.kafka.saslMechanism }}
{{ include "serving.secretVolume" (dict "name" "kafka" "secret" .Values.kafka.existingSecret) }}
{{- end }}
{{- end -}}

{{- define "serving.kafkaVolumeMounts" -}}
{{- if .Values.kafka.caSecret }}
- { name: kafka-ca, mountPath: /etc/model-serving/kafka-ca, readOnly: true }
{{- end }}
{{- if .Values.kafka.saslMechanism }}
- { name: kafka, mountPath: /etc/model-serving/kafka, readOnly: true }
{{- end }}
{{- end -}}

{{/* The template of a Deployment's pods: (dict "root" $ "track" "stable" "image" <of the track, or nothing>) */}}
{{- define "serving.pod" -}}
{{- $ := .root -}}
{{- $values := $.Values -}}
metadata:
  labels:
    {{- include "serving.trackLabels" (dict "root" $ "track" .track) | nindent 4 }}
    app.kubernetes.io/component: tier
    app.kubernetes.io/part-of: retraining-platform
    {{- with $values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # The settings are read at the start: other settings, other pods.
    checksum/config: {{ include "serving.variables" $ | sha256sum }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "serving.serviceAccountName" $ }}
  automountServiceAccountToken: false
  # Variables of Services, such as SERVING_PORT, would be configuration that nobody gave.
  enableServiceLinks: false
  {{- with include "serving.imagePullSecrets" $ }}
  {{- . | nindent 2 }}
  {{- end }}
  securityContext: {{- include "serving.podSecurityContext" $ | nindent 4 }}
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  {{- with include "serving.scheduling" $ }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- if $values.topologySpread.enabled }}
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: {{ $values.topologySpread.whenUnsatisfiable }}
      labelSelector:
        matchLabels: {{- include "serving.selectorLabels" $ | nindent 10 }}
      # Those of one release among themselves: a rollout would else leave the new ones where the old ones were not.
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  {{- end }}
  containers:
    # Rules of monitoring/ know the container by this name.
    - name: serving
      image: {{ include "serving.image" (dict "root" $ "image" .image) }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      envFrom:
        - configMapRef: { name: {{ include "serving.fullname" $ }} }
      {{- if or $values.registry.existingSecret $values.existingSecret $values.extraEnv }}
      env:
        {{- with $values.registry.existingSecret }}
        - name: MLFLOW_TRACKING_USERNAME
          valueFrom: { secretKeyRef: { name: {{ . }}, key: username } }
        - name: MLFLOW_TRACKING_PASSWORD
          valueFrom: { secretKeyRef: { name: {{ . }}, key: password } }
        {{- end }}
        {{- with $values.existingSecret }}
        - name: ADMIN_TOKEN
          valueFrom: { secretKeyRef: { name: {{ . }}, key: ADMIN_TOKEN, optional: true } }
        - name: MLFLOW_WEBHOOK_SECRET
          valueFrom: { secretKeyRef: { name: {{ . }}, key: MLFLOW_WEBHOOK_SECRET, optional: true } }
        {{- end }}
        {{- with $values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      ports:
        - { name: http, containerPort: 8080 }
        - { name: grpc, containerPort: 8081 }
        - { name: management, containerPort: 8082 }
      startupProbe:
        httpGet: { path: /health/live, port: http }
        {{- toYaml $values.probes.startup | nindent 8 }}
      readinessProbe:
        httpGet: { path: /health/ready, port: http }
        {{- toYaml $values.probes.readiness | nindent 8 }}
      livenessProbe:
        httpGet: { path: /health/live, port: http }
        {{- toYaml $values.probes.liveness | nindent 8 }}
      {{- if $values.preStopSleepSeconds }}
      # By the kubelet: the image holds no `sleep`. SHUTDOWN_DELAY_SECONDS alone would keep the port open as well, but
      # would turn clients away while they may still be sent back here.
      lifecycle:
        preStop: { sleep: { seconds: {{ $values.preStopSleepSeconds }} } }
      {{- end }}
      resources: {{- toYaml $values.resources | nindent 8 }}
      securityContext: {{- include "serving.securityContext" $ | nindent 8 }}
      volumeMounts:
        - { name: cache, mountPath: /var/cache/model-serving }
        {{- if $values.apiKeys.existingSecret }}
        - { name: api-keys, mountPath: /etc/model-serving/api-keys, readOnly: true }
        {{- end }}
        {{- if $values.signatureKeys.existingSecret }}
        - { name: signature-keys, mountPath: /etc/model-serving/signature-keys, readOnly: true }
        {{- end }}
        {{- if eq $values.predictionLog.target "kafka" }}
        {{- with include "serving.kafkaVolumeMounts" $ | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- end }}
        {{- with $values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: cache
      {{- if eq $values.cache.type "pvc" }}
      persistentVolumeClaim: { claimName: {{ $values.cache.existingClaim | default (printf "%s-cache" (include "serving.fullname" $)) }} }
      {{- else }}
      emptyDir: { sizeLimit: {{ $values.cache.size }} }
      {{- end }}
    {{- with $values.apiKeys.existingSecret }}
    {{- include "serving.secretVolume" (dict "name" "api-keys" "secret" .) | nindent 4 }}
    {{- end }}
    {{- with $values.signatureKeys.existingSecret }}
    {{- include "serving.secretVolume" (dict "name" "signature-keys" "secret" .) | nindent 4 }}
    {{- end }}
    {{- if eq $values.predictionLog.target "kafka" }}
    {{- with include "serving.kafkaVolumes" $ | trim }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- end }}
    {{- with $values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
