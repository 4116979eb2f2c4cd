import type { Logger } from 'pino';
import type { RequestObserver } from '../api/observation.js';
import { AccessLog } from './access-log.js';
import type { AccessLogSettings } from './access-log-settings.js';
import { LineBudget } from './line-budget.js';
import { RequestWatch } from './request-watch.js';
import { SkipSampler } from './skip-sampler.js';
import type { TracingSettings } from './tracing-settings.js';
import { startTracing, type TracedService, type Tracing } from './tracing.js';

/** How the requests and reloads of a process are watched. */
export interface Observability {
  /** undefined: no request is ever watched. */
  readonly observer: RequestObserver | undefined;
  /** undefined: off. */
  readonly tracing: Tracing | undefined;
  /** Exports what is left of traces, for at most some seconds. */
  stop(): Promise<void>;
}

export async function startObservability(
  settings: { readonly accessLog: AccessLogSettings; readonly tracing: TracingSettings | undefined },
  service: TracedService,
  log: Logger,
): Promise<Observability> {
  const { sampleRate, refusalsPerSecond, allowedHeaders, logsAddresses } = settings.accessLog;
  const accessLog = new AccessLog(log, new SkipSampler(sampleRate), new LineBudget(refusalsPerSecond), {
    allowedHeaders,
    logsAddresses,
  });
  const tracing = await startTracing(settings.tracing, service, log);
  const nothingToDo = tracing === undefined && (sampleRate === 0 || !log.isLevelEnabled('info'));
  return {
    observer: nothingToDo ? undefined : new RequestWatch(accessLog, tracing?.requests),
    tracing,
    async stop() {
      await tracing?.stop();
    },
  };
}
