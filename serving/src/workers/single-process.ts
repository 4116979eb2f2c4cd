import type { Registry } from 'prom-client';
import type { Answering, Question, Replica, WorkerAnswer, WorkerCommands } from '../api/replica.js';
import type { ModelConfig } from '../config.js';
import type { ServableId } from '../servables/servable.js';
import { combinedStatus } from './combined-status.js';

export interface SingleProcess {
  readonly models: readonly [ModelConfig, ...ModelConfig[]];
  readonly answers: Answering;
  readonly commands: WorkerCommands;
  readonly metricsRegistry: Registry;
  readonly isReady: () => boolean;
  readonly champion: () => ServableId | undefined;
}

/** A replica of one process, which is its own only worker. */
export function singleProcess(parts: SingleProcess): Replica {
  const { models, answers, commands, metricsRegistry, isReady, champion } = parts;
  const worker = { id: 1, pid: process.pid };
  const gather = async <Q extends Question>(question: Q): Promise<readonly WorkerAnswer<Q>[]> => [
    { worker, answer: await answers[question]() },
  ];
  return {
    isReady,
    champion,
    status: async () => combinedStatus(isReady(), models, await gather('status'), 1),
    maxWorkers: undefined,
    metrics: () => Promise.resolve(metricsRegistry),
    gather,
    broadcast: (command) => {
      commands[command]();
    },
    resize() {
      throw new Error('A replica of one process has no pool of workers');
    },
  };
}
