import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** Told when exporting begins to fail and when it works again, not of every export. Must not throw. */
export interface ExportListener {
  failing(error: unknown): void;
  recovered(): void;
}

/** An exporter whose failures are noticed: OpenTelemetry's own would drop spans in silence. */
export class ExportWatch implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #listener: ExportListener;
  #isFailing = false;

  constructor(exporter: SpanExporter, listener: ExportListener) {
    this.#exporter = exporter;
    this.#listener = listener;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      const failed = result.code === ExportResultCode.FAILED;
      if (failed && !this.#isFailing) this.#listener.failing(result.error ?? 'no reason was given');
      if (!failed && this.#isFailing) this.#listener.recovered();
      this.#isFailing = failed;
      done(result);
    });
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}
