import { bold, print, say } from '../console.js';
import { exclusively } from '../instance-lock.js';
import type { Platform } from '../platform.js';
import { checkMonitoringPorts } from '../preflight.js';
import { ensureRunning } from '../supervisor.js';

/** Starts what watches the platform, whether that runs already or not. */
export function monitoringUp(platform: Platform): Promise<void> {
  return exclusively(platform.settings.stateDir, async () => {
    const { settings, processes } = platform;
    await checkMonitoringPorts(platform);
    // All at once: each tries again while another does not answer yet.
    const started = await Promise.allSettled(
      platform.monitoring().map((service) => ensureRunning(service, processes, settings.startTimeoutMs)),
    );
    const failure = started.find((result) => result.status === 'rejected');
    if (failure) throw failure.reason as Error;
    printAddresses(platform);
  });
}

function printAddresses({ settings, processes }: Platform): void {
  const { urls, notificationsDir } = settings;
  print();
  print(`  ${bold('Prometheus')}     ${urls.prometheus}/alerts   what is wrong;  /targets  what it watches`);
  print(
    `  ${bold('Alertmanager')}   ${urls.alertmanager}   whom it told;  make silence ALERT=<name> COMMENT='why'`,
  );
  print(`  ${bold('messages')}       ${notificationsDir}   what an administrator would have got`);
  print();
  print(
    processes.running('serving')
      ? '  `make status` shows all of it, `make monitoring-down` stops it. Look at Prometheus /targets next.'
      : '  Nothing is watched yet: `make up` starts the platform.',
  );
  if (settings.alertFor !== undefined) {
    say(`ServingAtMaxReplicasAndHot fires after ${settings.alertFor} instead of 5m, here alone`);
  }
}
