import type { Logger } from 'pino';
import type { ServableMetrics } from './metrics/servables.js';
import type { ModelHistory } from './model-history.js';
import type { ReloadTracer } from './observability/tracing.js';
import type { ServableId } from './servables/servable.js';
import type { ServableListener } from './servables/servable-manager.js';

/** Who is told what a manager did, and under which name it did it. */
export interface ServableAudience {
  /** Alias, or role, as labels have it. */
  readonly alias: string;
  readonly metrics: ServableMetrics;
  readonly log: Logger;
  /** Another version is available, or one less in memory. */
  readonly changed: () => void;
  /** A version is available. Must not throw. */
  readonly loaded: (id: ServableId) => void;
  /** undefined: not traced. */
  readonly trace?: ReloadTracer | undefined;
  /** undefined: what happened is kept in the log only. */
  readonly history?: ModelHistory | undefined;
}

/** Writes what a manager did into the log, the metrics, and where there are any the history and the trace. */
export function servableListener(audience: ServableAudience): ServableListener {
  const { alias, log, metrics, changed, trace, history } = audience;
  return {
    loaded(id, manifest, seconds) {
      trace?.loaded();
      metrics.loaded(id, manifest.lineage, alias, seconds);
      history?.add({ kind: 'loaded', version: id.version, digest: id.digest, seconds });
      changed();
      const { lineage } = manifest;
      log.info(
        {
          model: id.modelName,
          alias,
          version: id.version,
          digest: id.digest,
          seconds,
          ...trace?.ids,
          dag_run_id: lineage.dag_run_id,
          synthetic: lineage.data.synthetic,
        },
        'model version is available',
      );
      audience.loaded(id);
    },
    loadFailed(id, error, retryAt) {
      trace?.failed(error.code);
      metrics.loadFailed(id.modelName, alias, error.code);
      const { code, message } = error;
      history?.add({ kind: 'load_failed', version: id.version, digest: id.digest, code, message });
      log.error(
        {
          model: id.modelName,
          alias,
          version: id.version,
          digest: id.digest,
          code: error.code,
          retry_at: retryAt,
          ...trace?.ids,
        },
        error.message,
      );
    },
    retired(id) {
      metrics.retired(id, alias);
      history?.add({ kind: 'unloaded', version: id.version, digest: id.digest });
      changed();
      log.info(
        { model: id.modelName, alias, version: id.version, digest: id.digest },
        'model version is unloaded',
      );
    },
    releaseFailed(id, message) {
      log.error(
        { model: id.modelName, version: id.version, cause: message },
        'a retired session was not freed',
      );
    },
  };
}
