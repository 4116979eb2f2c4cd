{{- define "mlflow.egressToDns" -}}
- to: {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
  ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
{{- end -}}

{{- define "mlflow.egressToDatabase" -}}
- to: {{- toYaml .Values.networkPolicy.database | nindent 4 }}
  ports:
    - { protocol: TCP, port: {{ .Values.database.port }} }
{{- end -}}
