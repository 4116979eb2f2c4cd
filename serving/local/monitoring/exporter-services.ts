import path from 'node:path';
import type { Service } from '../service.js';
import type { Settings } from '../settings.js';
import { ToolService } from './tool-service.js';

/** What tasks push stays over a restart: the hourly and daily ones would leave gaps of as much. */
export function pushgatewayService(settings: Settings): Service {
  return new ToolService(settings, {
    name: 'pushgateway',
    program: 'pushgateway',
    args: [
      `--web.listen-address=127.0.0.1:${settings.ports.pushgateway}`,
      '--persistence.file=metrics',
      '--persistence.interval=1m',
    ],
    port: settings.ports.pushgateway,
    job: 'pushgateway',
    readyPath: '/-/ready',
  });
}

/** Turns what Airflow sends into series, which are scraped as long as Airflow is meant to run. */
export function statsdExporterService(settings: Settings): Service {
  const mapping = path.join(settings.projectDir, 'monitoring', 'prometheus', 'statsd-mapping.yaml');
  return new ToolService(settings, {
    name: 'statsd-exporter',
    program: 'statsd_exporter',
    args: [
      `--statsd.mapping-config=${mapping}`,
      `--statsd.listen-udp=127.0.0.1:${settings.ports.statsd}`,
      '--statsd.listen-tcp=',
      `--web.listen-address=127.0.0.1:${settings.ports.statsdExporter}`,
    ],
    port: settings.ports.statsdExporter,
    readyPath: '/-/ready',
  });
}

/** What a disk of somebody's is not: kernels' own file systems, and memory. A container's own root is an `overlay`. */
const NO_DISKS =
  '^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|proc|pstore|ramfs|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tmpfs|tracefs)$';

/** This machine: processors, memory, disks, network. */
export function nodeExporterService(settings: Settings): Service {
  return new ToolService(settings, {
    name: 'node-exporter',
    program: 'node_exporter',
    args: [
      `--web.listen-address=127.0.0.1:${settings.ports.nodeExporter}`,
      `--collector.filesystem.fs-types-exclude=${NO_DISKS}`,
      '--collector.filesystem.mount-points-exclude=^/(dev|etc|proc|run|sys)($|/)',
    ],
    port: settings.ports.nodeExporter,
    job: 'node',
    readyPath: '/',
  });
}
