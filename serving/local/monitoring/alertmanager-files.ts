import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { filledTemplate } from './filled-template.js';

/** What differs between environments: the names of monitoring/alertmanager/alertmanager.yaml, which explains each. */
export interface AlertmanagerEnvironment {
  readonly SMTP_SMARTHOST: string;
  readonly SMTP_USERNAME: string;
  readonly SMTP_REQUIRE_TLS: string;
  readonly MAIL_FROM: string;
  readonly MAIL_ON_CALL: string;
  readonly MAIL_TEAM: string;
  readonly TELEGRAM_API_URL: string;
  readonly TELEGRAM_CHAT_ID: string;
  readonly RETRAINING_REQUESTS_URL: string;
  /** Of Grafana, without a slash at its end. */
  readonly DASHBOARDS_URL: string;
}

/** Files that Alertmanager reads at each notification. */
export interface AlertmanagerSecrets {
  readonly 'smtp-password': string;
  readonly 'telegram-bot-token': string;
  readonly 'webhook-url': string;
  readonly 'webhook-token': string;
  readonly 'watchdog-url': string;
  readonly 'retraining-request-token': string;
}

/**
 * Writes what Alertmanager reads: `alertmanager.yaml`, `templates/` and `secrets/`, all of it named by absolute paths.
 *
 * @param source monitoring/alertmanager
 * @returns the path of its configuration
 */
export function writeAlertmanagerFiles(
  source: string,
  directory: string,
  { DASHBOARDS_URL, ...environment }: AlertmanagerEnvironment,
  secrets: AlertmanagerSecrets,
): string {
  const secretsDir = path.join(directory, 'secrets');
  const templatesDir = path.join(directory, 'templates');
  for (const folder of [secretsDir, templatesDir]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, secret] of Object.entries(secrets)) {
    writeFileSync(path.join(secretsDir, name), secret as string, { mode: 0o600 });
  }
  const read = (...name: string[]): string => readFileSync(path.join(source, ...name), 'utf8');
  const template = filledTemplate(read('templates', 'platform.tmpl'), { DASHBOARDS_URL });
  writeFileSync(path.join(templatesDir, 'platform.tmpl'), template);
  const configuration = filledTemplate(read('alertmanager.yaml'), {
    ...environment,
    SECRETS: secretsDir,
    TEMPLATES: templatesDir,
  });
  const file = path.join(directory, 'alertmanager.yaml');
  writeFileSync(file, configuration);
  return file;
}
