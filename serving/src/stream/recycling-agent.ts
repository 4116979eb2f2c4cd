import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

const MAX_REQUESTS = 1_000;

interface Use {
  readonly sinceMs: number;
  requests: number;
}

/**
 * Connections that are used again, but neither too often nor for too long: a Service of Kubernetes spreads
 * connections and not requests, so that a new replica would get nothing from those that live for ever.
 *
 * @param maxAgeMs at which an idle one is closed instead of used again
 */
export function recyclingAgent(protocol: string, maxAgeMs: number, maxIdle: number): http.Agent {
  const { Agent } = protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxFreeSockets: maxIdle });
  const uses = new WeakMap<Socket, Use>();
  /** Counted from its first answer on. */
  function isWorthKeeping(socket: Socket): boolean {
    const nowMs = performance.now();
    const use = uses.get(socket) ?? { sinceMs: nowMs, requests: 0 };
    uses.set(socket, use);
    use.requests += 1;
    return use.requests < MAX_REQUESTS && nowMs - use.sinceMs < maxAgeMs;
  }
  const keepSocketAlive = agent.keepSocketAlive.bind(agent);
  // A documented hook of the agent: false has it close the socket.
  agent.keepSocketAlive = (socket: Socket): boolean =>
    isWorthKeeping(socket) && (keepSocketAlive as (socket: Socket) => boolean)(socket);
  return agent;
}
