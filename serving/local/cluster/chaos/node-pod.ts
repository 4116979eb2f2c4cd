export interface NodePodOptions {
  readonly name: string;
  /** One with Node, such as the tier's, which is in the cluster already. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What Node runs. */
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ready when it listens there. */
  readonly port?: number;
}

/** A small pod that runs a script, with as few rights as the tier's own. */
export function nodePod({ name, image, labels, script, env = {}, port }: NodePodOptions): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'node',
          image,
          imagePullPolicy: 'IfNotPresent',
          args: ['-e', script],
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
          ...(port !== undefined && { readinessProbe: { tcpSocket: { port }, periodSeconds: 1 } }),
          resources: { requests: { cpu: '20m', memory: '48Mi' }, limits: { memory: '128Mi' } },
          securityContext: {
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}
