import { z } from 'zod';
import { PlatformFailure } from '../failure.js';

/** Make passes an unset variable as an empty string. */
const text = z.string().default('');

/** To be spread into the variables of the platform. */
export const triggerVariables = z.object({
  /** `make trigger-dag`: any Airflow, such as https://airflow.example.org. */
  AIRFLOW_URL: text,
  /** A token of its API; or a user's name and password, for which it gives one. */
  AIRFLOW_TOKEN: text,
  AIRFLOW_USERNAME: text,
  AIRFLOW_PASSWORD: text,
  DAG_ID: text,
  /** JSON; what is left out keeps the DAG's default. */
  DAG_PARAMETERS: text,
});

export type AirflowCredentials =
  { readonly token: string } | { readonly username: string; readonly password: string };

export interface TriggerSettings {
  readonly airflowUrl: string;
  readonly credentials: AirflowCredentials;
  readonly dagId: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** @throws {PlatformFailure} that names the variable to correct, and shows no secret */
export function triggerSettings(raw: z.infer<typeof triggerVariables>, pipeline: string): TriggerSettings {
  const url = z.url({ protocol: /^https?$/ }).safeParse(raw.AIRFLOW_URL);
  if (!url.success)
    throw new PlatformFailure('AIRFLOW_URL is no address.', 'AIRFLOW_URL=https://airflow.example.org');
  return {
    airflowUrl: url.data.replace(/\/+$/, ''),
    credentials: credentialsIn(raw),
    dagId: raw.DAG_ID === '' ? pipeline : dagId(raw.DAG_ID),
    parameters: raw.DAG_PARAMETERS === '' ? {} : parametersIn(raw.DAG_PARAMETERS),
  };
}

function credentialsIn(raw: z.infer<typeof triggerVariables>): AirflowCredentials {
  if (raw.AIRFLOW_TOKEN !== '') return { token: raw.AIRFLOW_TOKEN };
  if (raw.AIRFLOW_PASSWORD === '') {
    throw new PlatformFailure(
      'Airflow is to be asked by nobody.',
      'Set AIRFLOW_TOKEN, or AIRFLOW_USERNAME and AIRFLOW_PASSWORD.',
    );
  }
  return { username: raw.AIRFLOW_USERNAME || 'admin', password: raw.AIRFLOW_PASSWORD };
}

/** It becomes a part of addresses. */
function dagId(value: string): string {
  if (/^[\w.-]{1,250}$/.test(value)) return value;
  throw new PlatformFailure(`DAG_ID ${JSON.stringify(value)} is no name of a DAG.`);
}

function parametersIn(json: string): Readonly<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(json));
  } catch (cause) {
    throw new PlatformFailure('DAG_PARAMETERS is no JSON object.', 'DAG_PARAMETERS=\'{"seed":7}\'', {
      cause,
    });
  }
}
