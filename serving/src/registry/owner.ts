import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Linux names the space in which a pid means something; elsewhere the host is that space. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Containers may share a hostname, and pid 1 is in all of them. */
const HERE = createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest('hex').slice(0, 12);
/** A container that is restarted has its old pid again. */
const START = randomBytes(4).toString('hex');
const OWNER = /^([0-9a-f]{12})-(\d+)-([0-9a-f]{8})$/;

/** Names this process among all that write to one volume, whichever host or container they are in. */
export const OWNER_NAME = `${HERE}-${process.pid}-${START}`;

/**
 * Whether what bears this name belongs to nobody any more. Of processes elsewhere that can't be known, and of a pid
 * that was given to another process neither: both count as alive, and whoever asks needs another sign.
 */
export function isProvablyDead(owner: string): boolean {
  const [, place, pid, start] = OWNER.exec(owner) ?? [];
  if (place !== HERE || pid === undefined) return false;
  if (Number(pid) === process.pid) return start !== START;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
