import { z } from 'zod';
import { PlatformFailure } from '../failure.js';
import type { ScalingRule } from './horizontal-scaling.js';

/** To be spread into the variables of the platform. */
export const autoscalerVariables = z.object({
  AUTOSCALER_PORT: z.coerce.number().int().min(1).max(65_535).default(8085),
  /** Bounds of the replicas; the upper one is what an attack may cost at most. The tier's MAX_WORKERS must allow it. */
  MIN_REPLICAS: z.coerce.number().int().min(1).max(64).default(4),
  MAX_REPLICAS: z.coerce.number().int().min(1).max(64).default(6),
  /** Share of its CPU limit that a replica is to use on average. */
  TARGET_UTILISATION: z.coerce.number().min(0.05).max(1).default(0.6),
  /** What a worker's CPU is measured by. No kernel holds it to that: a worker may use more, and utilisation is above 1. */
  REPLICA_CPU_LIMIT_CORES: z.coerce.number().positive().max(64).default(0.15),
  /** How often Prometheus is asked. */
  AUTOSCALER_INTERVAL_SECONDS: z.coerce.number().positive().max(300).default(15),
  /** Fewer replicas only when nothing within this time asked for more. */
  SCALE_DOWN_WINDOW_SECONDS: z.coerce.number().nonnegative().max(3_600).default(300),
});

export interface AutoscalerSettings {
  readonly rule: ScalingRule;
  readonly cpuLimitCores: number;
  readonly intervalMs: number;
}

/** @throws {PlatformFailure} where the bounds contradict each other */
export function autoscalerSettings(raw: z.infer<typeof autoscalerVariables>): AutoscalerSettings {
  if (raw.MIN_REPLICAS > raw.MAX_REPLICAS) {
    throw new PlatformFailure(
      `MIN_REPLICAS: ${raw.MIN_REPLICAS} is more than MAX_REPLICAS, ${raw.MAX_REPLICAS}`,
    );
  }
  return {
    rule: {
      min: raw.MIN_REPLICAS,
      max: raw.MAX_REPLICAS,
      targetUtilisation: raw.TARGET_UTILISATION,
      stabilisationMs: raw.SCALE_DOWN_WINDOW_SECONDS * 1_000,
    },
    cpuLimitCores: raw.REPLICA_CPU_LIMIT_CORES,
    intervalMs: raw.AUTOSCALER_INTERVAL_SECONDS * 1_000,
  };
}
