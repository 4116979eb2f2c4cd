import { z } from 'zod';

/** Make passes an unset variable as an empty string. */
const text = z.string().default('');
const flag = text.transform((value) => /^(1|true|yes)$/i.test(value));

/** To be spread into the variables of the platform. */
export const deployVariables = z.object({
  /** dev, staging or prod. Wrong: nothing is done. */
  ENV: text,
  /** What `terraform output -json` printed, in a file: for whoever may deploy and not read the state. */
  OUTPUTS: text,
  /** Shows every command and executes only what changes nothing. */
  DRY_RUN: flag,
  /** The tag of the images that are deployed; IMAGE_TAG of `make deploy`. */
  DEPLOY_TAG: text,
  /** Names of images and the digests of their bytes, as `make push-images` writes them. */
  DIGESTS: text,
  /** A key of the tier, in a file, with which it is accepted. */
  DEPLOY_API_KEY_FILE: text,
  /** The name of the environment that may go. */
  CONFIRM: text,
});

export interface DeploySettings {
  readonly environment: string;
  readonly outputsFile: string | undefined;
  readonly dryRun: boolean;
  readonly tag: string | undefined;
  readonly digestsFile: string | undefined;
  readonly apiKeyFile: string | undefined;
  readonly confirm: string | undefined;
}

export function deploySettings(
  raw: z.infer<typeof deployVariables>,
  fromProject: (file: string) => string,
): DeploySettings {
  const given = (value: string): string | undefined => (value === '' ? undefined : value);
  const file = (value: string): string | undefined => (value === '' ? undefined : fromProject(value));
  return {
    environment: raw.ENV,
    outputsFile: file(raw.OUTPUTS),
    dryRun: raw.DRY_RUN,
    tag: given(raw.DEPLOY_TAG),
    digestsFile: file(raw.DIGESTS),
    apiKeyFile: file(raw.DEPLOY_API_KEY_FILE),
    confirm: given(raw.CONFIRM),
  };
}
