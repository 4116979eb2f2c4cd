import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { SimulatedBank } from '../drift-demo/simulated-bank.js';
import type { Platform } from '../platform.js';
import type { PlanFiles } from './demo-settings.js';
import { Stage } from './stage.js';

const APPLICANTS = 2_000;
/** Half of them then have a limit above a million. */
const AMOUNTS_OF_NEW_CLIENTS = 7;
/** Draws the clients, and lets the calm ones ask. */
export async function openStage(platform: Platform, plans: PlanFiles): Promise<Stage> {
  const folder = path.join(platform.settings.stateDir, 'bank');
  mkdirSync(folder, { recursive: true });
  const bank = new SimulatedBank(platform.settings, path.join(folder, 'simulated-warehouse.parquet'));
  const [calm, shifted] = await Promise.all([
    bank.applicants('calm', APPLICANTS),
    bank.applicants('shifted', APPLICANTS, AMOUNTS_OF_NEW_CLIENTS),
  ]);
  const stage = new Stage({ platform, plans, applicants: { calm, shifted } });
  await stage.open();
  return stage;
}
