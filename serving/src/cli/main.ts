import { ConfigError } from '../config.js';
import { LoadError, messageOf } from '../errors.js';
import { SigningKeyError } from '../model-package/package-signature.js';
import { PromotionError, type PromotionErrorKind } from '../promotion/promotion-error.js';
import { PlanError } from '../rollout/plan.js';
import { RegistryError, type RegistryErrorKind } from '../registry/model-registry.js';
import { runApiKey } from './commands/run-api-key.js';
import { runBless } from './commands/run-bless.js';
import { runDescribe } from './commands/run-describe.js';
import { runHistory } from './commands/run-history.js';
import { runMeasure } from './commands/run-measure.js';
import { runPromote } from './commands/run-promote.js';
import { runQuarantine } from './commands/run-quarantine.js';
import { runReplayDeadLetters } from './commands/run-replay-dead-letters.js';
import { runRollback } from './commands/run-rollback.js';
import { runRollout } from './commands/run-rollout.js';
import { runRollouts } from './commands/run-rollouts.js';
import { runSigningKey } from './commands/run-signing-key.js';
import { runStatus } from './commands/run-status.js';
import { runTraffic } from './commands/run-traffic.js';
import { runVerify } from './commands/run-verify.js';
import { CommandError, EXIT, FAILURE_CODES, type ExitCode, type FailureExitCode } from './exit-codes.js';
import { USAGE } from './usage.js';

const COMMANDS = {
  measure: runMeasure,
  bless: runBless,
  promote: runPromote,
  rollback: runRollback,
  describe: runDescribe,
  history: runHistory,
  rollout: runRollout,
  rollouts: runRollouts,
  traffic: runTraffic,
  quarantine: runQuarantine,
  verify: runVerify,
  status: runStatus,
  'replay-dead-letters': runReplayDeadLetters,
  'api-key': runApiKey,
  'signing-key': runSigningKey,
};

/** A registry that answers with a no has not judged the version: none of these is `refused`. */
const REGISTRY_EXITS: Readonly<Record<RegistryErrorKind, FailureExitCode>> = {
  'not-found': EXIT.notRegistered,
  unreachable: EXIT.registryUnreachable,
  denied: EXIT.registryDenied,
  rejected: EXIT.failed,
};

const PROMOTION_EXITS: Readonly<Record<PromotionErrorKind, FailureExitCode>> = {
  refused: EXIT.refused,
  conflict: EXIT.conflict,
  'fleet-disagrees': EXIT.fleetDisagrees,
  'not-registered': EXIT.notRegistered,
};

function exitCodeOf(error: unknown): FailureExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof PromotionError) return PROMOTION_EXITS[error.kind];
  if (error instanceof ConfigError || error instanceof SigningKeyError || error instanceof PlanError)
    return EXIT.usage;
  if (error instanceof RegistryError) return REGISTRY_EXITS[error.kind];
  if (error instanceof LoadError) {
    if (!error.transient) return EXIT.refused;
    if (error.code === 'CACHE_FAILED') return EXIT.failed;
    return error.code === 'REGISTRY_DENIED' ? EXIT.registryDenied : EXIT.registryUnreachable;
  }
  return EXIT.failed;
}

/** One sentence for people; for programs that asked for it, the same as an object. */
function report(error: unknown, json: boolean): FailureExitCode {
  const exitCode = exitCodeOf(error);
  const reason = messageOf(error);
  const code = error instanceof LoadError ? error.code : FAILURE_CODES[exitCode];
  const evidence = error instanceof PromotionError ? error.evidence : {};
  process.stderr.write(`${reason}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ code, reason, ...evidence })}\n`);
  return exitCode;
}

async function main([command, ...args]: string[]): Promise<ExitCode> {
  if (command === '--help' || command === 'help' || args.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return EXIT.ok;
  }
  if (command === undefined || !Object.hasOwn(COMMANDS, command)) {
    throw new CommandError(
      EXIT.usage,
      `${command === undefined ? 'No command' : `Unknown command ${command}`}\n\n${USAGE}`,
    );
  }
  return COMMANDS[command as keyof typeof COMMANDS](args);
}

const args = process.argv.slice(2);
main(args).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = report(error, args.includes('--json'));
  },
);
