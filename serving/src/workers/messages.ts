import type { Command, Question, WorkerAnswers } from '../api/replica.js';
import type { WorkerReport } from '../api/status-report.js';
import type { ServableId } from '../servables/servable.js';

/** What the primary says to a worker. Sent with Node's `advanced` serialization: dates and typed arrays arrive as such. */
export type ToWorker =
  | { readonly kind: 'ask'; readonly number: number; readonly question: Question }
  | { readonly kind: 'tell'; readonly command: Command }
  /** Opens the public ports. */
  | { readonly kind: 'take-requests' }
  /** Are you there? */
  | { readonly kind: 'ping' }
  /** Ends. `drainMs`: how long it answers on at least, each time saying that the connection closes. */
  | { readonly kind: 'stop'; readonly drainMs?: number };

/** What a worker says to the primary. Anything that it says is a sign of life. */
export type ToPrimary =
  | { readonly kind: 'answer'; readonly number: number; readonly answer: WorkerAnswers[Question] | undefined }
  /** Without being asked: readiness, or what answers, is another than before. */
  | { readonly kind: 'state'; readonly state: WorkerState }
  /** Before it ends as it was told to: what it counted since it was asked last would be lost. */
  | { readonly kind: 'last-metrics'; readonly metrics: WorkerAnswers['metrics'] }
  | { readonly kind: 'pong' };

/** What the primary has to know of a worker at any time. */
export interface WorkerState {
  readonly report: WorkerReport;
  readonly champion: ServableId | undefined;
}
