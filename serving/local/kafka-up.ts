import { bold, print, say } from './console.js';
import { exclusively } from './instance-lock.js';
import type { Platform } from './platform.js';
import { checkKafkaPorts } from './preflight.js';
import { ensureRunning } from './supervisor.js';

/** Starts the broker, and the stream beside a tier that runs. */
export function kafkaUp(platform: Platform): Promise<void> {
  return exclusively(platform.settings.stateDir, async () => {
    const { settings, processes } = platform;
    const { kafka, stream } = platform.streaming();
    await checkKafkaPorts(platform);
    await ensureRunning(kafka, processes, settings.startTimeoutMs);
    const isServing = processes.running('serving') !== undefined;
    if (isServing) await ensureRunning(stream, processes, settings.startTimeoutMs);
    print();
    print(
      `  ${bold('Kafka')}   ${kafka.url}   credit-applications, credit-scores, credit-applications-dead-letter`,
    );
    if (isServing) print(`  ${bold('stream')}  ${stream.url}/metrics`);
    print();
    print(
      isServing
        ? '  `make score-stream` sends some applications next; `make kafka-down` stops both.'
        : '  Nothing reads it yet: `make up` starts the tier, then `make kafka-up` again starts the stream.',
    );
  });
}

/** Stops the stream, then the broker; topics stay. */
export function kafkaDown({ settings, processes }: Platform): Promise<void> {
  return exclusively(settings.stateDir, async () => {
    for (const name of ['stream', 'kafka'] as const) {
      const entry = processes.running(name);
      await processes.stop(name, 30_000);
      if (entry) say(`${bold(name)} stopped`);
    }
  });
}
