import { containersOf, type Container, type Pod } from './pods.js';

const VOLUME_TYPES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

function ofContainer(pod: Pod, { name, ports, securityContext: own }: Container): string[] {
  const user = own.runAsUser ?? pod.securityContext.runAsUser;
  const seccomp = (own.seccompProfile ?? pod.securityContext.seccompProfile)?.type;
  const found = {
    'is privileged': own.privileged === true,
    'may gain privileges': own.allowPrivilegeEscalation !== false,
    'keeps capabilities': own.capabilities?.drop.includes('ALL') !== true,
    'adds capabilities': (own.capabilities?.add ?? []).some((added) => added !== 'NET_BIND_SERVICE'),
    'may run as root': (own.runAsNonRoot ?? pod.securityContext.runAsNonRoot) !== true || user === 0,
    'has no seccomp profile': seccomp !== 'RuntimeDefault' && seccomp !== 'Localhost',
    'has ports of the node': ports.some(({ hostPort }) => hostPort !== undefined && hostPort !== 0),
    'sees all of /proc': own.procMount !== undefined && own.procMount !== 'Default',
  };
  return Object.entries(found).flatMap(([what, isSo]) => (isSo ? [`${name} ${what}`] : []));
}

/** What of Kubernetes' Pod Security Standard `restricted` a pod does not keep. */
export function restrictedViolations(pod: Pod): string[] {
  const namespaces = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((key) => pod[key] === true);
  const volumes = pod.volumes.filter((volume) =>
    Object.keys(volume).some((key) => key !== 'name' && !VOLUME_TYPES.includes(key)),
  );
  return [
    ...namespaces.map((key) => `the pod sets ${key}`),
    ...volumes.map(({ name }) => `volume ${name} is of a type that is not allowed`),
    ...containersOf(pod).flatMap((container) => ofContainer(pod, container)),
  ];
}
