import { COLOURS, type Colour, type TrafficSplit } from './traffic-split.js';

/** What differs between nginx as a process of this machine and nginx in a container. */
export interface Front {
  /** Where clients ask. */
  readonly listen: string;
  /** Where those ask who run it. */
  readonly managementListen: string;
  /** `host:port` of each colour, with the address as a number: names are resolved only when nginx starts. */
  readonly addresses: Readonly<Record<Colour, string>>;
  /** undefined: workers run as whoever has started nginx. */
  readonly user: string | undefined;
  readonly workers: number;
  /** Holds the configuration, and the mark that it is about to change. nginx needs not write there. */
  readonly stateDir: string;
  /** Where nginx writes its pid and its temporary files. */
  readonly runDir: string;
  readonly accessLog: string;
  readonly errorLog: string;
  readonly maxBodyBytes: number;
  /** Silence of a colour for so long is a failure. */
  readonly readTimeoutMs: number;
}

/** A colour that fails so often within this time gets nothing for as long. */
const MAX_FAILS = 3;
const FAIL_TIMEOUT = '5s';

/**
 * Fills in the template.
 * @param generation tells this configuration from others
 * @throws for a name that one of both does not know
 */
export function nginxConfiguration(
  template: string,
  front: Front,
  split: TrafficSplit,
  generation: string,
): string {
  const values: Readonly<Record<string, string>> = {
    USER_LINE:
      front.user === undefined ? '# Workers run as whoever has started nginx.' : `user ${front.user};`,
    WORKERS: String(front.workers),
    RUN_DIR: front.runDir,
    STATE_DIR: front.stateDir,
    ACCESS_LOG: front.accessLog,
    ERROR_LOG: front.errorLog,
    SERVERS: servers(front.addresses, split),
    BLUE_ADDRESS: front.addresses.blue,
    GREEN_ADDRESS: front.addresses.green,
    BLUE_PATTERN: pattern(front.addresses.blue),
    GREEN_PATTERN: pattern(front.addresses.green),
    MAX_BODY_BYTES: String(front.maxBodyBytes),
    READ_TIMEOUT: `${front.readTimeoutMs}ms`,
    // The first try may take all of its time, and the second is begun all the same.
    TRY_AGAIN_WITHIN: `${2 * front.readTimeoutMs}ms`,
    LISTEN: front.listen,
    MANAGEMENT_LISTEN: front.managementListen,
    SPLIT: JSON.stringify({ generation, ...split }),
  };
  return filledIn(template, values);
}

/** @throws for a name that only one of both knows */
export function filledIn(template: string, values: Readonly<Record<string, string>>): string {
  const unused = new Set(Object.keys(values));
  const text = template.replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`The template of nginx wants ${name}, which nothing fills in`);
    unused.delete(name);
    return value;
  });
  if (unused.size > 0) throw new Error(`The template of nginx does not use ${[...unused].join(', ')}`);
  return text;
}

/** Addresses are numbers and dots. */
function pattern(address: string): string {
  return address.replaceAll('.', String.raw`\.`);
}

function servers(addresses: Front['addresses'], split: TrafficSplit): string {
  const wanted = COLOURS.filter((colour) => split[colour] > 0);
  const lines = wanted.map(
    (colour) =>
      `server ${addresses[colour]} weight=${split[colour]} max_fails=${MAX_FAILS} fail_timeout=${FAIL_TIMEOUT};`,
  );
  const others = wanted.length === COLOURS.length ? wanted : COLOURS.filter((colour) => split[colour] === 0);
  // Never left out: somebody has to be asked.
  const backups = others.map(
    (colour) => `server ${addresses[colour]} weight=${Math.max(1, split[colour])} max_fails=0 backup;`,
  );
  return [...lines, ...backups].map((line) => `        ${line}`).join('\n');
}
